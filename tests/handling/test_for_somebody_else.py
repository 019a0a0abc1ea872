"""Requests that do not come from their customer: passed on or told by staff (SR10), reported by a device (IN8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.policy.desk import AlarmPolicy, AlarmSource
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk
from tests.handling.conftest import DeskAtWork

ANNA, CCR, CSE = "anna@northwind.example", "ccr@tac.example", "cse@tac.example"
FORWARDED = (
    "{above}\n---------- Forwarded message ---------\nFrom: Anna <anna@northwind.example>\nDate: Fri, 20 Nov 2026 at 08:00\n"
    "Subject: Board reboots\nTo: <ccr@tac.example>\n\nHello,\n\nSerial number: 2102352KLM10L5000456\nContract number: HC-1\n\n"
    "The main board reboots every few minutes since last night.\n"
)
ALARM = (
    "From: {sender}\r\nTo: tac@tac.example\r\nSubject: Alarm notification\r\nMessage-ID: <{id}@devices.example>\r\n{header}\r\n"
    "Alarm name: Fan failure\r\nSeverity: major\r\nESN: 2102352KLM10L5000456\r\nOccurred: 2026-11-20 10:0{id}:00\r\n"
)
DEVICE = "callhome@devices.example"


def alarm(number: int, *, sender: str = DEVICE, header: str = "Auto-Submitted: auto-generated\r\n") -> bytes:
    return ALARM.format(sender=sender, id=number, header=header).encode()


def test_a_customers_mail_that_staff_forward_opens_the_customers_request(desk: DeskAtWork) -> None:
    """SR10: answered like any new request, staff's words above are not the customer's."""
    row = desk.write(CCR, "Fwd: Board reboots", FORWARDED.format(above="FYI, this came to me.\n"))
    assert (row.state, row.case_number) == ("opened", "SR-100001")
    case = desk.case("SR-100001")
    assert (case.customer, case.subject, case.contract, case.state) == (ANNA, "Board reboots", "HC-1", "accepted")
    assert desk.new_notices() == [
        ("service_request/accepted", (ANNA,)),
        ("service_request/customer_message", (CCR, CSE)),
        ("staff/command_result", (CCR,)),
    ]
    assert not [one for one in desk.all_notices() if ANNA in one.to and (b"came to me" in one.raw or b"ccr@" in one.raw)]


def test_commands_above_a_forwarded_mail_are_done_on_the_new_request(desk: DeskAtWork) -> None:
    """SR10, OUT4"""
    row = desk.write(CCR, "Fwd: Board reboots", FORWARDED.format(above="/priority P1\n"))
    assert (row.state, row.case_number, desk.case("SR-100001").priority) == ("opened", "SR-100001", "P1")
    assert ("staff/command_result", (CCR,)) in desk.new_notices()


def test_an_attached_original_opens_the_request_too(desk: DeskAtWork) -> None:
    """SR10: message/rfc822"""
    inner = (
        "From: Anna <anna@northwind.example>\r\nSubject: Board reboots\r\nMessage-ID: <in@x>\r\n\r\nThe board of our router reboots.\r\n"
    )
    raw = (
        f"From: {CCR}\r\nTo: tac@tac.example\r\nSubject: see attached\r\nMessage-ID: <f@x>\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\nPlease take this one.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    )
    row = desk.receive(raw.encode())
    assert (row.state, desk.case("SR-100001").customer) == ("opened", ANNA)


def test_a_mail_between_staff_that_names_no_case_opens_none(desk: DeskAtWork) -> None:
    """SR10: only a customer's mail is passed on."""
    body = FORWARDED.format(above="look\n").replace(ANNA, CSE)
    assert desk.write(CCR, "Fwd: lunch", body).state == "ignored"
    assert desk.new_notices() == [("staff/command_refused", (CCR,))]


def test_a_forged_forward_opens_nothing(desk: DeskAtWork) -> None:
    """OUT6"""
    assert desk.write(CCR, "Fwd: Board reboots", FORWARDED.format(above=""), genuine=False).state == "quarantined"


def test_a_request_told_by_telephone_is_opened_for_the_caller(desk: DeskAtWork) -> None:
    """SR10: the other commands of the mail are for the new request, and the answer tells its number."""
    body = "/new anna@northwind.example Anna\n\nSerial number: 2102352KLM10L5000456\nThe board reboots every hour.\n\n/priority P1\n"
    row = desk.write(CCR, "a call", body)
    assert (row.state, row.case_number) == ("opened", "SR-100001")
    case = desk.case("SR-100001")
    assert (case.customer, case.customer_name, case.priority) == (ANNA, "Anna", "P1")
    (answer,) = [one for one in desk.all_notices() if one.name == "staff/command_result"]
    assert "SR-100001" in answer.text


def test_a_request_opened_in_the_thread_of_another_one_tells_nothing_of_it(desk: DeskAtWork) -> None:
    """SR10, IN3"""
    desk.write(ANNA, "Board of Northwind reboots", "Serial number: 2102352KLM10L5000456\n\nIt reboots every few minutes.\n")
    desk.answer(CCR, "service_request/customer_message", "/new otto@elsewhere.example Otto\n\nHis router is dead since noon.\n")
    assert desk.case("SR-100002").customer == "otto@elsewhere.example"
    letters = [one for one in desk.all_notices() if "otto@elsewhere.example" in (*one.to, *one.cc)]
    assert [one.name for one in letters] == ["service_request/information_request"]
    assert not [one for one in letters for secret in (b"orthwind", b"SR-100001", b"2102352KLM") if secret in one.raw]


def test_an_alarm_opens_a_request_the_contact_hears_of_it_and_the_device_does_not(desk: DeskAtWork) -> None:
    """IN8"""
    row = desk.receive(alarm(1))
    assert (row.state, row.rule != "") == ("opened", True)
    sent = desk.new_notices()
    assert ("service_request/alarm_registered", (ANNA,)) in sent
    assert not [to for _, to in sent if DEVICE in to]
    assert desk.case("SR-100001").contract == "HC-1"


def test_the_same_alarm_within_a_day_adds_to_its_request_and_a_later_one_opens_anew(desk: DeskAtWork) -> None:
    """IN8: 24 hours after the last report, to the minute."""
    desk.receive(alarm(1))
    desk.now += timedelta(hours=24)
    row = desk.receive(alarm(2))
    assert (row.state, row.case_number) == ("added", "SR-100001")
    desk.now += timedelta(hours=24, minutes=1)
    row = desk.receive(alarm(3))
    assert (row.state, row.case_number) == ("opened", "SR-100002")


def test_another_alarm_of_the_same_device_is_another_request(desk: DeskAtWork) -> None:
    """IN8"""
    desk.receive(alarm(1))
    assert desk.receive(alarm(2).replace(b"Fan failure", b"Power failure")).case_number == "SR-100002"


@pytest.mark.parametrize(
    ("sender", "border"),
    [
        ("eve@stranger.example", "dmarc=pass header.from=stranger.example"),
        (DEVICE, "dmarc=none header.from=devices.example"),
        (DEVICE, "dmarc=fail header.from=devices.example"),
    ],
)
def test_a_forged_alarm_reaches_no_customer(desk: DeskAtWork, sender: str, border: str) -> None:
    """P9: no words of an attacker to an address that has not proved itself."""
    desk.receive(alarm(1, sender=sender, header="X-Call-Home: yes\r\n"), border=border)
    assert not [one for one in desk.all_notices() if ANNA in (*one.to, *one.cc)]
    assert not [one for one in desk.all_notices() if sender in (*one.to, *one.cc)]


def test_an_alarm_known_by_its_header_is_believed_of_the_devices_owner(make_desk: Callable[..., DeskAtWork]) -> None:
    """IN8"""
    huawei = replace(load_desk(shipped_desks() / "huawei-tac"), alarms=AlarmPolicy(sources=(AlarmSource(header="X-Call-Home"),)))
    desk = make_desk(desks=(huawei,))
    desk.receive(alarm(1, sender="router7@northwind.example", header="X-Call-Home: yes\r\n"))
    assert ("service_request/alarm_registered", (ANNA,)) in desk.new_notices()
