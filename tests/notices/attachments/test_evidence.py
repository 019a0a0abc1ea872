"""The evidence of an invoice request (BX4): what finance opens, and what a lawyer checks."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

from mailflow.notices.attachments.finance_files import EvidenceLetter, build_evidence_zip
from mailflow.policy.facts import SentNotice

AT = datetime(2026, 12, 22, 8, 0, 2, tzinfo=UTC)
FATE = SentNotice(
    name="rma/reminder",
    recipient="anna@customer.example",
    written_at=AT,
    message_id="1@tac.example",
    accepted_at=datetime(2026, 12, 22, 8, 0, 4, tzinfo=UTC),
    response="250 2.0.0 Ok: queued as 4XyZ",
)
LETTER = EvidenceLetter(
    file="mails/01-reminder.eml",
    name="rma/reminder",
    subject="Przypomnienie 提醒",
    message_id="1@tac.example",
    written_at=AT,
    raw=b"Subject: x\r\n\r\nbody\r\n",
    deliveries=(
        FATE,
        replace(FATE, recipient="jan@customer.example", accepted_at=None, response="", bounced_at=AT, bounce_reason="=5.1.1"),
    ),
)


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_letters_are_inside_byte_for_byte_with_a_hash_of_every_file() -> None:
    files = opened(build_evidence_zip([LETTER], "<p>Zażółć 证据</p>", AT))
    assert list(files) == ["evidence.html", "manifest.csv", "mails/01-reminder.eml", "SHA256SUMS"]
    assert files["mails/01-reminder.eml"] == LETTER.raw
    assert files["evidence.html"].decode() == "<p>Zażółć 证据</p>"
    sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_the_manifest_has_a_row_for_each_letter_and_recipient() -> None:
    files = opened(build_evidence_zip([LETTER], "", AT))
    accepted, bounced = csv.DictReader(io.StringIO(files["manifest.csv"].decode()))
    assert accepted == {
        "file": "mails/01-reminder.eml",
        "sha256": hashlib.sha256(LETTER.raw).hexdigest(),
        "notice": "rma/reminder",
        "subject": "Przypomnienie 提醒",
        "message_id": "1@tac.example",
        "recipient": "anna@customer.example",
        "written_at": "2026-12-22T08:00:02+00:00",
        "accepted_at": "2026-12-22T08:00:04+00:00",
        "server_answer": "250 2.0.0 Ok: queued as 4XyZ",
        "bounced_at": "",
        "bounce_reason": "",
    }
    assert (bounced["recipient"], bounced["accepted_at"], bounced["bounced_at"]) == (
        "jan@customer.example",
        "",
        "2026-12-22T08:00:02+00:00",
    )
    assert bounced["bounce_reason"] == "'=5.1.1"


def test_the_same_evidence_is_the_same_bytes() -> None:
    assert build_evidence_zip([LETTER], "x", AT) == build_evidence_zip([LETTER], "x", AT)
    assert build_evidence_zip([LETTER], "x", AT) != build_evidence_zip([replace(LETTER, raw=b"y")], "x", AT)
