"""Mail in a running request, both ways (SR2, SR4, SR5, SR7), and the deadlines that fall meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.cases import CASE_TYPES, decide
from mailflow.message.model import Extracted
from mailflow.policy.decision import Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Role
from mailflow.policy.event import DeadlineFell, MailReceived, SenderRole
from mailflow.policy.facts import WaitingDeadline
from tests.cases.service_request.scene import (
    AT,
    BEN,
    CUSTOMER,
    DESK,
    MANAGER,
    SERIAL,
    STAFF,
    after,
    command,
    facts,
    fall,
    flags,
    letter,
    letters,
    mail_of,
    receive,
    reply_of,
    request,
)


def answer_of(sender: str, notice: str, text: str = "Please reseat the card.") -> MailReceived:
    return mail_of(
        sender, sender_role=SenderRole.STAFF, answers_notice=f"service_request/{notice}", roles=DESK.roles_of(sender), new_text=text
    )


def test_the_missing_serial_completes_the_request() -> None:
    """IN5"""
    waiting = request(mail_of(extracted=Extracted(symptoms="The card reboots.", priority="P1")))
    decision = receive(waiting, reply_of(extracted=Extracted(serials=(SERIAL,))))
    case = after(decision)
    assert (case.state, case.priority, case.details.symptoms) == ("accepted", "P1", "The card reboots.")
    assert [name for name, _ in letters(decision)] == ["accepted", "customer_message"]


def test_the_first_engineer_who_writes_becomes_assignee_and_stops_the_clock() -> None:
    """SR4, SR5"""
    decision = receive(request(), answer_of("cse@tac.example", "customer_message"))
    case = after(decision)
    assert (case.assignee, case.state, case.details.responded_at) == ("cse@tac.example", "awaiting customer", AT)
    assert letters(decision) == [("staff_message", CUSTOMER)]


def test_a_ccr_who_writes_first_neither_takes_the_case_nor_stops_the_clock() -> None:
    """SR4: the clock runs to the first mail of an engineer."""
    case = after(receive(request(), answer_of("ccr@tac.example", "customer_message")))
    assert (case.assignee, case.details.responded_at) == (None, None)


@pytest.mark.parametrize("notice", ["response_warning", "response_breached", "escalation_brief", "accepted"])
def test_an_answer_to_any_other_staff_notice_stays_in_the_house(notice: str) -> None:
    """SR5"""
    decision = receive(request(), answer_of("cse@tac.example", notice, "I am on it."))
    assert decision.effects == (Note(text="I am on it.", who="cse@tac.example"),)


def test_staff_write_to_all_who_take_part_and_to_nobody_who_is_only_proposed() -> None:
    """SR5, SR11"""
    case = request(participants=(*CUSTOMER, BEN), proposed=("paul@partner.example",))
    message = letter(receive(case, answer_of("cse@tac.example", "customer_message")), "staff_message")
    assert (message.to, message.cc) == (CUSTOMER, (BEN,))


def test_nothing_goes_to_the_customer_of_a_closed_request() -> None:
    """SR7"""
    decision = receive(request(state="closed", closed_at=AT), answer_of("cse@tac.example", "customer_message"))
    assert decision.refused == Step("request_closed_to_customer", {"number": "SR-100001"})


def test_a_customer_mail_goes_to_the_assignee_alone() -> None:
    """SR5"""
    decision = receive(request(assignee="cse@tac.example", state="awaiting customer"), reply_of())
    assert after(decision).state == "in progress"
    assert letters(decision) == [("customer_message", ("cse@tac.example",))]


@pytest.mark.parametrize(
    ("state", "then"),
    [
        ("new", "new"),
        ("accepted", "accepted"),
        ("in progress", "in progress"),
        ("awaiting customer", "in progress"),
        ("resolved", "in progress"),
        ("closed", "in progress"),
    ],
)
def test_a_customer_mail_takes_each_state_to_the_next(state: str, then: str) -> None:
    """SR7"""
    case = after(receive(request(state=state, closed_at=AT if state == "closed" else None), reply_of()))
    assert (case.state, case.closed_at) == (then, None)


@pytest.mark.parametrize(
    ("closed", "number"), [(datetime(2026, 11, 6, 20, 0, tzinfo=UTC), "SR-100007"), (datetime(2026, 11, 5, 20, 0, tzinfo=UTC), "SR-100001")]
)
def test_a_reply_reopens_a_closed_request_within_fourteen_days(closed: datetime, number: str) -> None:
    """SR7: closed on 6 Nov, the fourteenth day is 20 Nov; closed on 5 Nov the mail of 20 Nov begins a new one."""
    case = replace(request(state="closed", closed_at=closed), number="SR-100007")
    decision = receive(case, mail_of(sender_role=SenderRole.PARTICIPANT))
    assert after(decision).number == number
    assert after(decision).parent == (None if number == "SR-100007" else "SR-100007")


def test_a_wish_for_another_priority_is_shown_to_staff_and_changes_nothing() -> None:
    """SR2"""
    decision = receive(request(), reply_of(extracted=Extracted(priority="P1")))
    assert after(decision).priority == "P2"
    assert flags(decision) == [Step("flag_priority_wish", {"wanted": "P1", "present": "P2"})]
    assert letter(decision, "customer_message").values["commands"][0] == "/priority P1"


def test_a_priority_first_stated_in_answer_to_our_questions_counts() -> None:
    """SR2: nobody has said anything else before."""
    waiting = request(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    decision = receive(waiting, reply_of(extracted=Extracted(serials=(SERIAL,), priority="P1")))
    assert (waiting.state, waiting.priority) == ("awaiting information", "P3")
    assert after(decision).priority == "P1"
    assert flags(decision) == []


def test_the_same_priority_again_is_no_wish() -> None:
    """SR2"""
    assert flags(receive(request(), reply_of(extracted=Extracted(priority="P2")))) == []


def test_warnings_go_to_ccr_and_cse_until_somebody_has_the_case_and_the_breach_to_the_manager() -> None:
    """SR4"""
    assert letters(fall(request(), "response_warning", "50")) == [("response_warning", STAFF)]
    assert letters(fall(request(assignee="cse@tac.example"), "response_warning", "80")) == [("response_warning", ("cse@tac.example",))]
    assert letters(fall(request(), "response_breached")) == [("response_breached", (MANAGER,))]
    assert DESK.staff_of(Role.ESCALATION) == (MANAGER,)


def test_a_question_is_asked_again_and_then_left_to_staff() -> None:
    """IN5"""
    waiting = request(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    assert letters(fall(waiting, "information_reminder")) == [("information_request", CUSTOMER)]
    assert letters(fall(waiting, "information_decision")) == [("customer_message", STAFF)]
    assert flags(fall(waiting, "information_decision")) == [Step("information_not_given", {"missing": ("serial",)})]


@pytest.mark.parametrize("kind", ["information_reminder", "information_decision"])
def test_nothing_is_asked_of_a_request_that_went_on_without_an_answer(kind: str) -> None:
    """IN5: resolved by /resolve while the question was open."""
    waiting = request(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    assert fall(after(command(waiting, "/resolve by phone")), kind).effects == ()


def test_every_case_type_can_reach_every_one_of_its_states() -> None:
    for case_type in CASE_TYPES.values():
        lifecycle = case_type.lifecycle
        reached = set(lifecycle.initial)
        while more := {one.name for one in lifecycle.states if reached & set(one.after)} - reached:
            reached |= more
        assert reached == {one.name for one in lifecycle.states}


def test_the_reminder_asks_about_the_slip_again_and_names_the_day_on_which_staff_decide() -> None:
    """IN4, IN5: asked on Friday 20 November, so staff decide on Friday 27 November."""
    waiting = request(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    decided = WaitingDeadline(case_number="SR-100001", kind="information_decision", key="", due_at=datetime(2026, 11, 27, 7, 0, tzinfo=UTC))
    known = facts(serial_slips={"21O2": "2102"}, waiting=(decided,))
    event = DeadlineFell(kind="information_reminder", key="", due_at=AT)
    values = letter(decide("service_request", waiting, event, known, DESK, AT), "information_request").values
    assert values["next_step"] == (
        Step("serial_question", {"written": "21O2", "known": "2102"}),
        Step("next_step_information", {}),
        Step("next_step_decided", {"day": date(2026, 11, 27)}),
    )
