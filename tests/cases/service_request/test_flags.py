"""What staff are asked to notice about a device, and the customer never learns (IN10, BX8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailflow.message.model import Extracted
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.register import Device
from tests.cases.service_request.scene import (
    COMPLETE,
    DEVICE,
    SERIAL,
    after,
    flags,
    in_contract,
    letter,
    letters,
    mail_of,
    open_with,
    receive,
    reply_of,
    request,
)

OTHERS = Device(serial=SERIAL, part_number="02352KLM", model="Secret 9000", contract="HC-7")


@pytest.mark.parametrize(
    ("known", "flag"),
    [
        (
            {"open_cases_of_serials": ((SERIAL, "SR-100000", "service_request"),)},
            Step("flag_open_request", {"serial": SERIAL, "number": "SR-100000"}),
        ),
        ({"open_cases_of_serials": ((SERIAL, "RMA-100000", "rma"),)}, Step("flag_open_return", {"serial": SERIAL, "number": "RMA-100000"})),
        ({"received_before": {SERIAL: "RMA-100000"}}, Step("flag_returned", {"serial": SERIAL, "number": "RMA-100000"})),
        ({"devices": {SERIAL: OTHERS}}, Step("flag_other_contract", {"serial": SERIAL, "contract": "HC-7", "own": "HC-1"})),
    ],
)
def test_staff_see_what_else_is_known_of_a_serial(known: dict[str, Any], flag: Step) -> None:
    """IN10, BX8: the request opens and is answered like any other."""
    decision = open_with(mail_of(), in_contract(**known))
    assert flags(decision) == [flag]
    assert letters(decision)[0][0] == "accepted"


@pytest.mark.parametrize(
    ("stated", "devices", "flag"),
    [
        ("HC-9", {SERIAL: OTHERS}, Step("flag_contract_differs", {"stated": "HC-9", "contract": "HC-7"})),
        ("HC-7", {SERIAL: OTHERS}, Step("flag_contract_of_device", {"stated": "HC-7", "contract": "HC-1"})),
        ("HC-9", {SERIAL: DEVICE}, Step("flag_contract_differs", {"stated": "HC-9", "contract": "HC-1"})),
        ("HC-9", {}, Step("flag_contract_of_sender", {"stated": "HC-9", "contract": "HC-1"})),
        ("hc-1", {SERIAL: OTHERS}, None),
    ],
)
def test_staff_are_told_under_which_contract_a_device_really_stands(stated: str, devices: dict[str, Device], flag: Step | None) -> None:
    """SR3"""
    decision = open_with(mail_of(extracted=replace(COMPLETE, contract=stated)), in_contract(devices=devices))
    assert [one for one in flags(decision) if one.name.startswith("flag_contract")] == ([flag] if flag else [])


def test_of_several_serials_the_one_that_is_not_known_is_named() -> None:
    """BX8, IN5: to staff as what it is; to the customer another's device is as unknown as one that the register lacks."""
    unknown, foreign = "2102352KLM10L5000499", "2102352KLM10L5000777"
    strange = Device(serial=foreign, part_number="1", model="Secret 9000", contract="HC-7")
    event = mail_of(extracted=replace(COMPLETE, serials=(SERIAL, unknown, foreign)))
    decision = open_with(event, in_contract(devices={SERIAL: DEVICE, foreign: strange}))
    assert flags(decision) == [
        Step("flag_other_contract", {"serial": foreign, "contract": "HC-7", "own": "HC-1"}),
        Step("flag_serial_unknown", {"serial": unknown}),
    ]
    assert ("serial_unknown", f"{unknown}, {foreign}") in letter(decision, "accepted").values["understood"]


def test_the_customer_learns_nothing_of_another() -> None:
    """BX8"""
    decision = open_with(
        mail_of(), in_contract(devices={SERIAL: OTHERS}, open_cases_of_serials=((SERIAL, "SR-100000", "service_request"),))
    )
    to_customer = [one for one in decision.effects if isinstance(one, SendNotice) and not one.to_staff]
    shown = repr(to_customer) + repr(after(decision).details)
    assert [word for word in ("SR-100000", "HC-7", "Secret 9000") if word in shown] == []


def test_the_merge_is_ready_to_copy() -> None:
    """IN10"""
    decision = open_with(mail_of(), in_contract(open_cases_of_serials=((SERIAL, "SR-100000", "service_request"),)))
    assert letter(decision, "customer_message").values["commands"][0] == "/merge SR-100000"


def test_the_request_itself_and_its_own_returns_are_no_news() -> None:
    """IN10"""
    rma = replace(request(), number="RMA-100001", kind="rma")
    own = ((SERIAL, "SR-100001", "service_request"), (SERIAL, "RMA-100001", "rma"))
    known = in_contract(open_cases_of_serials=own, rmas=(rma,), received_before={SERIAL: "RMA-100001"})
    late = request(serials=())
    assert flags(receive(late, reply_of(extracted=Extracted(serials=(SERIAL,))), known)) == []


def test_a_serial_is_flagged_with_the_mail_that_names_it_first() -> None:
    """IN10"""
    known = in_contract(open_cases_of_serials=((SERIAL, "SR-100000", "service_request"),))
    assert flags(receive(request(), reply_of(extracted=Extracted(serials=(SERIAL,))), known)) == []
    assert len(flags(receive(request(serials=()), reply_of(extracted=Extracted(serials=(SERIAL,))), known))) == 1
