"""A ship-to address outside the contract's sites needs a second known contact's yes (BX8)."""

from __future__ import annotations

from typing import Any

import pytest

from mailflow.message.model import Extracted
from mailflow.policy.case import Case
from mailflow.policy.derivation import Step
from mailflow.policy.entitlement import is_elsewhere
from mailflow.policy.event import SenderRole
from tests.cases.service_request.scene import (
    ANNA,
    BEN,
    CONTACTS,
    SERIAL,
    after,
    command,
    flag_names,
    in_contract,
    letter,
    letters,
    mail_of,
    open_with,
    receive,
    reply_of,
    request,
)

ELSEWHERE = "99 Harbour Road, Gdansk"
STATED = Extracted(serials=(SERIAL,), symptoms="The card reboots.", site_address=ELSEWHERE)
QUESTION = "service_request/information_request"
RMA = f"/rma advance 1 x 02352KLM serial {SERIAL}"


def doubtful(**changes: Any) -> Case:
    return request(mail_of(extracted=STATED), in_contract(), **changes)


@pytest.mark.parametrize(
    ("stated", "sites", "elsewhere"),
    [
        ("5 Station Street, Warsaw", "5 Station Street, 00-950 Warsaw, Poland", False),
        ("station street 5\nWARSAW", "5 Station Street, 00-950 Warsaw, Poland", False),
        ("Str. Exemplului 1, Bucuresti", "Strada Exemplului 1, 010101 București, Romania", False),
        ("ul. Łąkowa 7, Łódź", "Lakowa 7, 90-001 Lodz", False),
        ("北京市海淀区中关村大街1号", "中国北京市海淀区中关村大街1号", False),
        ("5 Station Street, Warsaw", "1 Main Square, Krakow; 5 Station Street, Warsaw", False),
        ("12 Station Street, Warsaw", "5 Station Street, 00-950 Warsaw, Poland", True),
        ("5 Harbour Street, Warsaw", "5 Station Street, 00-950 Warsaw, Poland", True),
        (ELSEWHERE, "5 Station Street, 00-950 Warsaw, Poland", True),
        ("上海市浦东新区世纪大道100号", "北京市海淀区中关村大街1号", True),
        (ELSEWHERE, "", False),
        ("", "5 Station Street, Warsaw", False),
    ],
)
def test_an_address_is_compared_as_people_write_it(stated: str, sites: str, elsewhere: bool) -> None:
    """BX8: in doubt it is asked about."""
    assert is_elsewhere(stated, sites) is elsewhere


def test_the_other_contacts_are_asked_and_staff_warned() -> None:
    """BX8: the sender still gets its one answer."""
    decision = open_with(mail_of(extracted=STATED), in_contract())
    assert [name for name, _ in letters(decision)] == ["accepted", "information_request", "customer_message"]
    question = letter(decision, "information_request")
    assert (question.to, question.cc, question.values["missing"]) == ((BEN,), (), ("ship_to",))
    assert question.values["understood"] == (("site_address", ELSEWHERE),)
    assert flag_names(decision) == ["flag_ship_to"]


def test_the_question_goes_out_once_and_staff_are_warned_again() -> None:
    """BX8"""
    decision = receive(doubtful(), reply_of(), in_contract())
    assert [name for name, _ in letters(decision)] == ["customer_message"]
    assert flag_names(decision) == ["flag_ship_to"]


def test_a_sender_that_nobody_vouches_for_asks_no_contact_anything() -> None:
    """BX8: an invented address is not spread in our name."""
    decision = open_with(mail_of(extracted=STATED, authenticated=False), in_contract())
    assert ("information_request", (BEN,)) not in letters(decision)
    assert flag_names(decision) == ["flag_unproven", "flag_ship_to"]


def test_no_return_is_authorised_before_the_yes() -> None:
    """BX8"""
    refused = command(doubtful(), RMA, known=in_contract()).refused
    assert refused == Step("request_ship_to_unconfirmed", {"number": "SR-100001", "address": ELSEWHERE, "contacts": (BEN,)})


@pytest.mark.parametrize("text", ["YES", "Yes, please.", "TAK", "是", "Hello Anna,\nyes\nBen"])
def test_another_contacts_yes_lets_it_through(text: str) -> None:
    """BX8, in the desk's languages."""
    decision = receive(doubtful(), reply_of(BEN, text, answers_notice=QUESTION), in_contract())
    assert (after(decision).details.ship_to_confirmed_by, flag_names(decision)) == (BEN, ["flag_ship_to_confirmed"])
    assert not command(after(decision), RMA, known=in_contract()).refused


@pytest.mark.parametrize(
    ("sender", "change"),
    [
        (ANNA, {}),
        ("carl@customer.example", {}),
        (BEN, {"authenticated": False}),
        (BEN, {"text": "No"}),
        (BEN, {"text": "Yes, I have seen it, but who asked for that?"}),
        (BEN, {"answers_notice": "service_request/resolved"}),
    ],
)
def test_nothing_less_will_do(sender: str, change: dict[str, Any]) -> None:
    """BX8: not who wrote the address, no mere colleague, no unproven mail, no other answer, no yes to another question."""
    event = reply_of(sender, **{"text": "YES", "answers_notice": QUESTION, "sender_role": SenderRole.PARTICIPANT, **change})
    assert after(receive(doubtful(), event, in_contract())).details.ship_to_confirmed_by == ""


def test_without_another_contact_staff_are_told_to_check_it_themselves() -> None:
    """BX8: nobody is left to ask."""
    alone = in_contract(contacts=CONTACTS[:1])
    decision = open_with(mail_of(extracted=STATED), alone)
    assert flag_names(decision) == ["flag_ship_to_nobody"]
    assert not command(after(decision), RMA, known=alone).refused


def test_an_address_of_the_contract_is_no_matter() -> None:
    """BX8"""
    known = Extracted(serials=(SERIAL,), symptoms="It reboots.", site_address="Station Street 5, Warsaw")
    decision = open_with(mail_of(extracted=known), in_contract())
    assert (flag_names(decision), [name for name, _ in letters(decision)]) == ([], ["accepted", "customer_message"])


def test_a_newer_address_takes_the_place_of_the_old_one_and_needs_its_own_yes() -> None:
    """BX8: Ben agreed to another address."""
    agreed = after(receive(doubtful(), reply_of(BEN, "YES", answers_notice=QUESTION), in_contract()))
    decision = receive(agreed, reply_of(extracted=Extracted(site_address="7 Airport Road, Radom")), in_contract())
    details = after(decision).details
    assert (details.site_address, details.site_stated_by, details.ship_to_confirmed_by) == ("7 Airport Road, Radom", ANNA, "")
    assert letter(decision, "information_request").values["understood"] == (("site_address", "7 Airport Road, Radom"),)
    assert command(after(decision), RMA, known=in_contract()).refused


def test_who_writes_the_newer_address_cannot_agree_to_it() -> None:
    """BX8: then Anna, who wrote the first one, is asked."""
    changed = after(receive(doubtful(), reply_of(BEN, extracted=Extracted(site_address="7 Airport Road, Radom")), in_contract()))
    assert changed.details.site_stated_by == BEN
    assert after(receive(changed, reply_of(BEN, "YES", answers_notice=QUESTION), in_contract())).details.ship_to_confirmed_by == ""
    assert after(receive(changed, reply_of(ANNA, "YES", answers_notice=QUESTION), in_contract())).details.ship_to_confirmed_by == ANNA


def test_the_same_address_again_changes_nothing() -> None:
    """BX8"""
    agreed = after(receive(doubtful(), reply_of(BEN, "YES", answers_notice=QUESTION), in_contract()))
    again = after(receive(agreed, reply_of(extracted=Extracted(site_address=ELSEWHERE)), in_contract()))
    assert again.details.ship_to_confirmed_by == BEN
