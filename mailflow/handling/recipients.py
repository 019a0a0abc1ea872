"""Who of the customer's side gets a letter: not who had its share, nor whose mail comes back, but then somebody else (IN7, BX4)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from mailflow.handling.cause import Cause
from mailflow.handling.known_register import KnownRegister
from mailflow.message.addr_spec import is_sendable
from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.store import journal, notice, register, suppressed

GIVEN_UP = 2
"""Bounces after which nobody writes to an address any more; after the first one it is written to where nobody else can be reached."""

Recipients = tuple[tuple[str, ...], tuple[str, ...]]


def choose_recipients(
    c: Connection, desk: Desk, case: Case | None, name: str, to: tuple[str, ...], cc: tuple[str, ...], cause: Cause
) -> Recipients:
    """To and Cc as they shall be; nobody in To means that the letter is not written. What is changed stands in the journal."""
    wrong = tuple(one for one in (*to, *cc) if not is_sendable(one))
    if wrong and len(wrong) < len((*to, *cc)):
        # It must not keep the letter from the others; where there are no others the letter fails, and staff hear of it.
        _note(c, desk, case, cause, f"{name} not sent to {', '.join(wrong)}: no server takes such an address")
        to, cc = (tuple(one for one in group if one not in wrong) for group in (to, cc))
        to, cc = (to, cc) if to else (cc, ())
    silent = _silenced(c, desk, case, (*to, *cc), cause)
    allowed = tuple(one for one in to if one not in silent), tuple(one for one in cc if one not in silent)
    if silent and not allowed[0]:
        _note(c, desk, case, cause, f"{name} not sent to {', '.join(silent)}: {next(iter(silent.values()))}")
        return (), ()
    chosen = _reachable(c, case, *allowed)
    if chosen != allowed:
        _note(c, desk, case, cause, f"{name} goes to {', '.join((*chosen[0], *chosen[1])) or 'nobody'}: mail to the others came back")
    return chosen


def _silenced(c: Connection, desk: Desk, case: Case | None, addresses: tuple[str, ...], cause: Cause) -> dict[str, str]:
    """Address to why it gets nothing now: the sender of the mail at hand, or who had its share of what clocks and mails of others cause."""
    sender = cause.mail.sender.address if cause.mail is not None else ""
    silent = {one: cause.unanswered for one in addresses if one == sender} if cause.unanswered else {}
    if case is None or (cause.deadline_id is None and (not sender or desk.roles_of(sender))):
        return silent
    for one in addresses:
        if one != sender and (limit := _limit_reached(c, desk, case, one, cause)):
            silent[one] = limit
    return silent


def _limit_reached(c: Connection, desk: Desk, case: Case, address: str, cause: Cause) -> str:
    """The share that an address had, '' where it had less. No clock speaks so often to somebody we know; mails may come without end."""
    is_stranger = case.contract is None and not KnownRegister(c).is_known(address)
    if cause.deadline_id is not None and not is_stranger:
        return ""
    limit, hours = desk.caps.share(is_stranger=is_stranger)
    is_reached = notice.count_to(c, address, cause.at - timedelta(hours=hours), immediate_only=False) >= limit
    return f"it got {limit} automatic mails in {hours} hours" if is_reached else ""


def _reachable(c: Connection, case: Case | None, to: tuple[str, ...], cc: tuple[str, ...]) -> Recipients:
    bounced = suppressed.bounces_of(c, (*to, *cc))
    if not bounced:
        return to, cc
    fine_to, fine_cc = (tuple(one for one in group if one not in bounced) for group in (to, cc))
    if fine_to or fine_cc:
        return (fine_to, fine_cc) if fine_to else (fine_cc, ())
    contacts = [one.email for one in register.contacts_of(c, case.contract)] if case is not None and case.contract else []
    marked = suppressed.bounces_of(c, contacts)
    if other := next((one for one in contacts if one not in marked and one not in bounced), ""):
        return (other,), ()
    hopeful = tuple(one for one in (*to, *cc) if bounced[one] < GIVEN_UP)
    return hopeful, ()


def _note(c: Connection, desk: Desk, case: Case | None, cause: Cause, text: str) -> None:
    journal.write(
        c,
        case_number=case.number if case else None,
        desk=desk.name,
        at=cause.at,
        who="mailflow",
        what="note",
        text=text,
        inbound_id=cause.inbound_id,
        deadline_id=cause.deadline_id,
    )
