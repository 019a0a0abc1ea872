"""How a command ends that cannot do what it was asked: one line on standard error and an exit status (sysexits.h)."""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

from mailflow.cli.output import say, visible

FAILED = 1
USAGE = 2
ALREADY_RUNNING = 75
WRONG_CONFIGURATION = 78


class CommandFailed(Exception):
    """Something that a command was asked for cannot be done; the text says what and why."""

    def __init__(self, reason: str, status: int = FAILED) -> None:
        super().__init__(reason)
        self.status = status


def exit_with(error: Exception) -> NoReturn:
    """End the process as the error demands. One that nobody foresaw is shown with its traceback."""
    status, text = describe(error)
    say(text)
    sys.exit(status)


def describe(error: Exception) -> tuple[int, str]:
    """(exit status, what to tell the person)."""
    # Nothing of these is imported before something failed: a command that goes well starts without them.
    from sqlalchemy.exc import SQLAlchemyError

    from mailflow.rehearsal.play import CannotPlay
    from mailflow.store.csv_register import WrongRegister
    from mailflow.store.transaction import AlreadyRunning, DamagedDatabase, NewerSchema, WrongDatabaseUrl
    from mailflow.toml_file import WrongSettings

    match error:
        case CommandFailed():
            return error.status, str(error)
        case WrongSettings() | NewerSchema() | DamagedDatabase():
            return WRONG_CONFIGURATION, visible(error)
        case WrongDatabaseUrl():
            return WRONG_CONFIGURATION, visible(f"database_url: {error}")
        case AlreadyRunning():
            return ALREADY_RUNNING, visible(error)
        case WrongRegister() | CannotPlay():
            return FAILED, str(error)
        case SQLAlchemyError():
            return FAILED, visible(f"database: {getattr(error, 'orig', None) or error}")
        case OSError():
            return FAILED, visible(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    return FAILED, "".join(traceback.format_exception(error)).rstrip()
