"""`mailflow backup`: all rows in one file, while the daemon runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, open_database
from mailflow.cli.output import say


def command(file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")], config: ConfigOption = None) -> None:
    """Write all rows to a file, which is replaced only when the new one is complete and on disk."""
    from mailflow.store.backup import backup

    with open_database(config) as (_, database):
        backup(database, file)
    say(f"{file}: {file.stat().st_size} octets")
