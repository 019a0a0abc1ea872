"""`mailflow demo`: the whole story on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, load
from mailflow.cli.failure import CommandFailed
from mailflow.cli.log import log_to_stderr


def command(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the mails and index.html go.")] = Path("demo-output"),
    keep: Annotated[bool, typer.Option("--keep", help="Leave the servers up afterwards.")] = False,
    config: ConfigOption = None,
) -> None:
    """Play a service request and a return from the first mail to the last, on mail servers of its own.

    Needs no mailbox, no credential and no configuration: it plays with one of its own. One that is given is looked at and left alone.
    """
    log_to_stderr()
    if config is not None:
        load(config, secrets=False)
    try:
        from mailflow.scenario.demo import run_demo
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.startswith("mailflow"):
            raise
        raise CommandFailed(f"the demo needs {missing.name}: pip install 'mailflow[demo]'") from missing
    raise typer.Exit(run_demo(out, keep))
