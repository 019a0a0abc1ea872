"""`mailflow rehearse`: every mail that a scenario would send, with its date (BX2)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, load
from mailflow.cli.log import log_to_stderr
from mailflow.cli.output import print_json, print_table, say, visible


def command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario's TOML file.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where report.json and the mails go.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Play a scenario with a simulated clock and show every mail that would go out.

    Uses a scratch database; no mailbox, relay or credential. A configuration counts only when it is given: for its own templates and desks.
    """
    log_to_stderr()
    from mailflow.scenario.play import rehearse
    from mailflow.scenario.report import write_report
    from mailflow.scenario.scenario import load_scenario
    from mailflow.settings import desk_roots

    override = load(config, secrets=False).template_override if config else None
    loaded = load_scenario(scenario)
    with _progress() as tell, rehearse(loaded, override, tell, desk_roots(config)) as played:
        report = write_report(played, out, loaded.start.tzinfo)
    if as_json:
        print_json(report)
        return
    columns = ("date", "case", "notice", "to", "language", "subject")
    rows = (
        (row["at"][:16].replace("T", " "), row["case"], row["notice"], ", ".join((*row["to"], *row["cc"])), row["language"], row["subject"])
        for row in report["notices"]
    )
    print_table(columns, rows)
    say(f"{len(report['mails'])} mails in, {len(report['notices'])} out; report.json and every mail are in {visible(out)}")


@contextmanager
def _progress() -> Iterator[Callable[[datetime, str], None]]:
    """One line that moves, where somebody looks; else nothing."""
    if not sys.stderr.isatty():
        yield lambda _at, _text: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as line:
        yield lambda at, text: line.update(Text(f"{at:%Y-%m-%d %H:%M} {visible(text)}"))
