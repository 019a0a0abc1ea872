"""`mailflow run`: the daemon, or one round of its work."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
from typing import Annotated

import typer

from mailflow import failpoint
from mailflow.cli.configuration import ConfigOption, JsonOption, demand_state_folder, load
from mailflow.cli.failure import CommandFailed
from mailflow.cli.log import log_to_stderr
from mailflow.cli.output import print_json, print_line


def command(
    once: Annotated[bool, typer.Option("--once", help="Take all that is there, handle it, fire due deadlines, send, and exit.")] = False,
    failpoints: Annotated[
        list[str] | None,
        typer.Option("--failpoint", metavar="SPEC", help="For tests: NAME:kill, NAME:raise or NAME:sleep=SECONDS, optionally @N."),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Run the daemon: read, decide, answer, remind.

    Logs JSON to standard error. Exit 75: another mailflow works on this database.
    """
    for specification in failpoints or ():
        _arm(specification)
    # A watchdog's SIGABRT leaves the stacks of all threads in the journal.
    faulthandler.enable()
    log_to_stderr(logging.INFO)
    settings = load(config)
    demand_state_folder(settings)

    from mailflow.daemon import Daemon, run_once
    from mailflow.intake.source import SourceUnavailable

    if not once:
        asyncio.run(Daemon(settings, reload=lambda: load(config)).run())
        return
    try:
        counts = asyncio.run(run_once(settings))
    except SourceUnavailable as unavailable:
        raise CommandFailed(str(unavailable)) from unavailable
    if as_json:
        print_json(counts)
    else:
        print_line(", ".join(f"{name} {count}" for name, count in counts.items()))


def _arm(specification: str) -> None:
    try:
        failpoint.arm(specification)
    except failpoint.WrongFailpoint as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--failpoint") from wrong
