"""Requests that devices open by Call Home (IN8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailflow.cases import decide
from mailflow.message.alarm import Alarm
from mailflow.message.model import Extracted
from mailflow.policy.case import Case
from mailflow.policy.event import MailReceived, SenderRole
from tests.cases.service_request.scene import (
    ANNA,
    AT,
    BEN,
    CONTRACT,
    CUSTOMER,
    DESK,
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
)

DEVICE_ADDRESS = "callhome@devices.example"


def alarm_mail(severity: str = "major", serial: str = SERIAL, **changes: Any) -> MailReceived:
    given = {
        "sender_role": SenderRole.STRANGER,
        "extracted": Extracted(),
        "new_text": "FabricFault slot 3",
        "unanswered_because": "sent by a machine",
        "alarm": Alarm(name="FabricFault", serial=serial, severity=severity),
        **changes,
    }
    return mail_of(DEVICE_ADDRESS, **given)


def open_alarm(**changes: Any) -> Case:
    return replace(after(open_with(alarm_mail(), in_contract())), **changes)


def test_an_alarm_is_accepted_by_the_devices_contract_and_its_contact_is_told() -> None:
    """IN8: no answer to the device, no question to a machine."""
    decision = open_with(alarm_mail(), in_contract())
    case = after(decision)
    assert (case.state, case.customer, case.customer_name, case.participants) == ("accepted", ANNA, "Anna", CUSTOMER)
    assert (case.details.alarm, case.details.alarm_count, case.details.missing) == ("FabricFault", 1, ())
    assert letters(decision) == [("alarm_registered", CUSTOMER), ("customer_message", STAFF)]
    assert letter(decision, "alarm_registered").values == {"text": "FabricFault (major)"}
    assert [kind for kind, _, _ in deadlines(decision)] == ["response_warning"] * 2 + ["response_breached"]


def test_the_contact_is_the_first_whom_mail_reaches() -> None:
    """IN8, IN7"""
    assert after(open_with(alarm_mail(), in_contract(undeliverable=frozenset({ANNA})))).customer == BEN


def test_a_desk_may_keep_alarms_to_itself() -> None:
    """IN8"""
    quiet = replace(DESK, alarms=replace(DESK.alarms, inform_contact=False))
    assert letters(decide("service_request", None, alarm_mail(), in_contract(), quiet, AT)) == [("customer_message", STAFF)]


def test_an_alarm_that_nobody_vouches_for_reaches_no_customer_and_starts_no_clock() -> None:
    """IN8, BX8: anybody can write what looks like an alarm."""
    decision = open_with(alarm_mail(authenticated=False), in_contract())
    assert (after(decision).state, letters(decision), deadlines(decision)) == ("new", [("customer_message", STAFF)], [])


@pytest.mark.parametrize("known", [facts(), in_contract(devices={})])
def test_of_an_unknown_serial_staff_decide_whose_it_is(known: Any) -> None:
    """IN8"""
    decision = open_with(alarm_mail(), known)
    case = after(decision)
    assert (case.state, case.customer, case.participants) == ("new", "", ())
    assert (letters(decision), flag_names(decision)) == ([("customer_message", STAFF)], ["flag_no_customer"])


def test_a_contract_out_of_force_is_for_a_human() -> None:
    """IN8, SR3"""
    ended = replace(CONTRACT, end=CONTRACT.start)
    assert after(open_with(alarm_mail(), in_contract(contract=ended))).state == "new"


def test_the_same_alarm_again_is_counted_and_bothers_nobody() -> None:
    """IN8"""
    decision = receive(open_alarm(), alarm_mail())
    assert (after(decision).details.alarm_count, letters(decision)) == (2, [])
    assert notes(decision) == ["the alarm FabricFault came for the 2. time"]


def test_the_same_alarm_grown_worse_is_told() -> None:
    """IN8"""
    decision = receive(open_alarm(), alarm_mail(severity="critical"))
    assert (letters(decision), flag_names(decision)) == ([("customer_message", STAFF)], ["flag_alarm_worse"])
    milder = receive(after(decision), alarm_mail(severity="minor"))
    assert (after(milder).details.alarm_severity, letters(milder)) == ("critical", [])


def test_the_same_alarm_after_the_solution_opens_the_request_again() -> None:
    """IN8, SR7"""
    decision = receive(open_alarm(state="resolved"), alarm_mail())
    assert (after(decision).state, flag_names(decision)) == ("in progress", ["flag_alarm_back"])


def test_the_same_alarm_after_closing_is_a_new_request() -> None:
    """IN8"""
    decision = receive(open_alarm(number="SR-100000", state="closed", closed_at=AT), alarm_mail(), in_contract())
    assert (after(decision).number, after(decision).parent) == ("SR-100001", "SR-100000")
