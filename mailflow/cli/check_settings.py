"""What `mailflow check` can say without a connection: configuration, desks, templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailflow.bootstrap import build_templates
from mailflow.cases import kinds_opened_in
from mailflow.cli.check_desk import find_in_desk
from mailflow.cli.check_words import check_words
from mailflow.cli.finding import Finding, Level
from mailflow.notices.render import TemplateFailed, Templates
from mailflow.policy.desk import MailboxRole, Role
from mailflow.settings import Settings

NEEDED_ROLES: Mapping[MailboxRole, tuple[Role, ...]] = {
    MailboxRole.TAC: (Role.CCR, Role.CSE, Role.ESCALATION),
    MailboxRole.RECEIVING: (Role.RECEIVING,),
    MailboxRole.ESCALATION: (Role.ESCALATION,),
    MailboxRole.PARTNER: (Role.REVIEWER, Role.ESCALATION),
}
"""Somebody must get what mailflow cannot decide: bounces, relayed mail, breached clocks, quarantine."""

MOST_NAMES = 5
"""Names of missing templates in one line."""


def check_configuration(settings: Settings) -> Iterator[Finding]:
    yield Finding(
        Level.OK,
        "configuration",
        f"{len(settings.desks)} desk(s), {len(settings.mailboxes)} mailbox(es), relay {settings.relay.host}:{settings.relay.port}",
    )
    if settings.template_override is not None and not settings.template_override.is_dir():
        yield Finding(Level.WRONG, "configuration", f"template_override: there is no folder {settings.template_override}")


def check_desks(settings: Settings) -> Iterator[Finding]:
    read = {box.address for box in settings.mailboxes}
    for desk in settings.desks:
        yield Finding(Level.OK, "desk", f"{desk.name}: {', '.join(desk.languages)}; {desk.calendar.country}, {desk.calendar.timezone}")
        for box in desk.mailboxes:
            if box.address not in read:
                yield Finding(Level.WARNING, "desk", f"{desk.name}: {box.address} has no [[mailboxes]] in mailflow.toml and is not read")
        roles = {role for box in desk.mailboxes for role in NEEDED_ROLES[box.role]} | {Role.ADMIN}
        for kind in sorted({kind for box in desk.mailboxes for kind in kinds_opened_in(box.role)} - desk.number_prefixes.keys()):
            yield Finding(Level.WRONG, "desk", f"{desk.name}: number_prefixes: {kind} is missing, and its mailboxes open such cases")
        for role in sorted(roles):
            if not desk.staff_of(role):
                yield Finding(Level.WARNING, "desk", f"{desk.name}: nobody has the role {role}")
        yield from (Finding(Level.WARNING, "desk", f"{desk.name}: {text}") for text in find_in_desk(desk))


def check_templates(settings: Settings) -> Iterator[Finding]:
    """Write every notice in every language of the desks with sample values (OUT3); a desk with its own wording by itself (DK3)."""
    own = tuple(desk for desk in settings.desks if desk.name in settings.own_templates)
    shared = build_templates(settings)
    for language in dict.fromkeys(language for desk in settings.desks if desk not in own for language in desk.languages):
        yield from _check_language(shared, language)
    for desk in own:
        templates = build_templates(settings, desk)
        for language in desk.languages:
            yield from _check_language(templates, language, f"{desk.name}: ")


def _check_language(templates: Templates, language: str, whose: str = "") -> Iterator[Finding]:
    # Playing costs seconds to import and to run, which the other commands do not owe.
    from mailflow.scenario.samples import samples_of

    wanted = sorted({*templates.notices("en"), *templates.notices(language)})
    missing = [notice for notice in wanted if templates.missing(notice, (language,))]
    written = 0
    for notice in (notice for notice in wanted if notice not in missing):
        try:
            for values in samples_of(notice):
                templates.render(notice, language, values)
            written += 1
        except TemplateFailed as failed:
            yield Finding(Level.WRONG, "templates", str(failed))
    try:
        yield from check_words(templates, language)
    except TemplateFailed as failed:
        yield Finding(Level.WRONG, "words", str(failed))
    if written:
        yield Finding(Level.OK, "templates", f"{whose}{language}: {written} notices can be written")
    if missing:
        shown = ", ".join(missing[:MOST_NAMES]) + (", ..." if len(missing) > MOST_NAMES else "")
        yield Finding(Level.WARNING, "templates", f"{whose}{language}: {len(missing)} notices go out in English: {shown}")
