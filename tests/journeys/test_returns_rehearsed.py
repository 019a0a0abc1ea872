"""Five returns, played whole: all back in time, partial then late, two deliveries, never back, a repair that expires (RM1-RM11, BX3, BX4).

23 November 2026 is a Monday. Poland rests on 11 November, 24-26 December and 1 January; China on Friday, 1 January 2027; Romania on
30 November, 1 December, 25 December, 1, 2, 6 and 7 January.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.rehearsed import Rehearsed, rehearse, text_of

MAREK, LI, ANA = "marek@wisla.example", "li.wei@jiangnan.example", "ana@carpathia.example"
FINANCE, CCR = "finance@tac.example", "ccr@tac.example"


def returns_told(rehearsed: Rehearsed, address: str) -> list[tuple[str, str]]:
    """(moment without its offset, notice) of what an address was told of its return."""
    return [(at[:16], notice.removeprefix("rma/")) for at, notice in rehearsed.sent_to(address) if notice.startswith("rma/")]


def lines_of(rehearsed: Rehearsed) -> list[tuple[int, int, int]]:
    """(authorised, received, outstanding) of each line of the return."""
    (case,) = [case for case in rehearsed.report["cases"] if case["type"] == "rma"]
    return [(line["authorised"], line["received"], line["outstanding"]) for line in case["lines"]]


@pytest.fixture(scope="module")
def all_back(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("returns/all_back", tmp_path_factory.mktemp("all_back"))


@pytest.fixture(scope="module")
def partial_then_late(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("returns/partial_then_late", tmp_path_factory.mktemp("partial_then_late"))


@pytest.fixture(scope="module")
def two_deliveries(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("returns/two_deliveries", tmp_path_factory.mktemp("two_deliveries"))


@pytest.fixture(scope="module")
def never_back(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("returns/never_back", tmp_path_factory.mktemp("never_back"))


@pytest.fixture(scope="module")
def repair(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("returns/repair_with_expiry", tmp_path_factory.mktemp("repair"))


def test_all_back_in_time(all_back: Rehearsed) -> None:
    """Delivered on Tuesday, 24 November: 25, 26, 27, 30 November, then 1-4, 7-11, 14 and 15 December are fifteen business days."""
    assert returns_told(all_back, MAREK) == [
        ("2026-11-23T10:10", "customer_request_verification"),
        ("2026-11-23T16:00", "replacement_shipped"),
        ("2026-11-25T12:00", "extended"),
        ("2026-12-01T12:00", "return_notification_received"),
        ("2026-12-03T11:00", "receipt_notification"),
        ("2026-12-07T12:00", "return_notification_received"),
        # Five business days before the 15th: 14, 11, 10, 9, 8.
        ("2026-12-08T09:00", "reminder"),
        ("2026-12-09T11:00", "receipt_notification"),
        ("2026-12-09T11:00", "closed"),
    ]
    assert lines_of(all_back) == [(2, 2, 0)]
    assert all_back.report["deadlines"] == []


def test_the_reminder_lists_only_what_is_outstanding(all_back: Rehearsed) -> None:
    """RM9, BX3: one of the two had come back by then."""
    (reminder,) = all_back.files("rma/reminder")
    text = text_of(reminder)
    assert ("210305TYNCN0L3000123" in text, "210305TYNCN0L3000124" in text) == (False, True)


def test_the_waybill_travels_with_the_verification(all_back: Rehearsed) -> None:
    """RM2"""
    (verification,) = all_back.files("rma/customer_request_verification")
    assert b'filename="waybill.pdf"' in verification.read_bytes()


def test_partial_then_late(partial_then_late: Rehearsed) -> None:
    """Due on 15 December; five more business days end on the 22nd. Final notice on the 23rd.

    28, 29, 30 and 31 December and 4 January are five."""
    assert returns_told(partial_then_late, MAREK)[2:] == [
        ("2026-11-24T18:00", "extended"),
        ("2026-12-03T11:00", "receipt_notification"),
        ("2026-12-08T09:00", "reminder"),
        ("2026-12-11T09:00", "reminder"),
        ("2026-12-14T12:00", "extended"),
        ("2026-12-15T09:00", "reminder"),
        ("2026-12-18T09:00", "reminder"),
        ("2026-12-22T09:00", "reminder"),
        ("2026-12-23T09:00", "final_notice"),
        ("2027-01-04T09:00", "invoice_notice"),
        ("2027-01-08T11:00", "receipt_notification"),
        ("2027-01-08T11:00", "invoice_withdrawn"),
        ("2027-01-08T11:00", "closed"),
    ]
    assert returns_told(partial_then_late, FINANCE) == [("2027-01-04T09:00", "invoice_request"), ("2027-01-08T11:00", "invoice_withdrawn")]
    assert lines_of(partial_then_late) == [(2, 2, 0)]


def test_two_deliveries_run_by_two_days(two_deliveries: Rehearsed) -> None:
    """BX3, RM8, RM9. The first card is due on Tuesday 15 December as above. The second parcel arrived on Tuesday, 1 December: 2-4, 7-11,
    14-18, 21 and 22 December are fifteen business days.

    It was asked for from the day on which the first arrival was known, 24 November: 25, 26, 27; 30, 1, 2.
    """
    assert returns_told(two_deliveries, MAREK)[3:] == [
        ("2026-11-24T18:00", "extended"),
        ("2026-11-27T09:00", "delivery_question"),
        ("2026-12-02T09:00", "delivery_question"),
        ("2026-12-02T12:00", "extended"),
        ("2026-12-08T09:00", "reminder"),
        ("2026-12-11T09:00", "reminder"),
        # The 15th is the first card's day, and five business days before the second's: 21, 18, 17, 16, 15.
        ("2026-12-15T09:00", "reminder"),
        ("2026-12-15T09:00", "reminder"),
        ("2026-12-16T09:00", "final_notice"),
        ("2026-12-18T09:00", "reminder"),
        ("2026-12-22T09:00", "reminder"),
        # Five business days after the 16th: 17, 18, 21, 22, 23; the second card's final notice is of the same morning.
        ("2026-12-23T09:00", "final_notice"),
        ("2026-12-23T09:00", "invoice_notice"),
        ("2026-12-29T11:00", "receipt_notification"),
        ("2026-12-29T11:00", "invoice_withdrawn"),
        # 28, 29, 30 and 31 December and 4 January.
        ("2027-01-04T09:00", "invoice_notice"),
        ("2027-01-08T11:00", "receipt_notification"),
        ("2027-01-08T11:00", "invoice_withdrawn"),
        ("2027-01-08T11:00", "closed"),
    ]
    assert [moment for moment, notice in returns_told(two_deliveries, FINANCE) if notice == "invoice_request"] == [
        "2026-12-23T09:00",
        "2027-01-04T09:00",
    ]
    assert lines_of(two_deliveries) == [(2, 2, 0)]
    assert two_deliveries.report["deadlines"] == []


def test_each_notice_names_one_card_and_its_day(two_deliveries: Rehearsed) -> None:
    """RM9, BX3: the amount is of one card; the answer to DELIVERED names both days."""
    for notice in two_deliveries.files("rma/reminder"):
        text = text_of(notice)
        assert ("210305TYNCN0L3000123" in text) != ("210305TYNCN0L3000124" in text)
    first, second = (" ".join(text_of(one).split()) for one in two_deliveries.files("rma/invoice_request"))
    assert ("1,800.00 EUR" in first, "15 December 2026" in first, "22 December 2026" in first) == (True, True, False)
    assert ("1,950.00 EUR" in second, "22 December 2026" in second, "15 December 2026" in second) == (True, True, False)
    told = text_of(two_deliveries.files("rma/extended")[1])
    assert ("15 grudnia 2026" in told, "22 grudnia 2026" in told) == (True, True)


def test_never_back_over_the_new_year_in_china(never_back: Rehearsed) -> None:
    """Delivered on Tuesday, 8 December: 9-11, 14-18, 21-25, 28 and 29 are fifteen; China does not rest at Christmas."""
    assert returns_told(never_back, LI)[2:] == [
        ("2026-12-09T15:00", "extended"),
        ("2026-12-22T09:00", "reminder"),
        ("2026-12-25T09:00", "reminder"),
        ("2026-12-29T09:00", "reminder"),
        ("2026-12-30T09:00", "final_notice"),
        # 31 December, then 4, 5, 6 and 7 January.
        ("2027-01-07T09:00", "invoice_notice"),
    ]
    assert returns_told(never_back, FINANCE) == [("2027-01-07T09:00", "invoice_request")]
    assert never_back.cases()[1] == ("RMA-100001", "rma", "invoiced")
    assert lines_of(never_back) == [(1, 0, 1), (2, 0, 2)]


def test_finance_gets_lines_amounts_and_the_evidence(never_back: Rehearsed) -> None:
    """RM9, RM11, BX4: 52,000 + 2 x 310 US dollars."""
    (request,) = never_back.files("rma/invoice_request")
    assert "Total: 52,620.00 USD" in " ".join(text_of(request).split())
    raw = request.read_bytes()
    assert [kind in raw for kind in (b"invoice-request.csv", b"invoice-request.json", b"evidence.zip")] == [True, True, True]


def test_a_repair_expires_and_is_renewed_received_repaired_and_sent_back(repair: Rehearsed) -> None:
    """RM3, RM7: the 30th day after 23 November is 23 December; warned 7 and 2 days before, expired once on the day after."""
    assert returns_told(repair, ANA) == [
        ("2026-11-23T10:10", "customer_request_verification"),
        ("2026-12-16T09:00", "validity_warning"),
        ("2026-12-21T09:00", "validity_warning"),
        ("2026-12-24T09:00", "expired"),
        ("2026-12-28T10:00", "return_notification_rejected"),
        ("2026-12-28T11:00", "customer_request_verification"),
        ("2026-12-28T12:00", "return_notification_received"),
        ("2026-12-30T11:00", "receipt_notification"),
        ("2027-01-11T11:00", "repaired_shipped"),
        ("2027-01-14T11:00", "closed"),
    ]
    assert returns_told(repair, CCR) == [("2026-12-28T10:00", "revalidation_request")]
    assert repair.cases()[1] == ("RMA-100001", "rma", "closed")


@pytest.mark.parametrize("name", ["all_back", "never_back"])
def test_a_return_played_again_gives_the_same_report_and_the_same_files(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    first: Rehearsed = request.getfixturevalue(name)
    again = rehearse(f"returns/{name}", tmp_path)
    assert again.report == first.report
