"""`mailflow rehearse`: certifications in China's calendar, with its working weekends (DK2, T1, T2)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.journeys.letters import parsed
from tests.journeys.rehearsed import Rehearsed, rehearse, text_of

ZHANG, LI, WANG = "zhang.min@bright.example", "li.wei@bright.example", "wang.fang@guangming.example"
REVIEWER, MANAGER = "reviewer@partner.example", "manager@partner.example"


@pytest.fixture(scope="module")
def approval(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("h3c/approval", tmp_path_factory.mktemp("approval"))


def test_three_stars_over_a_working_saturday_and_their_year(approval: Rehearsed) -> None:
    """Applied for on Friday, 9 October 2026. Saturday the 10th is worked for the holiday: 10, 12, 13. Approved on the 13th, valid through
    13 October 2027; 90 days before is 15 July (13 + 30 + 31 + 16), 30 days before 13 September, 7 days before 6 October."""
    report = approval.report
    assert approval.sent() == [
        ("2026-10-09T15:00:00+08:00", "certification/received", [ZHANG]),
        ("2026-10-09T15:00:00+08:00", "certification/application", [REVIEWER]),
        ("2026-10-12T09:00:00+08:00", "certification/decision_due", [REVIEWER]),
        ("2026-10-13T09:00:00+08:00", "certification/decision_due", [REVIEWER]),
        ("2026-10-13T11:00:00+08:00", "certification/approved", [ZHANG]),
        ("2026-10-13T11:00:00+08:00", "staff/command_result", [REVIEWER]),
        ("2027-07-15T09:00:00+08:00", "certification/recertification_reminder", [ZHANG]),
        ("2027-09-13T09:00:00+08:00", "certification/recertification_reminder", [ZHANG]),
        ("2027-10-06T09:00:00+08:00", "certification/recertification_reminder", [ZHANG]),
        ("2027-10-14T09:00:00+08:00", "certification/expired", [ZHANG]),
    ]
    assert [(case["type"], case["state"]) for case in report["cases"]] == [("certification", "expired")]
    assert [row["verdict"] for row in report["mails"]] == ["opened", "added"]
    assert report["deadlines"] == []


def test_the_certificate_says_who_for_how_many_stars_until_when(approval: Rehearsed) -> None:
    (row,) = [row for row in approval.report["notices"] if row["notice"] == "certification/approved"]
    assert row["cc"] == [LI]
    (attached,) = parsed((approval.out / row["file"]).read_bytes()).iter_attachments()
    assert attached.get_filename() == "CERT-100001-certificate.pdf"
    text = PdfReader(io.BytesIO(attached.get_content())).pages[0].extract_text()
    for words in ("Bright Networks", "Three-Star Service Partner", "CERT-100001", "13 October 2026", "13 October 2027"):
        assert words in text


def test_the_reviewer_reads_the_checklist_and_how_the_day_is_counted(approval: Rehearsed) -> None:
    (application,) = approval.files("certification/application")
    lines = [line.replace("\u00a0", " ").strip() for line in text_of(application).splitlines()]
    assert [line for line in lines if line.startswith("Enough for:")] == [
        # Four engineers; only those certificates count that are valid beyond 9 January 2027, and all four are, one by a day.
        "Enough for: 2★ yes, 3★ yes, 4★ yes",
        "Enough for: 2★ yes, 3★ yes, 4★ yes",
        "Enough for: 2★ yes, 3★ yes, 4★ yes",
        "Enough for: 2★ yes, 3★ yes, 4★ yes",
        "Enough for: 2★ yes, 3★ yes, 4★ yes",
        "Enough for: 2★ yes, 3★ yes, 4★ yes",
        "Enough for: 2★ –, 3★ –, 4★ yes",
        "Enough for: 2★ –, 3★ yes, 4★ yes",
    ]
    assert "- Saturday 10 October 2026 is a working day." in lines
    assert [one.get_filename() for one in parsed(application.read_bytes()).iter_attachments()] == ["engineers.csv", "H3CSE_Li_Wei.pdf"]


def test_a_rejection_in_chinese_after_the_spring_festival(tmp_path: Path) -> None:
    """Applied for on Friday, 13 February 2026. The 14th is worked, 15 to 23 are off, so the 24th and 25th make three."""
    played = rehearse("h3c/rejection", tmp_path)
    report = played.report
    assert played.sent() == [
        ("2026-02-13T10:00:00+08:00", "certification/received", [WANG]),
        ("2026-02-13T10:00:00+08:00", "certification/application", [REVIEWER]),
        ("2026-02-24T09:00:00+08:00", "certification/decision_due", [REVIEWER]),
        ("2026-02-25T09:00:00+08:00", "certification/decision_due", [REVIEWER]),
        ("2026-02-25T16:00:00+08:00", "certification/rejected", [WANG]),
        ("2026-02-25T16:00:00+08:00", "staff/command_result", [MANAGER]),
    ]
    rejected = next(row for row in report["notices"] if row["notice"] == "certification/rejected")
    assert (rejected["language"], rejected["subject"]) == ("zh", "[CERT-100001] 您的认证申请未获批准")
    assert [(case["state"], case["language"]) for case in report["cases"]] == [("rejected", "zh")]
    assert report["deadlines"] == []


def test_personnel_reports_and_a_place_that_stays_vacant(tmp_path: Path) -> None:
    """Left on Monday, 1 March 2027: three months end on 1 June; 30 days before is 2 May. Filled on 2 June. The other exit was not told by
    the service manager: staff read of it, nothing is booked."""
    played = rehearse("h3c/personnel", tmp_path)
    report = played.report
    after_approval = [row for row in played.sent() if row[0] > "2026-11-24T10:00:00+08:00"]
    assert after_approval == [
        ("2027-03-05T09:30:00+08:00", "certification/personnel_report", [ZHANG]),
        ("2027-03-05T09:30:00+08:00", "service_request/customer_message", [REVIEWER, MANAGER]),
        ("2027-05-02T09:00:00+08:00", "certification/vacancy_reminder", [ZHANG]),
        ("2027-05-02T09:00:00+08:00", "certification/vacancy_reminder", [MANAGER]),
        ("2027-06-01T09:00:00+08:00", "certification/vacancy_reminder", [ZHANG]),
        ("2027-06-01T09:00:00+08:00", "certification/vacancy_reminder", [MANAGER]),
        ("2027-06-02T14:00:00+08:00", "certification/personnel_report", [ZHANG]),
        ("2027-06-02T14:00:00+08:00", "service_request/customer_message", [REVIEWER, MANAGER]),
        ("2027-07-05T14:00:00+08:00", "service_request/customer_message", [REVIEWER]),
    ]
    assert [row["verdict"] for row in report["mails"]] == ["opened", "added", "added", "added", "added"]
    assert {row["kind"] for row in report["deadlines"]} == {"recertification_reminder", "expired"}


def test_a_partner_of_the_register_reports_applies_and_waits_too_long(tmp_path: Path) -> None:
    """Certified since 20 December 2025: 30 days before the year's end is 20 November 2026, at nine; from 15:00 an application runs, and
    13 December brings nothing. The decision was due on Wednesday, the 25th: reviewer and manager hear of it on the 26th, and the digests
    of 26, 27 and 30 November tell it. The new certificate has taken the old one's place when that ends."""
    played = rehearse("h3c/registered", tmp_path)
    digests = [row for row in played.report["notices"] if row["notice"] == "staff/digest" and "manager@partner.example" in row["to"]]
    assert [row["at"][:10] for row in digests] == ["2026-11-26", "2026-11-27", "2026-11-30"]
    assert [row for row in played.sent() if row[1] != "staff/digest"] == [
        ("2026-10-15T10:00:00+08:00", "certification/personnel_report", [ZHANG]),
        ("2026-10-15T10:00:00+08:00", "service_request/customer_message", [REVIEWER, MANAGER]),
        ("2026-11-20T09:00:00+08:00", "certification/recertification_reminder", [ZHANG]),
        ("2026-11-20T15:00:00+08:00", "certification/received", [ZHANG]),
        ("2026-11-20T15:00:00+08:00", "certification/application", [REVIEWER]),
        ("2026-11-24T09:00:00+08:00", "certification/decision_due", [REVIEWER]),
        ("2026-11-25T09:00:00+08:00", "certification/decision_due", [REVIEWER]),
        ("2026-11-26T09:00:00+08:00", "certification/decision_due", [REVIEWER, MANAGER]),
        ("2026-11-30T10:00:00+08:00", "certification/approved", [ZHANG]),
        ("2026-11-30T10:00:00+08:00", "staff/command_result", [REVIEWER]),
        ("2026-12-15T09:00:00+08:00", "certification/vacancy_reminder", [ZHANG]),
        ("2026-12-15T09:00:00+08:00", "certification/vacancy_reminder", [MANAGER]),
    ]
    assert [(case["number"], case["state"]) for case in played.report["cases"]] == [
        ("CERT-100001", "expired"),
        ("CERT-100002", "certified"),
    ]
