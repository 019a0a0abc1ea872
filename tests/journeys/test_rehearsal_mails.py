"""`mailflow rehearse`: what a scenario's mails may be (contract: Scenario)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.journeys.installation import HOME

DATA = Path(__file__).parent / "scenarios" / "rm9" / "data"
HEAD = 'desk = "huawei-tac"\nstart = 2026-12-07T09:00:00+01:00\nuntil = 2026-12-08T00:00:00+01:00\ndata = "data"\n'
REQUEST = "Serial number: 210305TYNCN0L3000123\\nPriority P2\\n\\nThe board restarts every few minutes since this morning."


def rehearse(folder: Path, mails: str) -> tuple[dict[str, Any], str]:
    """(report, standard error)"""
    shutil.copytree(DATA, folder / "data")
    (folder / "scenario.toml").write_text(HEAD + mails)
    command = [sys.executable, "-m", "mailflow", "rehearse", str(folder / "scenario.toml"), "--out", str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=HOME, check=False)
    report = folder / "out" / "report.json"
    return (json.loads(report.read_text("utf-8")) if report.is_file() else {}), done.stderr


def mail(minute: int, sender: str, subject: str, body: str, to: str = "tac") -> str:
    return f'[[mail]]\nat = 2026-12-07T10:{minute:02}:00+01:00\nfrom = "{sender}"\nto = "{to}"\nsubject = "{subject}"\nbody = "{body}"\n'


def test_the_newest_confirmation_code_has_a_blank_of_its_own(tmp_path: Path) -> None:
    """BX8: `/waive` takes effect by the code that was sent."""
    mails = (
        mail(1, "marek@wisla.example", "Board", REQUEST),
        mail(2, "ccr@tac.example", "Re: {sr}", "/rma advance 1 x 0305TYNC serial 210305TYNCN0L3000123"),
        mail(3, "ccr@tac.example", "Re: {rma}", "/waive lost in transit"),
        mail(4, "ccr@tac.example", "Re: {rma}", "/confirm {code}"),
    )
    report, _ = rehearse(tmp_path, "".join(mails))
    assert [(case["type"], case["state"]) for case in report["cases"]] == [("service_request", "in progress"), ("rma", "waived")]
    assert [row["verdict"] for row in report["mails"]] == ["opened", "added", "added", "added"]


def test_a_code_that_nobody_was_sent_cannot_be_played(tmp_path: Path) -> None:
    report, said = rehearse(tmp_path, mail(1, "ccr@tac.example", "x", "/confirm {code}"))
    assert (report, said) == ({}, "mail 1: {code} is used before a confirmation was asked for\n")


def test_a_mail_to_two_mailboxes_is_one_case_and_one_line_of_the_report(tmp_path: Path) -> None:
    raw = "\n".join(
        (
            "From: marek@wisla.example",
            "To: tac@tac.example",
            "Cc: escalation@tac.example, receiving@tac.example",
            "Subject: Board",
            "Message-ID: <one@wisla.example>",
            "",
            REQUEST.replace("\\n", "\n"),
        )
    )
    (tmp_path / "one.eml").write_text(raw + "\n")
    report, _ = rehearse(tmp_path, '[[mail]]\nat = 2026-12-07T10:00:00+01:00\nfile = "one.eml"\n')
    assert [(row["file"], row["verdict"], row["case"]) for row in report["mails"]] == [("one.eml", "opened", "SR-100001")]
    assert [case["number"] for case in report["cases"]] == ["SR-100001"]
