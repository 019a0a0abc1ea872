"""How a command ends that cannot do what it was asked: one line on standard error and an exit status (sysexits.h)."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from typing import NoReturn

from mailflow.cli.output import is_under_systemd, prioritised, say, visible

FAILED = 1
ALREADY_RUNNING = 75
WRONG_CONFIGURATION = 78

ERROR = 3
"""The syslog priority of a command's last words."""


class CommandFailed(Exception):
    """Something that a command was asked for cannot be done; the text says what and why."""

    def __init__(self, reason: str, status: int = FAILED) -> None:
        super().__init__(reason)
        self.status = status


def exit_with(error: Exception) -> NoReturn:
    """End the process as the error demands. One that nobody foresaw is shown with its traceback."""
    status, text = describe(error)
    say(prioritised(text, ERROR) if is_under_systemd() else text)
    sys.exit(status)


def describe(error: Exception) -> tuple[int, str]:
    """Choose (exit status, what to tell the person)."""
    if isinstance(error, CommandFailed):
        return error.status, str(error)
    for kind in type(error).__mro__:
        known = FORESEEN.get(f"{kind.__module__}.{kind.__qualname__}")
        if known is not None:
            status, tell = known
            return status, tell(error)
    return FAILED, "".join(traceback.format_exception(error)).rstrip()


def _one_line(error: Exception) -> str:
    return visible(error)


def _of_database(error: Exception) -> str:
    return visible(f"database: {getattr(error, 'orig', None) or error}")


def _of_system(error: Exception) -> str:
    file, reason = getattr(error, "filename", None), getattr(error, "strerror", None)
    return visible(f"{file}: {reason}" if file else error)


FORESEEN: Mapping[str, tuple[int, Callable[[Exception], str]]] = {
    "mailflow.toml_file.WrongSettings": (WRONG_CONFIGURATION, _one_line),
    "mailflow.message.words.WordsError": (WRONG_CONFIGURATION, lambda error: visible(f"mailflow/message/words/{error}")),
    "mailflow.store.transaction.WrongDatabaseUrl": (WRONG_CONFIGURATION, lambda error: visible(f"database_url: {error}")),
    "mailflow.store.transaction.NewerSchema": (WRONG_CONFIGURATION, _one_line),
    "mailflow.store.transaction.DamagedDatabase": (WRONG_CONFIGURATION, _one_line),
    "mailflow.store.transaction.AlreadyRunning": (ALREADY_RUNNING, _one_line),
    "mailflow.store.csv_register.WrongRegister": (FAILED, str),
    "mailflow.scenario.build_mail.CannotPlay": (FAILED, str),
    "mailflow.notices.wording.WrongWords": (WRONG_CONFIGURATION, _one_line),
    "mailflow.store.backup.NotEmpty": (FAILED, _one_line),
    "mailflow.store.backup.WrongBackup": (FAILED, _one_line),
    "mailflow.intake.source.SourceUnavailable": (FAILED, _one_line),
    "sqlalchemy.exc.SQLAlchemyError": (FAILED, _of_database),
    "builtins.OSError": (FAILED, _of_system),
}
"""By name, so that a command that goes well imports none of them."""
