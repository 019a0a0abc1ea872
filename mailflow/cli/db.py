"""`mailflow db`: the database's schema."""

from __future__ import annotations

from contextlib import nullcontext

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, demand_state_folder, hand_down, load_for_database
from mailflow.cli.output import print_json, print_line

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


@app.callback()
def group(context: typer.Context, config: ConfigOption = None) -> None:
    """The database's schema."""
    hand_down(context, config)


@app.command()
def upgrade(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Bring the schema up to this version's; `run` does it by itself. Creates a missing SQLite file."""
    from mailflow.bootstrap import build_database
    from mailflow.store.transaction import claim_instance

    settings = load_for_database(config)
    demand_state_folder(settings)
    database = build_database(settings)
    try:
        # Under a daemon that has the file open no table may be rebuilt.
        with claim_instance(database.path.with_suffix(".lock")) if database.path else nullcontext():
            changed = database.upgrade()
            revision = database.revision()
    finally:
        database.close()
    if as_json:
        print_json({"revision": revision, "changed": changed})
    else:
        print_line(f"schema {revision}" + ("" if changed else ", nothing to do"))
