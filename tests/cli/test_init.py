"""`mailflow init`: a configuration that works, from flags or from answers (contract: Commands)."""

from __future__ import annotations

import json
import os
import pty
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk
from tests.cli.command import call, run_command
from tests.journeys.installation import HOME

FLAGS = ("--mailbox", "help@acme.example", "--country", "PL", "--staff", "ccr=jan@acme.example")


def initialised(folder: Path, *flags: str) -> Path:
    done = call("init", str(folder), *flags)
    assert done.status == 0, done.err
    return folder / "mailflow.toml"


@pytest.mark.parametrize(
    "flags",
    [
        FLAGS,
        (*FLAGS, "--mailbox", "receiving=parts@acme.example", "--languages", "pl,en", "--title", 'Serwis "Łączność"', "--name", "serwis"),
        ("--mailbox", "partner=cert@acme.example", "--country", "CN", "--staff", "reviewer=rev@acme.example", "--languages", "zh,en"),
    ],
    ids=["requests", "with returns", "certification"],
)
def test_what_it_writes_passes_the_check_and_plays_its_scenario(flags: tuple[str, ...], tmp_path: Path) -> None:
    settings = initialised(tmp_path / "new", *flags, "--return-address", "ACME; 1 Dock Road; Poland")
    checked = run_command("check", "--offline", "--json", "-c", str(settings))
    assert checked.status == 0, checked.out
    assert {finding["level"] for finding in json.loads(checked.out)} == {"ok"}
    scenario = tmp_path / "new" / "scenarios" / "first-day.toml"
    played = run_command("rehearse", str(scenario), "--out", str(tmp_path / "out"), cwd=tmp_path)
    assert played.status == 0, played.err
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert report["mails"][0]["verdict"] == "opened"
    assert len(report["notices"]) == 4
    assert call("db", "upgrade", "-c", str(settings)).status == 0
    assert call("import", str(tmp_path / "new" / "data"), "-c", str(settings)).status == 0


def test_letters_of_returns_have_an_address_and_terms(tmp_path: Path) -> None:
    """RM2: nothing is left for customers to read that was meant for the admin. Country and languages are taken in any case of letters."""
    flags = ("--mailbox", "help@acme.example", "--country", "pl", "--languages", "PL,en", "--staff", "ccr=jan@acme.example")
    initialised(tmp_path, *flags, "--return-address", "ACME Zwroty; ul. Prosta 1;00-001 Warszawa ; Polska")
    desk = load_desk(tmp_path / "desks" / "acme")
    assert (desk.calendar.country, desk.languages) == ("PL", ("pl", "en"))
    assert desk.wording.return_address == ("ACME Zwroty", "ul. Prosta 1", "00-001 Warszawa", "Polska")
    shipped = load_desk(shipped_desks() / "huawei-tac").wording
    assert desk.wording.terms == {language: shipped.terms[language] for language in ("pl", "en")}
    assert desk.wording.return_instructions == {language: shipped.return_instructions[language] for language in ("pl", "en")}


def test_an_address_that_nobody_gave_is_asked_for_by_the_check(tmp_path: Path) -> None:
    settings = initialised(tmp_path, *FLAGS)
    checked = run_command("check", "--offline", "-c", str(settings))
    assert checked.status == 0
    assert [line.split(maxsplit=2)[2] for line in checked.out.splitlines() if line.startswith("warning")] == [
        "acme: wording.return_address: customers read no address to send returns to (RM2)"
    ]


def test_it_tells_the_next_three_steps(tmp_path: Path) -> None:
    done = call("init", str(tmp_path / "new"), *FLAGS)
    assert [line.strip()[:2] for line in done.err.splitlines()[1:]] == ["1.", "2.", "3."]
    assert done.out == ""


def test_secrets_are_for_nobody_else(tmp_path: Path) -> None:
    initialised(tmp_path, *FLAGS)
    secrets = tmp_path / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}
    assert sorted(path.name for path in secrets.iterdir()) == ["case_address_key", "imap.help@acme.example", "smtp"]
    assert len((secrets / "case_address_key").read_text().strip()) == 64


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    initialised(tmp_path, *FLAGS)
    (tmp_path / "mailflow.toml").write_text("mine\n")
    (tmp_path / "data" / "parts.csv").unlink()
    again = call("init", str(tmp_path), *FLAGS)
    assert (again.status, "is there already: nothing was written" in again.err) == (1, True)
    assert (tmp_path / "mailflow.toml").read_text() == "mine\n"
    assert not (tmp_path / "data" / "parts.csv").exists()


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ((), "--mailbox"),
        (("--mailbox", "nobody"), "--mailbox"),
        (("--mailbox", "name@acme,example.com"), "--mailbox"),
        (("--mailbox", "porter=a@b.example"), "--mailbox"),
        (("--mailbox", "a@b.example", "--mailbox", "receiving=a@b.example"), "--mailbox"),
        (("--mailbox", "a@b.example"), "--country"),
        (("--mailbox", "a@b.example", "--country", "XX"), "--country"),
        (("--mailbox", "a@b.example", "--country", "PL"), "--staff"),
        (("--mailbox", "a@b.example", "--country", "PL", "--staff", "boss=x@b.example"), "--staff"),
        (("--mailbox", "a@b.example", "--country", "PL", "--staff", "ccr=a@b.example"), "--staff"),
        ((*FLAGS, "--timezone", "Mars/Olympus"), "--timezone"),
        ((*FLAGS, "--languages", "tlh"), "--languages"),
        ((*FLAGS, "--name", "../up"), "--name"),
        ((*FLAGS, "--imap", "no host"), "--imap"),
        ((*FLAGS, "--smtp", "no host"), "--smtp"),
        ((*FLAGS, "--border", "no host"), "--border"),
    ],
)
def test_wrong_answers_name_the_flag_and_write_nothing(flags: tuple[str, ...], named: str, tmp_path: Path) -> None:
    done = call("init", str(tmp_path / "new"), *flags)
    assert (done.status, done.out) == (2, "")
    assert f"Invalid value for {named}:" in done.err
    assert not (tmp_path / "new").exists()


def test_at_a_terminal_it_asks_again_until_the_answer_is_one(tmp_path: Path) -> None:
    """Nothing is given: every question is asked, with a likely answer that Enter takes."""
    answers = ["help@acme.example", "", "XX", "PL", "", "", "jan@acme.example", *[""] * 11]
    said = typed(["init", str(tmp_path / "new")], answers)
    assert "no holidays are known of 'XX'" in said
    checked = run_command("check", "--offline", "-c", str(tmp_path / "new" / "mailflow.toml"))
    assert checked.status == 0, checked.out
    desk = (tmp_path / "new" / "desks" / "acme" / "desk.toml").read_text("utf-8")
    assert 'timezone = "Europe/Warsaw"' in desk
    assert desk.count("jan@acme.example") == 1


def typed(arguments: list[str], lines: list[str]) -> str:
    """The command at a terminal of its own; each line is typed once it asks. What stood on the screen."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    process = subprocess.Popen([sys.executable, "-m", "mailflow", *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    screen, waiting, until = b"", list(lines), time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        readable, _, _ = select.select([ours], [], [], 0.3)
        if readable:
            try:
                screen += os.read(ours, 65536)
            except OSError:
                break
        elif waiting and screen.rstrip(b" ").endswith((b":", b"]")):
            os.write(ours, waiting.pop(0).encode() + b"\n")
    process.wait(timeout=10)
    os.close(ours)
    assert process.returncode == 0, screen.decode()
    return screen.decode()


def test_a_desk_whose_mailbox_opens_cases_without_letters_is_wrong(tmp_path: Path) -> None:
    settings = initialised(tmp_path, "--mailbox", "partner=cert@acme.example", "--country", "CN", "--staff", "reviewer=rev@acme.example")
    desk = tmp_path / "desks" / "acme" / "desk.toml"
    desk.write_text(desk.read_text("utf-8").replace('certification = "CERT-"\n', ""), "utf-8")
    checked = run_command("check", "--offline", "-c", str(settings))
    assert checked.status == 78
    assert "number_prefixes: certification is missing" in checked.out


@pytest.mark.parametrize("command", [("db", "upgrade"), ("import", "{folder}/data"), ("restore", "{folder}/backup")])
def test_without_its_state_folder_nothing_begins(command: tuple[str, ...], tmp_path: Path) -> None:
    """The configuration's fault: one line that names the key and the folder, and status 78."""
    settings = initialised(tmp_path, *FLAGS)
    (tmp_path / "state").rmdir()
    (tmp_path / "backup").write_bytes(b"")
    done = call(*(word.format(folder=tmp_path) for word in command), "-c", str(settings))
    assert (done.status, done.out) == (78, "")
    assert done.err == f"state_dir: there is no folder {tmp_path / 'state'}; make it, for the user that mailflow runs as\n"
