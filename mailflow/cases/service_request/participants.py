"""Who takes part in a request besides its customer (SR11): colleagues at once, others when staff or a participant says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailflow.cases.service_request.answer import done, refuse
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven, MailReceived, Standing
from mailflow.policy.facts import Facts

MOST_PROPOSED = 20
"""Addresses that one request may have waiting; nobody writes to more people in earnest."""

MOST_TAKING_PART = 50
"""Up to how many take part a copied colleague joins by itself: past it each letter would go to a crowd, and staff decide."""


@dataclass(frozen=True, slots=True)
class Copied:
    """The case with those who take part now; what staff should know of it, and command lines ready to copy."""

    case: Case
    flags: Derivation = ()
    commands: tuple[str, ...] = ()


def is_of_desk(address: str, desk: Desk) -> bool:
    """A mailbox of the desk or one of its staff."""
    return desk.is_mailbox(address) or bool(desk.roles_of(address))


def welcome(case: Case, event: MailReceived, facts: Facts, desk: Desk) -> Copied:
    """The sender takes part, with the colleagues whom it copied in. All other addresses are proposed and get nothing."""
    others = _addressed(case, event, desk)
    domains = facts.contract.domains if facts.contract and event.authenticated else ()
    seats = max(MOST_TAKING_PART - len(case.participants), 0)
    colleagues = tuple(address for address in others if address.rpartition("@")[2] in domains)[:seats]
    room = max(MOST_PROPOSED - len(case.proposed), 0)
    proposed = tuple(address for address in others if address not in colleagues and address not in case.proposed)[:room]
    wished = tuple(address for address in event.added_addresses if address not in case.participants and not is_of_desk(address, desk))
    # Only a customer of ours: a stranger could have us write to anybody.
    may_add = event.authenticated and event.standing is Standing.PARTICIPANT and (case.details.trusted or bool(case.contract))
    added = tuple(address for address in wished if may_add and address not in colleagues)[: max(seats - len(colleagues), 0)]
    taking_part = tuple(dict.fromkeys((*case.participants, event.sender, *colleagues, *added)))
    waiting = tuple(address for address in (*case.proposed, *proposed) if address not in taking_part)
    new = tuple(address for address in proposed if address in waiting)
    asked = tuple(address for address in wished if address not in taking_part)
    flags = (
        *_flag("flag_joined", tuple(dict.fromkeys((*colleagues, *added)))),
        *_flag("flag_proposed", new),
        *_flag("flag_wished", asked),
    )
    commands = tuple(f"/add {address}" for address in dict.fromkeys((*new, *asked)))
    return Copied(case.changed(participants=taking_part, proposed=waiting), flags, commands)


def _addressed(case: Case, event: MailReceived, desk: Desk) -> tuple[str, ...]:
    """Whom the customer's mail names besides us. Staff who write for a caller choose for themselves whom they copy in."""
    if event.caller is not None:
        return ()
    named = dict.fromkeys(one.address for one in (*event.mail.to, *event.mail.cc) if "@" in one.address)
    known = {*case.participants, event.sender}
    return tuple(address for address in named if address not in known and not is_of_desk(address, desk))


def _flag(name: str, addresses: tuple[str, ...]) -> Derivation:
    return (Step(name, {"addresses": addresses}),) if addresses else ()


def add_participant(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/add ADDRESS`: it gets all that the customer gets from now on, and is the customer where the request has none yet."""
    address = event.command.address
    if is_of_desk(address, desk):
        return refuse(case, event, Step("request_address_of_desk", {"number": case.number, "address": address}))
    if address in case.participants:
        return refuse(case, event, Step("request_takes_part", {"number": case.number, "address": address}))
    changed = case.changed(
        customer=case.customer or address,
        participants=(*case.participants, address),
        proposed=tuple(one for one in case.proposed if one != address),
    )
    return done(changed, event, Step("request_added", {"number": case.number, "address": address}))
