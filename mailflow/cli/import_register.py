"""`mailflow import`: contracts, devices, parts, contacts and partners from CSV, all or nothing."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, load_for_database
from mailflow.cli.output import print_json, print_line


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the CSV files.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Replace the register by the CSV files of a folder, all or nothing.

    Every wrong line is named and nothing is taken. Files: contracts, devices, parts, contacts, partners; a missing one means none.
    """
    from mailflow.bootstrap import build_database
    from mailflow.store.csv_register import import_register

    database = build_database(load_for_database(config))
    try:
        database.upgrade()
        register = import_register(database, folder)
    finally:
        database.close()
    counts = {field.name: len(getattr(register, field.name)) for field in fields(register)}
    if as_json:
        print_json(counts)
    else:
        print_line(", ".join(f"{count} {name}" for name, count in counts.items()))
