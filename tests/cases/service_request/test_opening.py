"""Service requests from their first mail on (IN5, IN7, IN9, SR1, SR3, SR10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailflow.message.model import Address, Extracted
from mailflow.policy.derivation import Step
from mailflow.policy.entitlement import Entitlement
from mailflow.policy.event import MailReceived, Standing
from tests.cases.service_request.scene import (
    ANNA,
    COMPLETE,
    CUSTOMER,
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


def test_a_request_that_is_not_entitled_waits_for_a_human_and_hears_no_no() -> None:
    """SR1, SR3"""
    decision = open_with(mail_of(), facts(entitlement=Entitlement("not entitled")))
    assert after(decision).state == "new"
    assert letters(decision) == [("acknowledgement", CUSTOMER), ("customer_message", STAFF)]


def test_a_contract_number_that_the_register_does_not_have_for_the_device_is_for_a_human() -> None:
    """SR3"""
    stated = Extracted(serials=(SERIAL,), symptoms="The card reboots.", contract="HC-9")
    assert after(open_with(mail_of(extracted=stated), in_contract())).state == "new"


@pytest.mark.parametrize("change", [{"standing": Standing.STRANGER}, {"authenticated": False}])
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
    """SR10: the CCR who wrote it down needs no copy of it."""
    event = mail_of(
        "ccr@tac.example", caller=Address("mary@elsewhere.example", "Mary"), standing=Standing.STAFF, cc=("x@elsewhere.example",)
    )
    decision = open_with(event)
    case = after(decision)
    assert (case.customer, case.customer_name, case.participants, case.proposed) == ("mary@elsewhere.example", "Mary", (case.customer,), ())
    assert letters(decision) == [("accepted", ("mary@elsewhere.example",)), ("customer_message", ("cse@tac.example",))]
    assert ("serial", SERIAL) in letter(decision, "accepted").values["understood"]


def test_who_is_alone_at_the_desk_gets_the_copy_all_the_same() -> None:
    """SR10, SR5: by answering it the customer is written to."""
    caller = Address("mary@elsewhere.example", "Mary")
    case = request(mail_of("ccr@tac.example", caller=caller, standing=Standing.STAFF), assignee="ccr@tac.example")
    decision = receive(case, reply_of("mary@elsewhere.example"))
    assert letters(decision) == [("customer_message", ("ccr@tac.example",))]


def test_a_stranger_who_named_a_case_is_linked_for_staff_only() -> None:
    """IN3"""
    decision = open_with(mail_of("eve@evil.example", standing=Standing.STRANGER, linked_to="SR-100000"))
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
