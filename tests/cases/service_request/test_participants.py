"""Who takes part besides the customer (SR11)."""

from __future__ import annotations

import pytest

from mailflow.policy.derivation import Step
from mailflow.policy.event import SenderRole
from tests.cases.service_request.scene import (
    ANNA,
    BEN,
    after,
    command,
    facts,
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

PAUL, EVE = "paul@partner.example", "eve@evil.example"


def test_colleagues_in_copy_take_part_and_others_are_proposed() -> None:
    """SR11"""
    decision = open_with(mail_of(cc=(BEN, PAUL)), in_contract())
    case = after(decision)
    assert (case.participants, case.proposed) == ((ANNA, BEN), (PAUL,))
    assert (letter(decision, "accepted").to, letter(decision, "accepted").cc) == ((ANNA,), (BEN,))
    assert flags(decision) == [Step("flag_joined", {"addresses": (BEN,)}), Step("flag_proposed", {"addresses": (PAUL,)})]
    assert letter(decision, "customer_message").values["commands"][0] == f"/add {PAUL}"


def test_a_colleague_in_copy_of_a_later_mail_takes_part_from_then_on() -> None:
    """SR11"""
    decision = receive(request(), reply_of(cc=(BEN,)), in_contract())
    assert after(decision).participants == (ANNA, BEN)


def test_of_a_sender_that_nobody_vouches_for_nobody_takes_part() -> None:
    """SR11"""
    case = after(open_with(mail_of(cc=(BEN, PAUL), authenticated=False), in_contract()))
    assert (case.participants, case.proposed) == ((ANNA,), (BEN, PAUL))


def test_addresses_of_the_desk_and_its_staff_are_neither() -> None:
    """SR11, IN7: the case's own signed address stands in every reply to all."""
    ours = ("tac@tac.example", "tac+sr-100001.mfqwcylb@tac.example", "escalation@tac.example", "cse@tac.example")
    case = after(receive(request(), reply_of(to=ours[:2], cc=ours[2:]), in_contract()))
    assert (case.participants, case.proposed) == ((ANNA,), ())


def test_a_proposal_is_shown_to_staff_once() -> None:
    """SR11"""
    again = receive(request(proposed=(PAUL,)), reply_of(cc=(PAUL,)))
    assert (after(again).proposed, flags(again)) == ((PAUL,), [])


def test_a_flood_of_addresses_is_cut_short() -> None:
    crowd = tuple(f"a{number}@elsewhere.example" for number in range(500))
    assert len(after(open_with(mail_of(cc=crowd))).proposed) == 20


def test_a_participant_adds_whom_it_likes() -> None:
    """SR11: who was proposed, a colleague, and somebody who was never copied in."""
    decision = receive(request(proposed=(PAUL,)), reply_of(added_addresses=(PAUL, BEN, EVE)), in_contract())
    case = after(decision)
    assert (case.participants, case.proposed) == ((ANNA, PAUL, BEN, EVE), ())
    assert flags(decision) == [Step("flag_joined", {"addresses": (PAUL, BEN, EVE)})]
    assert [to for _, to in letters(decision)] == [("ccr@tac.example", "cse@tac.example")]


def test_a_stranger_has_us_write_to_nobody() -> None:
    """SR11: who stands in no contract takes part in its own request only; staff decide on others."""
    own = request(mail_of(EVE, sender_role=SenderRole.STRANGER), facts(entitlement=None))
    decision = receive(own, reply_of(EVE, added_addresses=(PAUL,)))
    assert after(decision).participants == (EVE,)
    assert flags(decision) == [Step("flag_wished", {"addresses": (PAUL,)})]
    assert letter(decision, "customer_message").values["commands"][0] == f"/add {PAUL}"


def test_a_participant_that_nobody_vouches_for_adds_nobody() -> None:
    """SR11: an authenticated participant says yes."""
    decision = receive(request(proposed=(PAUL,)), reply_of(added_addresses=(PAUL,), authenticated=False))
    assert (after(decision).participants, after(decision).proposed) == ((ANNA,), (PAUL,))
    assert flags(decision) == [Step("flag_unproven", {}), Step("flag_wished", {"addresses": (PAUL,)})]


def test_staff_add_whom_they_like() -> None:
    """SR11"""
    case = after(command(request(proposed=(PAUL,)), f"/add {PAUL}"))
    assert (case.participants, case.proposed) == ((ANNA, PAUL), ())


@pytest.mark.parametrize(
    ("address", "why"),
    [("tac@tac.example", "command_address_of_desk"), ("cse@tac.example", "command_address_of_desk"), (ANNA, "command_takes_part")],
)
def test_staff_add_neither_themselves_nor_anybody_twice(address: str, why: str) -> None:
    """SR11"""
    assert command(request(), f"/add {address}").refused == Step(why, {"number": "SR-100001", "address": address})


def test_the_first_address_of_a_request_without_a_customer_is_its_customer() -> None:
    """IN8"""
    assert after(command(request(customer="", participants=()), f"/add {PAUL}")).customer == PAUL
