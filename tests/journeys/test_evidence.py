"""The evidence file of a rehearsed invoice request (BX4): the letters as they were sent, and the words that explain them."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from tests.journeys.letters import parsed
from tests.journeys.rehearsed import rehearse


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], Path]:
    """The files of the archive, and the folder of the rehearsal."""
    out = tmp_path_factory.mktemp("evidence")
    (request,) = rehearse("rm9/never_returned", out).files("rma/invoice_request")
    (archive,) = [
        part.get_payload(decode=True)
        for part in parsed(request.read_bytes()).iter_attachments()
        if part.get_filename() == "RMA-100001-evidence.zip"
    ]
    assert isinstance(archive, bytes)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}, out


def test_every_letter_to_the_customer_is_inside_as_it_was_sent(evidence: tuple[dict[str, bytes], Path]) -> None:
    files, out = evidence
    mails = {name: content for name, content in files.items() if name.startswith("mails/")}
    assert [name.removeprefix("mails/") for name in mails] == [
        "01-customer-request-verification.eml",
        "02-replacement-shipped.eml",
        "03-extended.eml",
        "04-reminder.eml",
        "05-reminder.eml",
        "06-reminder.eml",
        "07-final-notice.eml",
    ]
    sent = {hashlib.sha256(path.read_bytes()).hexdigest() for path in out.glob("*.eml")}
    assert {hashlib.sha256(content).hexdigest() for content in mails.values()} <= sent


def test_the_manifest_says_when_the_customers_server_took_each(evidence: tuple[dict[str, bytes], Path]) -> None:
    files, _ = evidence
    rows = list(csv.DictReader(io.StringIO(files["manifest.csv"].decode())))
    assert {(row["recipient"], row["server_answer"], row["bounced_at"]) for row in rows} == {
        ("marek@wisla.example", "250 2.0.0 accepted in a rehearsal", "")
    }
    reminders = [row["accepted_at"] for row in rows if row["notice"] == "rma/reminder"]
    # 9:00 in Warsaw is 8:00 UTC in winter.
    assert reminders == ["2026-12-22T08:00:00+00:00", "2026-12-29T08:00:00+00:00", "2026-12-31T08:00:00+00:00"]
    assert [row["sha256"] for row in rows] == [hashlib.sha256(files[row["file"]]).hexdigest() for row in rows]


def test_the_page_tells_the_clock_in_words_what_is_owed_and_what_it_costs(evidence: tuple[dict[str, bytes], Path]) -> None:
    """BX2"""
    page = " ".join(evidence[0]["evidence.html"].decode().split())
    for told in (
        "The replacement arrived on Tuesday 8 December 2026; the first day counted is the day after.",
        "Thursday 24 December 2026 is a public holiday (Christmas Eve).",
        "So its last day is Thursday 31 December 2026.",
        "210305TYNCN0L3000123",
        "1,950.00 EUR",
        "marek@wisla.example",
    ):
        assert told in page
