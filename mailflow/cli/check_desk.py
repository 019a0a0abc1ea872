"""What `mailflow check` finds in a desk that is valid and will yet not do what its people expect (DK3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import time

from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.notation import WEEKDAYS
from mailflow.policy.term import Term

PLACEHOLDER = "put the address"
"""How a desk.toml that `mailflow init` once wrote asks for the address of returns."""


def find_in_desk(desk: Desk) -> Iterator[str]:
    """Yield one line a finding, with the key that it is about."""
    yield from (text for rule in RULES for text in rule(desk))


def people(desk: Desk) -> Iterator[str]:
    own = {box.address for box in desk.mailboxes}
    for member in desk.staff:
        if member.address in own:
            yield f"staff: {member.address} is a mailbox of the desk: what is sent there comes back to mailflow, and nobody reads it"


def hours(desk: Desk) -> Iterator[str]:
    for day, windows in sorted(desk.calendar.windows.items()):
        for opens, closes in windows:
            if closes <= opens and closes != time(0):
                hours = f"{opens:%H:%M}-{closes:%H:%M}"
                yield f"calendar.windows.{WEEKDAYS[day]}: {hours} ends before it begins, so it lasts until the next morning"


def terms_of_no_length(desk: Desk) -> Iterator[str]:
    """Find terms of no length: a reminder of 0 days is on the day itself, anything else is over before it begins."""
    for table, policy in (("requests", desk.requests), ("returns", desk.returns), ("certification", desk.certification)):
        for field in fields(policy) if policy is not None else ():
            value = getattr(policy, field.name)
            if isinstance(value, Term) and value.amount == 0:
                yield f"{table}.{field.name} is a term of 0 {value.unit}: it ends where it begins"
    for priority, term in sorted(desk.requests.response.items()):
        if term.amount == 0:
            yield f"requests.response.{priority} is a term of 0 {term.unit}: each answer would be late"


def returns(desk: Desk) -> Iterator[str]:
    if all(box.role is MailboxRole.PARTNER for box in desk.mailboxes):
        return
    wording = desk.wording
    address = " ".join(wording.return_address)
    if not address.strip() or PLACEHOLDER in address.lower():
        yield "wording.return_address: customers read no address to send returns to (RM2)"
    for language in desk.languages:
        if not wording.terms.get(language):
            yield f"wording.terms.{language} is missing: the CRV has no terms in that language (RM2)"
        if not wording.return_instructions.get(language):
            yield f"wording.return_instructions.{language} is missing: the CRV does not say how to pack and send the part (RM2)"
    if not desk.returns.reminders:
        yield "returns.reminders is empty: nobody is reminded of a return, and without two reminders nothing is ever invoiced (BX4)"


def certification(desk: Desk) -> Iterator[str]:
    if desk.certification is not None and not desk.certification.reminders:
        yield "certification.reminders is empty: no partner is reminded of the recertification"


RULES = (people, hours, terms_of_no_length, returns, certification)
