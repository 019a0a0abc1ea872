"""What staff do with a return: correct, repair, visit, waive, cancel, and what they are told (RM7, RM8, RM10, RM12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from mailflow.cases import decide
from mailflow.message.staff.command import Command
from mailflow.policy.case import Case
from mailflow.policy.decision import ClearDeadline, Decision, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role, StaffMember
from mailflow.policy.event import CommandGiven
from tests.cases.rma.returns import (
    CUSTOMER,
    DESK,
    NOW,
    PART,
    after,
    case,
    command,
    deadlines,
    facts,
    letter,
    letters,
    local_nine,
    names,
    numbered,
    overdue,
    part,
)

ONE_FOR_ALL = replace(DESK, staff=(*DESK.staff, StaffMember("all@tac.example", (Role.CCR, Role.RECEIVING))))


# /correct


def test_the_ccr_corrects_what_is_authorised() -> None:
    """RM10, RM2: a part more, another one less, a new version."""
    decision = command(case(return_due=date(2027, 1, 15)), f"/correct 1 x {PART}; 1 x 02352KLM serial SER000000001")
    lines = after(decision).details.lines
    assert [(line.part_number, line.authorised, line.serials) for line in lines] == [(PART, 1, ()), ("02352KLM", 1, ("SER000000001",))]
    assert letters(decision) == [("rma/customer_request_verification", CUSTOMER)]
    assert decision.done == Step("rma_authorisation_corrected", {"rma": "RMA-100001", "parts": f"1 x {PART}; 1 x 02352KLM"})


def test_a_quantity_of_nought_takes_the_part_off() -> None:
    """RM10"""
    lines = (part(PART), part("02352KLM"))
    assert [line.part_number for line in after(command(case(parts=lines), f"/correct 0 x {PART}")).details.lines] == ["02352KLM"]


def test_with_the_last_open_part_taken_off_the_return_is_complete() -> None:
    """RM10, BX3"""
    subject = case(parts=(part(PART, 2, received=1),), return_due=date(2026, 12, 30))
    decision = command(subject, f"/correct 1 x {PART}")
    assert after(decision).state == "closed"
    assert [name for name, _ in letters(decision)] == ["rma/customer_request_verification", "rma/closed"]


@pytest.mark.parametrize(
    ("subject", "line", "why"),
    [
        (case(), f"/correct 2 x {PART}", "rma_authorised_already"),
        (case(), f"/correct 0 x {PART}", "rma_less_than_arrived"),
        (case(parts=(part(PART, 2, received=2),)), f"/correct 1 x {PART}", "rma_less_than_arrived"),
        (replace(case("repair"), state="in repair"), f"/correct 1 x {PART}", "rma_is_over"),
    ],
)
def test_a_correction_of_the_ccr_that_cannot_be_is_refused(subject: Case, line: str, why: str) -> None:
    """RM10: nobody but receiving books arrivals, not even by a slip."""
    assert names(command(subject, line).refused)[0] == why


def test_receiving_corrects_what_arrived() -> None:
    """RM10, RM6"""
    subject = replace(case(parts=(part(PART, 2, received=2),), return_due=date(2027, 1, 15)), state="received")
    decision = command(subject, f"/correct 1 x {PART}", by="warehouse@tac.example")
    assert (after(decision).details.lines[0].received, letters(decision)) == (1, [("rma/receipt_notification", CUSTOMER)])
    assert command(case(), "/correct 1 x 99999XYZ", by="warehouse@tac.example").refused == Step(
        "rma_part_not_authorised", {"parts": "99999XYZ", "rma": "RMA-100001"}
    )


def test_a_repair_that_was_booked_complete_by_mistake_waits_again() -> None:
    """RM7, RM3: its validity clock goes on."""
    in_repair = replace(case("repair", parts=(part(PART, 2, received=2),), valid_through=date(2027, 1, 20)), state="in repair")
    decision = command(in_repair, f"/correct 1 x {PART}", by="warehouse@tac.example")
    assert after(decision).state == "received"
    assert [kind for kind, _, _ in deadlines(decision.effects)] == ["validity_warning", "validity_warning", "expired"]


def test_who_does_both_corrects_the_authorisation_where_that_changes_something() -> None:
    """RM10"""
    subject = case(parts=(part(PART, 2, received=1),))
    more = command(subject, f"/correct 3 x {PART}", by="all@tac.example", desk=ONE_FOR_ALL)
    assert after(more).details.lines[0].authorised == 3
    fewer = command(subject, f"/correct 0 x {PART}", by="all@tac.example", desk=ONE_FOR_ALL)
    assert (after(fewer).details.lines[0].authorised, after(fewer).details.lines[0].received) == (2, 0)


# Repair


def test_a_repair_goes_its_way() -> None:
    """RM7"""
    lines = (part(PART, 2),)
    some = command(case("repair", parts=lines), f"/received 1 x {PART}", by="warehouse@tac.example", at=local_nine(2026, 12, 1))
    assert after(some).state == "received"
    all_in = command(after(some), f"/received 1 x {PART}", by="warehouse@tac.example", at=local_nine(2026, 12, 2))
    assert after(all_in).state == "in repair"
    assert {one.kind for one in all_in.effects if isinstance(one, ClearDeadline)} >= {"validity_warning", "expired"}
    back = command(after(all_in), "/repaired DHL JD01", by="warehouse@tac.example")
    assert (after(back).state, letters(back)) == ("shipped back", [("rma/repaired_shipped", CUSTOMER)])
    for line in ("/delivered 2026-12-28", "/close"):
        done = command(after(back), line)
        assert (after(done).state, letters(done)) == ("closed", [("rma/closed", CUSTOMER)])


def test_only_what_is_in_repair_is_repaired() -> None:
    """RM7"""
    assert names(command(case("repair"), "/repaired DHL JD01").refused) == ("rma_not_in_repair",)


def test_a_waiver_lets_the_repair_go_on_with_what_came() -> None:
    """RM10, RM7"""
    lines = (part(PART, 2, received=1),)
    decision = command(replace(case("repair", parts=lines), state="received"), "/waive lost", confirmed=True)
    assert (after(decision).state, after(decision).details.lines[0].waived) == ("in repair", 1)


# Waive, cancel, extend


@pytest.mark.parametrize(("line", "would"), [("/waive lost", "rma_would_waive"), ("/cancel mistake", "rma_would_cancel")])
def test_waiving_and_cancelling_wait_for_a_confirmation(line: str, would: str) -> None:
    """BX8: nothing is done yet, and the code belongs to the command."""
    asked = command(case(), line)
    assert letters(asked) == [("staff/confirmation_request", ("ccr@tac.example",))]
    assert names(asked.done) == ("command_confirm_first", would)
    assert after(asked).details.outstanding == 2
    assert names(command(after(asked), "/confirm WRONG").refused) == ("code_unknown",)
    done = command(after(asked), "/confirm ABC234")
    assert after(done).state in ("waived", "cancelled")
    assert done.reason == f"ccr@tac.example: {line}"


def test_the_ccr_extends_as_often_as_needed_and_the_customer_keeps_the_one_extension() -> None:
    """RM10. Due Tue 15 December, past: from Mon 28, 29, 30, 31, 4 and Tue 5 January; then 7, 8, 11, 12 and 13."""
    once = command(overdue(), "/extend 5 strike")
    twice = command(after(once), "/extend 5 strike again")
    assert (after(once).details.return_due, after(twice).details.return_due) == (date(2027, 1, 5), date(2027, 1, 13))
    assert not after(twice).details.extended_by_customer
    assert (once.reason, once.done) == (
        "ccr@tac.example: /extend 5 strike",
        Step("rma_extended", {"rma": "RMA-100001", "days": Step("rma_day", {"day": date(2027, 1, 5)})}),
    )


def test_a_replacement_may_leave_after_the_faulty_part_has_come_back() -> None:
    """RM8: the return is complete, the customer still gets the replacement; nothing is due."""
    back = replace(case(parts=(part(PART, received=1),)), state="closed", closed_at=NOW)
    shipped = command(back, "/shipped DHL JD01")
    assert (after(shipped).state, letters(shipped), deadlines(shipped.effects)) == ("closed", [("rma/replacement_shipped", CUSTOMER)], [])
    delivered = command(after(shipped), "/delivered 2026-12-28")
    assert (names(delivered.done), letters(delivered)) == (("rma_delivered_nothing_due",), [])


def test_the_delivery_is_asked_for_as_often_as_the_desk_says() -> None:
    """RM8. Shipped Mon 28 December: 29, 30, 31 is the third business day; 4, 5, 7 January the sixth; 8, 11, 12 the ninth."""
    decision = command(replace(case(), state="issued"), "/shipped DHL JD01")
    assert deadlines(decision.effects) == [
        ("delivery_question", "3", local_nine(2026, 12, 31)),
        ("delivery_question", "6", local_nine(2027, 1, 7)),
        ("delivery_question", "9", local_nine(2027, 1, 12)),
    ]


# The engineer's visit


def visit(subject: Case, name: str, day: date, at: time | None = None, person: str = "", desk: Desk = DESK) -> Decision:
    given = Command(name=name, line=f"/{name}", day=day, time=at, person=person)
    event = CommandGiven(command=given, by="cse@tac.example", roles=desk.roles_of("cse@tac.example"), at=NOW)
    return decide("rma", subject, event, facts(), desk, NOW)


def onsite(**details: object) -> Case:
    subject = replace(case(**details), state="replacement shipped")
    return replace(subject, details=replace(subject.details, service_level="9x5xNBD-onsite"))


def test_the_visit_is_announced_in_the_customers_time() -> None:
    """RM12: 14:30 in Warsaw is 13:30 UTC."""
    decision = visit(onsite(), "visit", date(2026, 12, 29), time(14, 30), "Mihai Popa")
    values = letter(decision, "rma/replacement_shipped").values
    at = datetime(2026, 12, 29, 13, 30, tzinfo=UTC)
    assert (values["visit_at"], values["engineer"], values["moved"]) == (at, "Mihai Popa", False)
    assert names(decision.done) == ("rma_visit_announced",)
    assert [note.who for note in decision.effects if isinstance(note, Note)] == ["cse@tac.example"]
    moved = visit(after(decision), "visit", date(2026, 12, 30), time(9, 0))
    assert letter(moved, "rma/replacement_shipped").values["moved"]


def test_the_completed_visit_counts_as_delivery() -> None:
    """RM12, RM8. Visited Mon 28 December: 29, 30, 31, 4, 5, 7, 8, 11-15, 18, 19, 20 January are fifteen business days."""
    decision = visit(onsite(), "visited", date(2026, 12, 28))
    assert after(decision).details.visited_on == date(2026, 12, 28)
    assert (after(decision).state, after(decision).details.return_due) == ("replacement delivered", date(2027, 1, 20))
    assert letters(decision) == [("rma/extended", CUSTOMER)]
    assert names(decision.done) == ("rma_visited_and_delivered", "rma_day")


def test_a_known_delivery_stays_as_it_is() -> None:
    """RM12"""
    known = onsite(delivered_on=date(2026, 12, 22), return_due=date(2027, 1, 15))
    decision = visit(known, "visited", date(2026, 12, 28))
    assert (after(decision).details.delivered_days, letters(decision), names(decision.done)) == (
        (date(2026, 12, 22),),
        [],
        ("rma_visited",),
    )


@pytest.mark.parametrize(
    ("name", "day", "at", "why"),
    [
        ("visit", date(2026, 12, 28), time(9, 0), "rma_visit_in_the_past"),
        ("visited", date(2026, 12, 29), None, "rma_visit_in_the_future"),
        ("visited", date(2026, 11, 19), None, "rma_visit_before_issue"),
    ],
)
def test_a_visit_that_cannot_be_is_refused(name: str, day: date, at: time | None, why: str) -> None:
    """RM12"""
    assert names(visit(onsite(), name, day, at).refused) == (why,)


def test_a_level_without_an_engineer_is_remarked_on() -> None:
    """RM12"""
    assert names(visit(case(), "visit", date(2026, 12, 29), time(9, 0)).done) == (
        "rma_done_but_look",
        "rma_visit_announced",
        "rma_level_is_not_onsite",
    )


def test_the_letter_of_the_replacement_lists_what_was_sent_and_never_the_faulty_serials() -> None:
    """RM8"""
    faulty = replace(case(parts=(part(PART, description="Line card", serials=("FAULTY1",)),)), state="issued")
    (plain,) = letter(command(faulty, "/shipped DHL JD01"), "rma/replacement_shipped").values["lines"]
    assert (plain.part_number, plain.serials) == (PART, ())
    named = command(faulty, f"/shipped DHL JD01 1 x {PART} serial REPLACING77")
    (sent,) = letter(named, "rma/replacement_shipped").values["lines"]
    assert (sent.part_number, sent.description, sent.authorised, sent.serials) == (PART, "Line card", 1, ("REPLACING77",))
    assert after(named).details.lines[0].serials == ("FAULTY1",)


def test_only_what_arrived_goes_back_repaired() -> None:
    """RM7: of two parts one came, the other was waived."""
    lines = (part(PART, 2, serials=("S1", "S2"), received=1, received_serials=("S1",), waived=1),)
    decision = command(replace(case("repair", parts=lines), state="in repair"), "/repaired DHL RT55")
    (back,) = letter(decision, "rma/repaired_shipped").values["lines"]
    assert (back.authorised, back.serials, after(decision).details.replacements[-1].quantity) == (1, ("S1",), 1)
    assert after(decision).details.units == numbered(lines)
