"""`mailflow preview`: any notice with sample data (OUT3)."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, demand_known, load
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import print_block, print_json, print_line, say


def command(
    notice: Annotated[str | None, typer.Argument(metavar="NOTICE", help="E.g. rma/reminder; without it, all are listed.")] = None,
    language: Annotated[str | None, typer.Option("--language", "-l", metavar="L", help="E.g. pl; else the desk's own.")] = None,
    desk: Annotated[str | None, typer.Option("--desk", metavar="NAME", help="Whose wording; else the first desk's.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part, for a browser.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show a notice with sample data, in any language."""
    from mailflow.bootstrap import build_templates
    from mailflow.notices.render import TemplateFailed
    from mailflow.scenario.samples import samples_of

    settings = load(config, secrets=False)
    demand_known(desk, (one.name for one in settings.desks), "--desk")
    writer = settings.desk(desk) if desk else settings.desks[0]
    templates = build_templates(settings, writer)
    wanted = language or writer.languages[0]
    known = tuple(dict.fromkeys((*templates.notices(wanted), *templates.notices("en"))))
    if notice is None:
        if as_json:
            print_json(known)
        else:
            print_block("\n".join(known))
        return
    if notice not in known:
        near = get_close_matches(notice, known) or [name for name in known if name.endswith(f"/{notice}")]
        raise typer.BadParameter(f"there is no notice {notice!r}" + (f"; near: {', '.join(near)}" if near else ""), param_hint="NOTICE")
    try:
        rendered = templates.render(notice, wanted, next(samples_of(notice)))
    except TemplateFailed as failed:
        raise CommandFailed(str(failed)) from failed
    if rendered.language != wanted:
        say(f"{notice} has no template in {wanted}: this is the {rendered.language} one, which would be sent")
    if as_json:
        print_json(
            {"notice": notice, "language": rendered.language, "subject": rendered.subject, "text": rendered.text, "html": rendered.html}
        )
    elif html:
        print_block(rendered.html)
    else:
        print_line(f"Subject: {rendered.subject}")
        print_line()
        print_block(rendered.text.rstrip("\n"))
