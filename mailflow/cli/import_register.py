"""`mailflow import`: contracts, devices, parts, contacts and partners from CSV, all or nothing."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, demand_state_folder, load_for_database
from mailflow.cli.output import print_json, print_line, say

if TYPE_CHECKING:
    from mailflow.store.register import Register

MOST_NAMES = 5
"""Names in one line."""


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

    settings = load_for_database(config)
    demand_state_folder(settings)
    public = {domain for desk in settings.desks for domain in desk.requests.public_domains}
    database = build_database(settings)
    try:
        database.upgrade()
        register = import_register(database, folder, public)
    finally:
        database.close()
    _warn_of_languages(register, {language for desk in settings.desks for language in desk.languages})
    counts = {field.name: len(getattr(register, field.name)) for field in fields(register)}
    if as_json:
        print_json(counts)
    else:
        print_line(", ".join(f"{count} {name}" for name, count in counts.items()))


def _warn_of_languages(register: Register, written: set[str]) -> None:
    """Warn of languages that no desk has: no mistake of the register, but its people get letters in the desk's own (OUT5)."""
    named = [(f"contract {one.number}", one.language) for one in register.contracts]
    named += [(f"contact {one.email}", one.language) for one in register.contacts]
    for language in sorted({language for _, language in named} - written - {""}):
        names = [name for name, wanted in named if wanted == language]
        shown = ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
        say(f"warning: no desk writes {language!r}, so letters go out in a desk's own language: {shown}")
