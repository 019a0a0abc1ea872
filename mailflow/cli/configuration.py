"""Which mailflow.toml a command reads, and the database that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mailflow.settings import Settings
    from mailflow.store.transaction import Database

SEARCHED = (Path("/etc/mailflow/mailflow.toml"), Path("config/mailflow.toml"))
"""Where a configuration is looked for; the shipped example comes last."""

ConfigOption = Annotated[
    Path | None,
    typer.Option("-c", "--config", metavar="FILE", help=f"The mailflow.toml to use; else {' or '.join(map(str, SEARCHED))}."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def hand_down(group: typer.Context, config: Path | None, *, as_json: bool = False) -> None:
    """Let what stands before a group's command hold for it, unless it is given again behind it. Raises UsageError."""
    name = group.invoked_subcommand or ""
    command = getattr(group.command, "commands", {}).get(name)
    if as_json and command is not None and all(parameter.name != "as_json" for parameter in command.params):
        raise typer.BadParameter(f"{name} prints no data", ctx=group, param_hint="--json")
    group.default_map = {name: {"config": config, "as_json": as_json}}


def demand_known(value: str | None, known: Iterable[str], flag: str) -> None:
    """Check a flag's word; None asks for nothing in particular. Raises UsageError, naming the words there are."""
    if value is not None and value not in (names := tuple(known)):
        raise typer.BadParameter(f"{value!r} is none of: {', '.join(names)}", param_hint=flag)


def find_configuration(given: Path | None) -> Path:
    """Find the configuration: the file that was asked for, else the first one there is."""
    from mailflow.settings import shipped_desks

    return given or next((path for path in SEARCHED if _is_there(path)), shipped_desks().parent / "mailflow.toml")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        # It is the one that counts, even if this user may not read it: going on with another one would be a surprise.
        return True


def load(given: Path | None, *, secrets: bool = True) -> Settings:
    """Read the settings. Raises WrongSettings."""
    from mailflow.settings import load_settings

    return load_settings(find_configuration(given), secrets=secrets)


@contextmanager
def open_database(given: Path | None) -> Iterator[tuple[Settings, Database]]:
    """Open a database whose schema is this version's, with its settings, for a command that looks at it or changes rows.

    Follows a secret only where the database itself is one, so that an admin's shell needs no credentials of mail servers.
    Raises CommandFailed for a database that is not there or not up to date, NewerSchema.
    """
    from mailflow.bootstrap import build_database

    settings = load_for_database(given)
    database = build_database(settings)
    try:
        _demand_schema(database)
        yield settings, database
    finally:
        database.close()


def load_for_database(given: Path | None) -> Settings:
    """Read the settings, with secrets only where the database's URL is one."""
    settings = load(given, secrets=False)
    return load(given) if settings.database_url.startswith(("cred:", "file:")) else settings


def demand_state_folder(settings: Settings) -> None:
    """Demand the folder of a database that is a file: nobody but the admin can say whose it is. Raises CommandFailed."""
    from mailflow.bootstrap import build_database
    from mailflow.cli.failure import WRONG_CONFIGURATION, CommandFailed

    path = build_database(settings).path
    if path is not None and not path.parent.is_dir():
        key = "state_dir" if path.parent == settings.state_dir else "database_url"
        raise CommandFailed(f"{key}: there is no folder {path.parent}; make it, for the user that mailflow runs as", WRONG_CONFIGURATION)


def _demand_schema(database: Database) -> None:
    from mailflow.cli.failure import CommandFailed
    from mailflow.store.transaction import HEAD, KNOWN_REVISIONS, NewerSchema

    found = database.revision()
    if found is None:
        place = f" at {database.path}" if database.path else ""
        raise CommandFailed(f"there is no mailflow database{place} yet; `mailflow run` or `mailflow db upgrade` makes it")
    if found not in KNOWN_REVISIONS:
        raise NewerSchema(f"the database has schema {found}, this mailflow knows up to {HEAD}: use the newer mailflow")
    if found != HEAD:
        raise CommandFailed(f"the database has schema {found}, this mailflow needs {HEAD}: `mailflow db upgrade`")
