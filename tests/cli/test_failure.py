"""Every foreseen trouble ends a command with its own status and one line."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from mailflow.cli.failure import FORESEEN, CommandFailed, describe, exit_with
from mailflow.message.words import WordsError
from mailflow.store.csv_register import Problem, WrongRegister
from mailflow.store.transaction import AlreadyRunning, DamagedDatabase, NewerSchema, WrongDatabaseUrl
from mailflow.toml_file import WrongSettings


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (WrongSettings(Path("mailflow.toml"), "relay.tls", "no\nsuch \x1b thing"), (78, "mailflow.toml: relay.tls: no such \\x1b thing")),
        (WrongDatabaseUrl("mysql is neither sqlite nor postgresql"), (78, "database_url: mysql is neither sqlite nor postgresql")),
        (WordsError("de.toml: [yes] words: empty"), (78, "mailflow/message/words/de.toml: [yes] words: empty")),
        (NewerSchema("too new"), (78, "too new")),
        (DamagedDatabase("broken"), (78, "broken")),
        (AlreadyRunning("another one"), (75, "another one")),
        (WrongRegister((Problem("a.csv", 2, "x", "bad"), Problem("b.csv", 3, "", "worse"))), (1, "a.csv:2 x: bad\nb.csv:3: worse")),
        (OperationalError("SELECT secret", {}, Exception("connection refused")), (1, "database: connection refused")),
        (FileNotFoundError(2, "No such file or directory", "x.eml"), (1, "x.eml: No such file or directory")),
        (CommandFailed("there is no case SR-9"), (1, "there is no case SR-9")),
    ],
)
def test_a_foreseen_trouble_is_told_in_its_own_words(error: Exception, told: tuple[int, str]) -> None:
    assert describe(error) == told


def test_every_foreseen_trouble_is_the_name_of_an_exception() -> None:
    found = {name: getattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2]) for name in FORESEEN}
    assert {name: f"{kind.__module__}.{kind.__qualname__}" for name, kind in found.items()} == {name: name for name in FORESEEN}


def test_journald_is_told_that_it_is_an_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "@none")
    with pytest.raises(SystemExit):
        exit_with(CommandFailed("one\ntwo"))
    assert capsys.readouterr().err == "<3>one\n<3>two\n"


def test_a_surprise_is_told_with_its_traceback_and_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        exit_with(ZeroDivisionError("a \x1b[31m surprise"))
    assert (ended.value.code, capsys.readouterr().err.splitlines()[-1]) == (1, "ZeroDivisionError: a \\x1b[31m surprise")
