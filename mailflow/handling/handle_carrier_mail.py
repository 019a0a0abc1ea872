"""The carrier's mail that says when the replacement arrived (RM8): genuine, of the carrier that staff named, with its tracking number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mailflow.cases import decide
from mailflow.handling.apply import apply
from mailflow.handling.errand import Errand, Outcome
from mailflow.handling.gather import facts_for_case
from mailflow.message.delivery_report import is_of_carrier, names_parcel, read_delivery_day, says_delivered
from mailflow.message.staff.command import Command
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.event import CommandGiven
from mailflow.policy.triage import Verdict
from mailflow.store import case as case_rows

WAITING_STATES = ("replacement shipped", "replacement delivered", "announced", "received", "overdue", "to be invoiced")
"""Where a parcel of the replacement may still be under way."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The return a parcel of which arrived, by its tracking number, and the day."""

    case: Case
    tracking: str
    day: date


def find_delivered(errand: Errand) -> Delivered | None:
    """What the mail reports, None for any other mail: then it is handled as whoever's it is."""
    mail = errand.mail
    text = f"{mail.subject}\n{mail.text or mail.alternative_text}"
    sender = mail.sender.address
    if (
        not errand.reading.authentication.genuine
        or not says_delivered(text)
        or errand.desk.roles_of(sender)
        or errand.known.is_known(sender)
    ):
        return None
    domain = sender.rpartition("@")[2]
    waiting = (one for state in WAITING_STATES for one in case_rows.list_cases(errand.c, kind="rma", state=state, desk=errand.desk.name))
    for case in waiting:
        parcels = [parcel for parcel in case.details.replacements if parcel.arrived_on is None]
        named = next((one for one in parcels if is_of_carrier(domain, one.carrier) and names_parcel(text, one.tracking)), None)
        if named is not None:
            today = calendar_for(case.country, case.timezone, errand.desk.calendar).local_day(errand.row.received_at)
            languages = tuple(dict.fromkeys((*errand.desk.languages, case.language)))
            day = read_delivery_day(text, today=today, languages=languages)
            return Delivered(case, named.tracking, day) if day else None
    return None


def take_carrier_mail(errand: Errand, delivered: Delivered) -> Outcome | None:
    """Booked like the word of staff; None for a day that cannot be. The carrier gets no answer, the customer the date that holds."""
    c, office, desk, case = errand.c, errand.office, errand.desk, delivered.case
    sender, at = errand.mail.sender.address, errand.row.received_at
    command = Command(name="delivered", line=f"delivered on {delivered.day.isoformat()}", day=delivered.day, tracking=delivered.tracking)
    event = CommandGiven(command=command, by=sender, roles=(), at=at)
    facts = facts_for_case(c, office, desk, case, at, event=event, known=errand.known)
    decision = decide(case.kind, case, event, facts, desk, errand.now)
    if decision.refused:
        return None
    apply(c, office, desk, case, decision, errand.cause())
    return Outcome(Verdict.ADDED, "the carrier's word on the replacement", decision.reason, case.number)
