"""When digests are due, what they list and who reads which part (BX12).

November 2026 begins on a Sunday; Romania rests on 30 November and 1 December.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from mailflow.cases.rma.details import Parcel, RmaDetails
from mailflow.cases.rma.digest import overdue_lines, partner_return
from mailflow.cases.rma.units import Obligation
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, DigestPolicy, Role, StaffMember
from mailflow.policy.digest import (
    DigestKind,
    DigestLine,
    SetAside,
    StuckLetter,
    due_digest,
    is_of_partner,
    letters_to_staff,
    next_digest,
    staff_sections,
)
from mailflow.policy.facts import WaitingDeadline
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk
from tests.cases.rma.returns import Part, numbered, parcel, part

DESK = load_desk(shipped_desks() / "huawei-tac")
CALENDAR = calendar_for("", "", DESK.calendar)
POLICY = DigestPolicy()


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        # 08:00 in Bucharest is 06:00 UTC in winter; Friday the 20th.
        (utc(11, 19, 6), utc(11, 20, 5, 59), None),
        (utc(11, 19, 6), utc(11, 20, 6), utc(11, 20, 6)),
        (utc(11, 19, 6), utc(11, 20, 17), utc(11, 20, 6)),
        (utc(11, 20, 6), utc(11, 20, 17), None),
        # A weekend, then 30 November and 1 December: Friday the 27th is followed by Wednesday the 2nd.
        (utc(11, 27, 6), utc(12, 2, 5, 59), None),
        (utc(11, 27, 6), utc(12, 2, 6), utc(12, 2, 6)),
        # An outage of eleven days is told of once, by the newest.
        (utc(11, 16, 6), utc(11, 27, 9), utc(11, 27, 6)),
        # The clock was set back: nothing twice.
        (utc(11, 20, 6), utc(11, 18, 9), None),
        # The first look was at nine: the day's digest had passed.
        (utc(11, 20, 7), utc(11, 20, 8), None),
        # Summer time ended on 25 October: 05:00 UTC on Friday the 23rd, 06:00 UTC on Monday the 26th.
        (utc(10, 22, 5), utc(10, 23, 5), utc(10, 23, 5)),
        (utc(10, 23, 5), utc(10, 26, 5, 30), None),
    ],
)
def test_the_staffs_digest_is_due_on_business_days_at_its_hour(last: datetime, now: datetime, due: datetime | None) -> None:
    """BX12"""
    assert due_digest(DigestKind.STAFF, POLICY, CALENDAR, now, last) == due


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        # Mondays at 09:00, also on 30 November, when the desk rests: the partner's week is its own.
        (utc(11, 20, 9), utc(11, 23, 6, 59), None),
        (utc(11, 20, 9), utc(11, 23, 7), utc(11, 23, 7)),
        (utc(11, 23, 7), utc(11, 29, 12), None),
        (utc(11, 23, 7), utc(11, 30, 7), utc(11, 30, 7)),
        (utc(11, 2, 7), utc(11, 25, 7), utc(11, 23, 7)),
    ],
)
def test_the_partners_digest_is_due_on_one_weekday(last: datetime, now: datetime, due: datetime | None) -> None:
    assert due_digest(DigestKind.PARTNERS, POLICY, CALENDAR, now, last) == due


def test_the_next_digest_is_the_one_that_will_be_due() -> None:
    assert next_digest(DigestKind.STAFF, POLICY, CALENDAR, utc(11, 27, 6)) == utc(12, 2, 6)
    assert next_digest(DigestKind.PARTNERS, POLICY, CALENDAR, utc(11, 23, 6, 59)) == utc(11, 23, 7)


def test_a_desk_without_an_hour_sends_none() -> None:
    silent = replace(POLICY, staff=None, partners=None)
    assert due_digest(DigestKind.STAFF, silent, CALENDAR, utc(11, 20, 9), utc(11, 1, 9)) is None
    assert next_digest(DigestKind.PARTNERS, silent, CALENDAR, utc(11, 20, 9)) is None


def test_another_hour_and_weekday_are_the_desks_to_choose() -> None:
    thursdays = replace(POLICY, partners=time(17, 30), partners_weekday=3)
    assert next_digest(DigestKind.PARTNERS, thursdays, CALENDAR, utc(11, 20, 9)) == utc(11, 26, 15, 30)


def request(number: str, **changes: object) -> Case:
    envelope = Case(
        number=number,
        kind="service_request",
        desk="huawei-tac",
        state="accepted",
        opened_at=utc(11, 19, 9),
        language="en",
        country="PL",
        timezone="Europe/Warsaw",
        customer="anna@northwind.example",
        company="Northwind",
        priority="P2",
        details=ServiceRequestDetails(),
    )
    return replace(envelope, **changes)


def returned(number: str, due: date | None, *parts: Part, type: str = "advance", **changes: object) -> Case:
    units = numbered(parts or (part("02352KLM", 2),))
    if due is not None:
        units = tuple(replace(unit, obligation=Obligation(delivered_on=date(2026, 11, 2), due=due)) for unit in units)
    details = RmaDetails(
        type=type,
        service_level="9x5xNBD",
        units=units,
        issued_at=utc(11, 2, 9),
        valid_through=date(2026, 12, 2),
    )
    return request(number, kind="rma", state="replacement delivered", details=details, **changes)


def announced(quantity: int) -> Part:
    return part("02352KLM", 2, announced=(parcel("2", utc(11, 19, 9), quantity),))


def arrived(units: Part) -> Part:
    """What was announced is back."""
    return tuple(replace(unit, received_at=utc(11, 20, 9) if unit.announcement else None) for unit in units)


def clock(number: str, kind: str, at: datetime, key: str = "") -> WaitingDeadline:
    return WaitingDeadline(case_number=number, kind=kind, key=key, due_at=at)


def lines_of_returns(now: datetime, *returns: Case) -> tuple[DigestLine, ...]:
    return tuple(line for case in returns for line in overdue_lines(case, DESK, now))


def lines_of(
    now: datetime, *, clocks: tuple[tuple[WaitingDeadline, Case], ...] = (), returns: tuple[Case, ...] = ()
) -> list[tuple[str, object]]:
    sections = staff_sections(DESK, now, clocks, lines_of_returns(now, *returns), (), ())
    return [(line.name, line.values["number"]) for section in sections for line in section.lines]


def test_clocks_that_break_by_the_end_of_the_next_business_day_are_told() -> None:
    """On Friday the 20th: through Monday the 23rd, which ends in Bucharest at 22:00 UTC (T1)."""
    now = utc(11, 20, 6)
    clocks = (
        (clock("SR-3", "response_breached", utc(11, 23, 22, 1)), request("SR-3")),
        (clock("SR-2", "response_breached", utc(11, 23, 21, 59)), request("SR-2", assignee="cse@tac.example")),
        (clock("SR-1", "information_decision", utc(11, 23, 8)), request("SR-1")),
    )
    assert lines_of(now, clocks=clocks) == [("digest_information_decision", "SR-1"), ("digest_response", "SR-2")]


def test_a_request_that_nobody_has_taken_is_told_as_such() -> None:
    now = utc(11, 20, 6)
    assert lines_of(now, clocks=((clock("SR-1", "response_breached", utc(11, 20, 7)), request("SR-1")),)) == [
        ("digest_response_unassigned", "SR-1")
    ]


def test_a_decision_is_due_on_the_last_of_its_days() -> None:
    """DK2 presses on the day before the last and on the last one."""
    now = utc(11, 20, 6)
    case = request("CERT-1", kind="certification")
    days = (clock("CERT-1", "decision_due", utc(11, 20, 7), "1"), clock("CERT-1", "decision_due", utc(11, 23, 7), "0"))
    section = staff_sections(DESK, now, tuple((one, case) for one in days), (), (), ())[0]
    assert section.lines == (Step("digest_decision_due", {"number": "CERT-1", "who": "Northwind", "at": utc(11, 23, 7)}),)


def test_parts_are_told_when_their_reminders_have_begun_and_when_they_are_overdue() -> None:
    """Five business days before Friday the 27th is the 20th, before Monday the 30th, in Poland a business day, the 23rd."""
    now = utc(11, 20, 6)
    cases = (
        returned("RMA-5", date(2026, 11, 30)),
        returned("RMA-4", date(2026, 11, 27)),
        returned("RMA-3", date(2026, 11, 20)),
        returned("RMA-2", date(2026, 11, 17)),
        returned("RMA-1", None),
        returned("RMA-6", date(2026, 11, 17), part("02352KLM", 2, received=2)),
    )
    assert lines_of(now, returns=cases) == [("digest_overdue", "RMA-2"), ("digest_due_today", "RMA-3"), ("digest_due_soon", "RMA-4")]


def test_days_are_counted_and_only_what_is_outstanding_is_named() -> None:
    lines = (part("02352KLM", 2, received=1), part("03057BGH", received=1))
    (section,) = staff_sections(
        DESK, utc(11, 20, 6), (), lines_of_returns(utc(11, 20, 6), returned("RMA-2", date(2026, 11, 17), *lines)), (), ()
    )
    assert section.lines[0].values == {
        "number": "RMA-2",
        "who": "Northwind",
        "parts": ("1 x 02352KLM",),
        "due": date(2026, 11, 17),
        "days": 3,
    }


def test_parts_of_one_return_that_are_due_on_several_days_are_told_by_day() -> None:
    """BX3, BX12: of two boards one replacement arrived for the 17th, one for the 20th; a card's has not arrived."""
    first = Obligation(delivered_on=date(2026, 10, 26), due=date(2026, 11, 17))
    days = (first, replace(first, delivered_on=date(2026, 10, 29), due=date(2026, 11, 20)))
    lines = (part("02352KLM", 2, obligations=days), part("03057BGH"))
    case = returned("RMA-1", None, *lines)
    (section,) = staff_sections(DESK, utc(11, 20, 6), (), lines_of_returns(utc(11, 20, 6), case), (), ())
    assert [(line.name, line.values["parts"]) for line in section.lines] == [
        ("digest_overdue", ("1 x 02352KLM",)),
        ("digest_due_today", ("1 x 02352KLM",)),
    ]
    told = partner_return(case, "tac+rma-1@tac.example")
    assert told is not None
    assert told.days == (date(2026, 11, 17), date(2026, 11, 20))
    assert [(row.part_number, row.due) for row in told.by_day] == [
        ("02352KLM", date(2026, 11, 17)),
        ("02352KLM", date(2026, 11, 20)),
        ("03057BGH", None),
    ]


def test_today_is_the_customers_day() -> None:
    """At 23:30 UTC it is the 21st in Warsaw, so what was due on the 20th is overdue (T1)."""
    assert lines_of(utc(11, 20, 23, 30), returns=(returned("RMA-1", date(2026, 11, 20)),)) == [("digest_overdue", "RMA-1")]


def test_nothing_to_tell_is_no_section() -> None:
    assert staff_sections(DESK, utc(11, 20, 6), (), (), (), ()) == ()


def test_a_long_section_is_cut_and_says_how_much_it_leaves_out() -> None:
    mails = tuple(SetAside(sender=f"{n}@x.example", subject="s", rule="it cannot be read") for n in range(23))
    (section,) = staff_sections(DESK, utc(11, 20, 6), (), (), (), mails)
    assert (len(section.lines), section.more) == (20, 3)


def everything(desk: Desk = DESK) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    letter = StuckLetter(notice="rma/reminder", address="anna@northwind.example", number="RMA-1", is_held=True, reason="")
    sections = staff_sections(
        desk,
        utc(11, 20, 6),
        ((clock("SR-1", "response_breached", utc(11, 20, 7)), request("SR-1")),),
        lines_of_returns(utc(11, 20, 6), returned("RMA-1", date(2026, 11, 17))),
        (letter,),
        (SetAside(sender="x@y.example", subject="", rule="it cannot be read"),),
    )
    return [(to, tuple(section.name for section in own)) for to, own in letters_to_staff(desk, sections)]


def test_each_role_reads_what_concerns_it() -> None:
    assert everything() == [
        (("ccr@tac.example",), ("clocks", "returns", "letters")),
        (("cse@tac.example",), ("clocks",)),
        (("warehouse@tac.example",), ("returns",)),
        (("admin@tac.example",), ("letters", "quarantine")),
    ]


def test_nobody_gets_two_and_who_reads_the_same_shares_one() -> None:
    staff = (
        StaffMember("a@tac.example", (Role.CSE,)),
        StaffMember("b@tac.example", (Role.CSE, Role.REVIEWER)),
        StaffMember("c@tac.example", (Role.CSE, Role.RECEIVING, Role.ADMIN)),
        StaffMember("d@tac.example", (Role.FINANCE, Role.ESCALATION)),
    )
    assert everything(replace(DESK, staff=staff)) == [
        (("a@tac.example", "b@tac.example"), ("clocks",)),
        (("c@tac.example",), ("clocks", "returns", "letters", "quarantine")),
    ]


@pytest.mark.parametrize(
    ("domain", "contract_domains", "is_theirs"),
    [
        ("northwind.example", (), True),
        ("NORTHWIND.example", (), True),
        ("colleague.example", (), True),
        ("carrier.example", ("carrier.example",), True),
        ("wind.example", (), False),
        ("sub.northwind.example", (), False),
        ("other.example", ("northwind.example",), False),
    ],
)
def test_a_return_is_the_partners_by_customer_participant_or_contract(
    domain: str, contract_domains: tuple[str, ...], is_theirs: bool
) -> None:
    case = returned("RMA-1", None, participants=("anna@northwind.example", "jo@colleague.example"))
    assert is_of_partner(domain, case, contract_domains) is is_theirs


def test_a_partner_is_asked_for_the_parcel_once_the_replacement_arrived() -> None:
    case = returned("RMA-1", date(2026, 12, 1), part("02352KLM", 2, received=1), part("X", received=1))
    told = partner_return(case, "tac+rma-1@tac.example")
    assert told is not None
    assert ([line.part_number for line in told.lines], told.answer, told.days) == (["02352KLM"], "shipped", (date(2026, 12, 1),))


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "shipped"),
        ({"replacements": (Parcel(carrier="DHL", tracking="1", on=utc(11, 18, 9)),)}, "delivered"),
        ({"replacements": (Parcel(carrier="DHL", tracking="1", on=utc(11, 18, 9), arrived_on=date(2026, 11, 19)),)}, "shipped"),
        ({"type": "repair"}, "shipped"),
        ({"units": numbered((announced(2),))}, "already_returned"),
        ({"units": numbered((announced(1),))}, "shipped"),
        ({"units": numbered((arrived(announced(1)),))}, "shipped"),
    ],
)
def test_a_partner_is_asked_for_the_one_thing_that_comes_next(changes: dict[str, object], answer: str) -> None:
    """BX6; of two parts one that was announced and came leaves one to be announced."""
    case = returned("RMA-1", None)
    told = partner_return(replace(case, details=replace(case.details, **changes)), "a@b.example")
    assert told is not None and told.answer == answer


def test_returns_stand_in_the_order_of_their_dates_and_finished_ones_not_at_all() -> None:
    """RMA-2 has no return date: its last valid day, 2 December, counts."""
    cases = (
        returned("RMA-1", date(2026, 12, 3)),
        returned("RMA-2", None),
        returned("RMA-3", date(2026, 12, 1)),
        returned("RMA-4", date(2026, 11, 1), part("X", received=1)),
    )
    told = [view for case in cases if (view := partner_return(case, "a@b.example"))]
    assert [view.number for view in sorted(told, key=lambda view: view.on)] == ["RMA-3", "RMA-2", "RMA-1"]
