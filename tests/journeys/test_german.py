"""A desk that speaks German only, from the first mail to the invoice: a language is templates and words, and no Python (OUT1)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.installation import HOME
from tests.journeys.rehearsed import Rehearsed, text_of

GERMAN = Path(__file__).parent / "german"
JANA, CCR, WAREHOUSE, MANAGER, FINANCE = (
    "jana@mueller-soehne.example", "ccr@tac.example", "lager@tac.example", "leitung@tac.example", "buchhaltung@tac.example",
)  # fmt: skip


def mailflow(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "mailflow", *map(str, arguments), "--config", str(GERMAN / "mailflow.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=HOME, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    out = tmp_path_factory.mktemp("german")
    mailflow("rehearse", GERMAN / "first_mail_to_invoice.toml", "--out", out)
    return Rehearsed(json.loads((out / "report.json").read_text("utf-8")), out)


def text(played: Rehearsed, notice: str, to: str = JANA, number: int = 0) -> str:
    return " ".join(text_of(played.files(notice, to)[number]).split())


def test_the_check_finds_every_notice_and_nothing_else_to_say() -> None:
    findings = json.loads(mailflow("check", "--offline", "--json"))
    assert [one for one in findings if one["level"] != "ok"] == []


def test_every_letter_is_german(played: Rehearsed) -> None:
    assert {row["language"] for row in played.report["notices"]} == {"de"}


def test_every_answer_that_our_mails_prepared_was_understood(played: Rehearsed) -> None:
    """Details, STATUS, GELIEFERT, VERLÄNGERN, BEREITS ZURÜCKGESANDT and ESKALIEREN each have their effect."""
    assert [(at[:16], notice) for at, notice in played.sent_to(JANA)] == [
        ("2026-11-23T09:05", "service_request/information_request"),
        ("2026-11-23T09:40", "service_request/accepted"),
        ("2026-11-23T10:05", "service_request/status"),
        ("2026-11-23T10:20", "service_request/staff_message"),
        ("2026-11-23T10:30", "rma/customer_request_verification"),
        ("2026-11-23T10:30", "rma/replacement_shipped"),
        ("2026-11-25T09:00", "rma/extended"),
        ("2026-12-08T09:00", "rma/reminder"),
        ("2026-12-10T11:00", "rma/extended"),
        ("2026-12-15T09:00", "rma/reminder"),
        ("2026-12-18T09:00", "rma/reminder"),
        ("2026-12-22T09:00", "rma/reminder"),
        ("2026-12-23T09:00", "rma/final_notice"),
        ("2026-12-23T12:00", "rma/extended"),
        ("2026-12-28T09:00", "rma/receipt_notification"),
        ("2026-12-28T14:00", "service_request/escalation_received"),
        ("2027-01-05T09:00", "rma/invoice_notice"),
    ]
    assert played.cases() == [("SR-100001", "service_request", "in progress"), ("RMA-100001", "rma", "invoiced")]


@pytest.mark.parametrize(
    ("notice", "number", "line"),
    [
        ("service_request/information_request", 0, "Guten Tag Jana Weiß, Wir brauchen noch einige Angaben"),
        ("service_request/information_request", 0, "Bitte senden Sie uns -------------------- - Seriennummer - Vertragsnummer"),
        ("service_request/accepted", 0, "Unsere Technik schreibt Ihnen bis 23. November 2026, 10:40 Uhr (Berlin)."),
        ("service_request/accepted", 0, "- Für P2 beträgt die Reaktionszeit 60 Minuten."),
        ("rma/customer_request_verification", 0, "Es trifft am Dienstag, 24. November 2026, bei Ihnen ein."),
        ("rma/customer_request_verification", 0, "Die Frist beträgt 15 Arbeitstage ab Erhalt des Ersatzteils."),
        ("rma/extended", 0, "Die defekten Teile sind bis Dienstag, 15. Dezember 2026, fällig"),
        ("rma/extended", 1, "- Die Frist wurde um 5 Arbeitstage verlängert, bis Dienstag, 22. Dezember 2026."),
        ("rma/reminder", 0, "mit der Zeile VERLÄNGERN 5 Grund"),
        ("rma/final_notice", 0, "Am Donnerstag, 31. Dezember 2026, veranlassen wir die Rechnungsstellung, sofern sie bis dahin weder"),
        ("rma/final_notice", 0, "- Freitag, 25. Dezember 2026, ist ein Feiertag (Erster Weihnachtstag)."),
        ("service_request/escalation_received", 0, "Petra Brandt kümmert sich um SR-100001"),
        ("rma/invoice_notice", 0, "Summe: 1.234,56 EUR"),
    ],
)
def test_a_key_line_reads_as_a_german_would_write_it(played: Rehearsed, notice: str, number: int, line: str) -> None:
    assert line in text(played, notice, number=number)


def test_staff_read_german_too(played: Rehearsed) -> None:
    assert "BEREITS ZURÜCKGESANDT" in text(played, "rma/disputed", WAREHOUSE)
    assert "Wir haben das Paket doch längst abgeschickt" in text(played, "service_request/escalation_brief", MANAGER)
    (file,) = played.files("rma/invoice_request", FINANCE)
    assert [row["subject"] for row in played.report["notices"] if row["file"] == file.name] == [
        "[RMA-100001] Rechnungsauftrag: 1.234,56 EUR"
    ]
    assert "RMA-100001 ist mit R-2027-0042 in Rechnung gestellt." in text(played, "staff/command_result", FINANCE)
