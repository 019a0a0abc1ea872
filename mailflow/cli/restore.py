"""`mailflow restore`: an empty database from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, demand_state_folder, load_for_database
from mailflow.cli.output import say


def command(file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")], config: ConfigOption = None) -> None:
    """Fill an empty database from a backup of this schema or an older one. Rows that are there already are never replaced."""
    from mailflow.bootstrap import build_database
    from mailflow.daemon import lock_store
    from mailflow.store.backup import restore

    settings = load_for_database(config)
    demand_state_folder(settings)
    database = build_database(settings)
    try:
        with lock_store(settings, database):
            restore(database, file)
    finally:
        database.close()
    say(f"restored from {file}")
