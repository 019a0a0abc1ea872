"""`mailflow rehearse`: a return that never comes, and one that comes in parts, in the Polish calendar over Christmas (RM9, T1, T2).

December 2026 begins on a Tuesday. Poland rests on 24, 25 and 26 December, on 1 January and on Wednesday, 6 January 2027.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.letters import parsed
from tests.journeys.rehearsed import DIGEST, Rehearsed, Sent, rehearse, text_of

MAREK, CSE, WAREHOUSE, FINANCE = ["marek@wisla.example"], ["cse@tac.example"], ["warehouse@tac.example"], ["finance@tac.example"]


@pytest.fixture(scope="module")
def never_returned(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("rm9/never_returned", tmp_path_factory.mktemp("never_returned"))


def test_a_part_that_never_comes_back_is_asked_for_and_then_invoiced(never_returned: Rehearsed) -> None:
    """The replacement arrived on Tuesday, 8 December. 15 business days from the day after it: 9, 10, 11, 14, 15, 16, 17, 18, 21, 22 and
    23 December are eleven; 24 and 25 do not count; 28, 29, 30 and 31 make fifteen. So the part is due on Thursday, 31 December."""
    report = never_returned.report
    assert _after_the_birth(never_returned) == [
        ("2026-12-07T10:00:00+01:00", "staff/command_result", CSE),
        # The day is known now, and the customer is told.
        ("2026-12-09T11:00:00+01:00", "rma/extended", MAREK),
        ("2026-12-09T11:00:00+01:00", "staff/command_result", CSE),
        # Five business days before the 31st: 30, 29, 28, then 23 and 22, since 25 and 24 do not count.
        ("2026-12-22T09:00:00+01:00", "rma/reminder", MAREK),
        # Two: 30 and 29.
        ("2026-12-29T09:00:00+01:00", "rma/reminder", MAREK),
        # On the day.
        ("2026-12-31T09:00:00+01:00", "rma/reminder", MAREK),
        # The business day after: 1 January is a holiday, the 2nd and 3rd are a weekend; Monday.
        ("2027-01-04T09:00:00+01:00", "rma/final_notice", MAREK),
        # Five business days after the final notice: 5, then 7, 8, 11 and 12, since the 6th does not count.
        ("2027-01-12T09:00:00+01:00", "rma/invoice_request", FINANCE),
        ("2027-01-12T09:00:00+01:00", "rma/invoice_notice", MAREK),
    ]
    assert [(case["type"], case["state"]) for case in report["cases"]] == [("service_request", "in progress"), ("rma", "to be invoiced")]
    assert report["deadlines"] == []


def test_the_digest_of_unreturned_parts_leaves_at_eight_on_the_desks_business_days(never_returned: Rehearsed) -> None:
    """BX12: 08:00 in Bucharest is 07:00 in Warsaw. From the first reminder's day on, Tuesday, 22 December; Romania rests on the 25th, on
    1 January, a Friday, and on Wednesday and Thursday, 6 and 7 January."""
    report, out = never_returned.report, never_returned.out
    digests = [row for row in report["notices"] if row["notice"] == DIGEST]
    days = ["12-22", "12-23", "12-24", "12-28", "12-29", "12-30", "12-31", "01-04", "01-05", "01-08"]
    moments = [f"{2026 if day > '12' else 2027}-{day}T07:00:00+01:00" for day in days]
    assert [row["at"] for row in digests][:10] == moments
    assert {(row["case"], tuple(row["to"])) for row in digests} == {(None, ("ccr@tac.example", "warehouse@tac.example"))}
    assert "due in 9 days, on Thursday 31 December 2026." in _one_line(out / digests[0]["file"])
    assert "overdue by 4 days, since Thursday 31 December 2026." in _one_line(out / digests[7]["file"])


def test_finance_is_asked_for_the_list_price_of_that_day(never_returned: Rehearsed) -> None:
    """The price was raised on 1 January 2027."""
    report, out = never_returned.report, never_returned.out
    (row,) = [row for row in report["notices"] if row["notice"] == "rma/invoice_request"]
    assert row["subject"] == "[RMA-100001] Invoice request: 1,950.00 EUR"
    assert _words(out / row["file"], "Total:") == ["Total: 1,950.00 EUR"]


def test_each_reminder_says_how_the_date_is_counted(never_returned: Rehearsed) -> None:
    assert [_words(reminder, "-")[-5:] for reminder in never_returned.files("rma/reminder")] == [
        [
            "- The replacement arrived on Tuesday 8 December 2026; the first day counted is the day after.",
            "- The term is 15 business days.",
            "- Thursday 24 December 2026 is a public holiday (Christmas Eve).",
            "- Friday 25 December 2026 is a public holiday (Christmas Day).",
            "- So its last day is Thursday 31 December 2026.",
        ]
    ] * 3


def test_reminders_fall_silent_for_what_came_back(tmp_path: Path) -> None:
    """The replacements arrived on Monday, 7 December: due on Wednesday, 30 December, one day earlier than above."""
    played = rehearse("rm9/returned_in_parts", tmp_path)
    report = played.report
    assert _after_the_birth(played) == [
        ("2026-12-07T10:00:00+01:00", "rma/extended", MAREK),
        ("2026-12-07T10:00:00+01:00", "staff/command_result", CSE),
        # Five business days before the 30th: 29, 28, 23, 22, 21.
        ("2026-12-21T09:00:00+01:00", "rma/reminder", MAREK),
        # The first of two parts.
        ("2026-12-23T13:00:00+01:00", "rma/receipt_notification", MAREK),
        ("2026-12-23T13:00:00+01:00", "staff/command_result", WAREHOUSE),
        # Two: 29 and 28.
        ("2026-12-28T09:00:00+01:00", "rma/reminder", MAREK),
        # The second one, the day before the last: nothing on the 30th, and no final notice on the 31st.
        ("2026-12-29T15:00:00+01:00", "rma/receipt_notification", MAREK),
        ("2026-12-29T15:00:00+01:00", "rma/closed", MAREK),
        ("2026-12-29T15:00:00+01:00", "staff/command_result", WAREHOUSE),
    ]
    first, second = played.files("rma/reminder")
    assert _serials(first) == {"210305TYNCN0L3000123", "210305TYNCN0L3000124"}
    assert _serials(second) == {"210305TYNCN0L3000124"}
    assert [(case["type"], case["state"]) for case in report["cases"]] == [("service_request", "in progress"), ("rma", "closed")]
    assert [(line["authorised"], line["received"], line["outstanding"]) for line in report["cases"][1]["lines"]] == [(2, 2, 0)]
    assert report["deadlines"] == []


def test_the_same_scenario_gives_the_same_report(never_returned: Rehearsed, tmp_path: Path) -> None:
    rehearse("rm9/never_returned", tmp_path)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == sorted(file.name for file in never_returned.out.iterdir())
    assert (tmp_path / "report.json").read_bytes() == (never_returned.out / "report.json").read_bytes()
    ids = [
        [parsed((folder / name).read_bytes())["Message-ID"] for name in names if name.endswith(".eml")]
        for folder in (tmp_path, never_returned.out)
    ]
    assert ids[0] == ids[1]


def _after_the_birth(played: Rehearsed) -> list[Sent]:
    """What went out after the verification and the word that the replacement left; before them come the request's own letters.

    Digests have a test of their own.
    """
    sent = played.sent()
    born = next(place for place, (_, notice, _) in enumerate(sent) if notice == "rma/replacement_shipped")
    assert [notice for _, notice, _ in sent[: born + 1]] == [
        "service_request/accepted",
        "service_request/customer_message",
        "service_request/staff_message",
        "rma/customer_request_verification",
        "rma/replacement_shipped",
    ]
    return sent[born + 1 :]


def _one_line(file: Path) -> str:
    return " ".join(text_of(file).split())


def _words(file: Path, beginning: str) -> list[str]:
    """The lines of a notice that begin so; a long one is on one line again."""
    return [
        line.strip() for line in text_of(file).replace("\n  ", " ").splitlines() if line.startswith(beginning) and not line.startswith("--")
    ]


def _serials(file: Path) -> set[str]:
    return {word for word in text_of(file).split() if word.startswith("210305TYNC")}
