"""Alembic without its configuration file: the scripts stand in this folder, the connection comes from the caller."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration(connection: Connection) -> Config:
    """Alembic's settings for a connection of ours; commands run in its transaction and do not commit."""
    config = Config()
    # The percent sign is ConfigParser's, and a path may hold one.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def run_migrations(connection: Connection) -> None:
    """All revisions up to the newest, in the connection's transaction."""
    command.upgrade(configuration(connection), "head")
