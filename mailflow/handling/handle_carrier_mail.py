"""The carrier's mail that says when the replacement arrived (RM8): genuine, of the carrier that staff named, with its tracking number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mailflow.cases import decide
from mailflow.handling.apply import apply
from mailflow.handling.errand import Errand, Outcome
from mailflow.handling.gather import facts_for_case
from mailflow.message.delivery_report import is_of_carrier, names_parcel, read_delivery_day, says_delivered
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.command import Command
from mailflow.policy.event import CommandGiven
from mailflow.policy.triage import Verdict
from mailflow.store import case as case_rows

WAITING_STATES = ("replacement shipped", "announced", "received")
"""Where the day of the replacement's delivery may still be unknown."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The return whose replacement arrived, and the day."""

    case: Case
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
        parcel = case.details.replacement
        if parcel is None or case.details.delivered_on is not None:
            continue
        if is_of_carrier(domain, parcel.carrier) and names_parcel(text, parcel.tracking):
            today = calendar_for(case.country, case.timezone, errand.desk.calendar).local_day(errand.row.received_at)
            languages = tuple(dict.fromkeys((*errand.desk.languages, case.language)))
            day = read_delivery_day(text, today=today, languages=languages)
            return Delivered(case, day) if day else None
    return None


def take_carrier_mail(errand: Errand, delivered: Delivered) -> Outcome | None:
    """Booked like the word of staff; None for a day that cannot be. The carrier gets no answer, the customer the date that holds."""
    c, office, desk, case = errand.c, errand.office, errand.desk, delivered.case
    sender, at = errand.mail.sender.address, errand.row.received_at
    command = Command(name="delivered", line=f"delivered on {delivered.day.isoformat()}", day=delivered.day)
    event = CommandGiven(command=command, by=sender, roles=(), at=at)
    facts = facts_for_case(c, office, desk, case, at, event=event, known=errand.known)
    decision = decide(case.kind, case, event, facts, desk, errand.now)
    if decision.refused:
        return None
    apply(c, office, desk, case, decision, errand.cause())
    return Outcome(Verdict.ADDED, "the carrier's word on the replacement", decision.reason, case.number)
