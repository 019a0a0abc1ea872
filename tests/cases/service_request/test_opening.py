"""Service requests from their first mail on (IN5, IN7, IN9, SR1, SR3, SR10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mailflow.message.model import Address, Extracted
from mailflow.policy.derivation import Step
from mailflow.policy.entitlement import Entitlement
from mailflow.policy.event import MailReceived, SenderRole
from tests.cases.service_request.scene import (
    ANNA,
    AT,
    COMPLETE,
    CUSTOMER,
    DEVICE,
    SERIAL,
    STAFF,
    after,
    deadlines,
    facts,
    flag_names,
    in_contract,
    letter,
    letters,
    mail_of,
    notes,
    open_with,
    receive,
    reply_of,
    request,
)


def test_a_complete_and_entitled_request_is_accepted_at_once() -> None:
    """SR1, SR4: P2 has 60 minutes from 09:00 UTC."""
    decision = open_with(mail_of())
    assert after(decision).state == "accepted"
    assert letters(decision) == [("accepted", CUSTOMER), ("customer_message", STAFF)]
    assert deadlines(decision) == [
        ("response_warning", "50", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("response_warning", "80", datetime(2026, 11, 20, 9, 48, tzinfo=UTC)),
        ("response_breached", "", datetime(2026, 11, 20, 10, 0, tzinfo=UTC)),
    ]


def test_an_incomplete_request_is_asked_for_just_what_is_missing() -> None:
    """IN5: Fri 20 Nov, asked again on the second business day, Tue 24 Nov; staff decide on the fifth, Fri 27 Nov; 09:00 in Bucharest."""
    decision = open_with(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    assert after(decision).state == "awaiting information"
    assert letter(decision, "information_request").values["missing"] == ("serial",)
    assert deadlines(decision) == [
        ("information_reminder", "", datetime(2026, 11, 24, 7, 0, tzinfo=UTC)),
        ("information_decision", "", datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
    ]


def test_who_is_not_asked_is_not_asked_again_and_staff_decide_all_the_same() -> None:
    """IN7: a monitoring system or another helpdesk would get its automatic mail two days late."""
    decision = open_with(mail_of(extracted=Extracted(symptoms="The card reboots."), unanswered_because="sent by a machine"))
    assert letters(decision) == [("customer_message", STAFF)]
    assert deadlines(decision) == [("information_decision", "", datetime(2026, 11, 27, 7, 0, tzinfo=UTC))]


def test_a_request_that_is_not_entitled_waits_for_a_human_and_hears_no_no() -> None:
    """SR1, SR3"""
    decision = open_with(mail_of(), facts(entitlement=Entitlement("not entitled")))
    assert after(decision).state == "new"
    assert letters(decision) == [("acknowledgement", CUSTOMER), ("customer_message", STAFF)]


def test_a_contract_number_that_the_register_does_not_have_for_the_device_is_for_a_human() -> None:
    """SR3"""
    stated = Extracted(serials=(SERIAL,), symptoms="The card reboots.", contract="HC-9")
    assert after(open_with(mail_of(extracted=stated), in_contract())).state == "new"


@pytest.mark.parametrize("change", [{"sender_role": SenderRole.STRANGER}, {"authenticated": False}])
def test_a_sender_that_nobody_vouches_for_reads_no_word_of_its_own_mail(change: dict[str, object]) -> None:
    """SR1"""
    answer = letter(open_with(mail_of(**change), facts(entitlement=Entitlement("undecided"))), "acknowledgement")
    assert (answer.values["understood"], answer.cc) == ((), ())


def test_mail_of_a_machine_opens_a_request_without_an_answer() -> None:
    """IN7"""
    decision = open_with(mail_of(unanswered_because="sent by a machine"))
    assert letters(decision) == [("customer_message", STAFF)]
    assert notes(decision)[0] == "accepted not sent: sent by a machine"


def test_staff_see_in_data_what_every_language_can_say() -> None:
    """SR5: the rows on top of the mail to staff."""
    rows = letter(open_with(mail_of(extracted=Extracted(symptoms="The card reboots."))), "customer_message").values["summary"]
    assert dict(rows) == {
        "customer": f"Anna <{ANNA}>",
        "contract": Step("shown_no_contract", {}),
        "state": Step("shown_state", {"state": "awaiting information"}),
        "priority": "P3",
        "assignee": Step("shown_nobody", {}),
        "entitlement": Step("shown_entitlement", {"entitlement": "entitled"}),
        "missing": Step("shown_fields", {"fields": ("serial",)}),
    }


def test_a_request_for_a_caller_is_the_callers_and_staff_vouch_for_it() -> None:
    """SR10, SR5: the CCR who wrote it down gets it too, since only an answer to it goes to the caller."""
    event = mail_of(
        "ccr@tac.example", caller=Address("mary@elsewhere.example", "Mary"), sender_role=SenderRole.STAFF, cc=("x@elsewhere.example",)
    )
    decision = open_with(event)
    case = after(decision)
    assert (case.customer, case.customer_name, case.participants, case.proposed) == ("mary@elsewhere.example", "Mary", (case.customer,), ())
    assert letters(decision) == [("accepted", ("mary@elsewhere.example",)), ("customer_message", STAFF)]
    assert ("serial", SERIAL) in letter(decision, "accepted").values["understood"]


def test_who_is_alone_at_the_desk_gets_the_copy_all_the_same() -> None:
    """SR10, SR5: by answering it the customer is written to."""
    caller = Address("mary@elsewhere.example", "Mary")
    case = request(mail_of("ccr@tac.example", caller=caller, sender_role=SenderRole.STAFF), assignee="ccr@tac.example")
    decision = receive(case, reply_of("mary@elsewhere.example"))
    assert letters(decision) == [("customer_message", ("ccr@tac.example",))]


def test_a_stranger_who_named_a_case_is_linked_for_staff_only() -> None:
    """IN3"""
    decision = open_with(mail_of("eve@evil.example", sender_role=SenderRole.STRANGER, linked_to="SR-100000"))
    assert (after(decision).parent, after(decision).linked) == ("SR-100000", ("SR-100000",))
    assert "SR-100000" not in repr(letter(decision, "accepted" if after(decision).state == "accepted" else "acknowledgement").values)


def encrypted(event: MailReceived) -> MailReceived:
    return replace(event, mail=replace(event.mail, encrypted=True))


def test_an_encrypted_mail_is_registered_and_asked_for_in_clear() -> None:
    """IN9"""
    decision = open_with(encrypted(mail_of(extracted=Extracted(), new_text="")))
    assert after(decision).state == "awaiting information"
    assert letter(decision, "information_request").values["missing"] == ("clear_text",)
    assert flag_names(decision) == ["flag_encrypted"]


def test_what_came_in_clear_is_then_asked_for_what_it_lacks() -> None:
    """IN9, IN5"""
    unread = request(encrypted(mail_of(extracted=Extracted(), new_text="")))
    incomplete = receive(unread, reply_of(extracted=Extracted(symptoms="The card reboots.")))
    assert letter(incomplete, "information_request").values["missing"] == ("serial",)
    assert after(receive(unread, reply_of(extracted=COMPLETE))).state == "accepted"


def test_the_request_for_clear_text_goes_out_once() -> None:
    """IN9"""
    first = receive(request(), encrypted(reply_of()))
    second = receive(after(first), encrypted(reply_of()))
    assert letters(first) == [("information_request", CUSTOMER), ("customer_message", STAFF)]
    assert letters(second) == [("customer_message", STAFF)]
    assert after(second).details.symptoms == "The card reboots."


def test_what_is_asked_for_says_when_it_is_asked_again() -> None:
    """SR1, IN5, BX2: Friday 20 November and two business days make Tuesday 24 November."""
    decision = open_with(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    steps = letter(decision, "information_request").values["next_step"]
    assert steps[:2] == (Step("next_step_information", {}), Step("next_step_asked_again", {"day": date(2026, 11, 24)}))
    assert [step.name for step in steps[2:]] == ["counted_from", "term_business_days", "term_ends"]


def test_who_is_in_no_contract_hears_that_a_colleague_looks_first() -> None:
    """SR1"""
    decision = open_with(mail_of(sender_role=SenderRole.STRANGER, extracted=Extracted(symptoms="It reboots.")), facts(entitlement=None))
    assert letter(decision, "information_request").values["next_step"][0] == Step("next_step_information_checked", {})


def test_a_serial_that_the_register_lacks_is_asked_for() -> None:
    """IN5, IN4: a request is complete with a serial of a device under contract."""
    decision = open_with(mail_of(), in_contract(devices={}, entitlement=Entitlement("undecided")))
    assert letter(decision, "information_request").values["missing"] == ("serial",)
    assert ("serial_unknown", SERIAL) in letter(decision, "information_request").values["understood"]
    assert after(receive(after(decision), reply_of(), in_contract(devices={}))).state == "awaiting information"


@pytest.mark.parametrize("change", [{"authenticated": False}, {"sender_role": SenderRole.STRANGER}])
def test_strangers_and_the_unproven_cannot_try_out_serials(change: dict[str, Any]) -> None:
    """SR1, IN3: known to the register or not, the answer is the same."""
    known = in_contract() if "authenticated" in change else facts(devices={SERIAL: DEVICE})
    undecided = Entitlement("undecided")
    found = letters(open_with(mail_of(**change), replace(known, entitlement=undecided)))
    assert letters(open_with(mail_of(**change), replace(known, devices={}, entitlement=undecided))) == found
    assert found[0][0] == "acknowledgement"


def test_a_reply_long_after_the_closing_is_not_asked_for_the_serial_again() -> None:
    """SR7, IN5: closed on 20 November, so it reopens through 4 December; the customer reads whence the serial is."""
    closed = request(number="SR-100000", state="closed", closed_at=AT)
    event = reply_of(text="It is back again.", extracted=Extracted(symptoms="It is back again."), at=AT + timedelta(days=15))
    decision = receive(closed, event, in_contract())
    assert (after(decision).number, after(decision).linked, after(decision).state) == ("SR-100001", ("SR-100000",), "accepted")
    assert letter(decision, "accepted").values["understood"][:2] == (("serial", SERIAL), ("serial_from", "SR-100000"))


def test_a_serial_of_its_own_is_taken_instead() -> None:
    """SR7"""
    closed = request(number="SR-100000", state="closed", closed_at=AT, serials=("2102352KLM10L5000777",))
    event = reply_of(extracted=COMPLETE, at=AT + timedelta(days=15))
    details = after(receive(closed, event, in_contract())).details
    assert (details.serials, details.serials_from) == ((SERIAL,), "")
