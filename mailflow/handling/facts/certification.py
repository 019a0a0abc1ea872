"""What the rules of certification want to know of a partner: what the register has, and its other certifications with their notes (DK2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailflow.cases.certification.facts import CertificationFacts
from mailflow.handling.facts import Opening, as_of, facts_of_sender, gather_envelope
from mailflow.handling.work import Work
from mailflow.message.documents.application import read_application, read_corrections
from mailflow.message.documents.personnel import read_personnel_report
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case, holds
from mailflow.policy.certification import Certification, CertificationDetails
from mailflow.policy.event import Event, MailReceived
from mailflow.policy.register import Partner
from mailflow.store import case as case_rows
from mailflow.store import journal, register

LOOKED_BACK = timedelta(days=366)
"""Events of the year before count for a recertification."""


def gather_certification(work: Work, case: Case, event: Event) -> CertificationFacts:
    """Gather the partner of a certification and its other ones."""
    return _with_partner(work, gather_envelope(work, CertificationFacts, case, event), case.kind, case.customer, event, own=case.number)


def gather_new_certification(work: Work, opening: Opening, event: Event) -> CertificationFacts:
    """Gather the partner who applies, and its other certifications."""
    facts = facts_of_sender(work, CertificationFacts, opening.kind, event)
    return _with_partner(work, facts, opening.kind, event.sender if isinstance(event, MailReceived) else "", event)


def _with_partner(work: Work, facts: CertificationFacts, kind: str, sender: str, event: Event, own: str = "") -> CertificationFacts:
    """The partner by the domain where the register has it, else by the address alone, with its other certifications and their notes."""
    partner = _partner(work, sender)
    others = tuple(one for one in _certifications(work, kind, partner, sender) if one.number != own)
    since = as_of(work, event) - LOOKED_BACK
    notes = (row for one in others for row in journal.of_case(work.c, one.number) if row.what == "note" and row.at >= since)
    noted = tuple((row.at, row.who, row.text) for row in notes)
    facts = replace(facts, partner=partner, certifications=others, partner_notes=noted)
    return with_papers(facts, event) if isinstance(event, MailReceived) else facts


def with_papers(facts: CertificationFacts, event: MailReceived) -> CertificationFacts:
    """Read what the mail and its attachments say: an application, what it corrects, a report on engineers."""
    text, today = event.new_text or event.mail.text or event.mail.alternative_text, facts.calendar.local_day(event.at)
    application, corrections = read_application(event.mail, text, today), read_corrections(event.mail, text, today)
    return replace(facts, application=application, corrections=corrections, report=read_personnel_report(event.new_text, today))


def find_reported(work: Work, kind: str, event: MailReceived) -> tuple[Case, str] | None:
    """Find the partner's certificate in force, where the mail is a personnel report that names no case."""
    if read_personnel_report(event.new_text, calendar_for("", "", work.desk.calendar).local_day(event.at)) is None:
        return None
    sender = event.mail.sender.address
    held = [one for one in _certifications(work, kind, _partner(work, sender), sender) if one.state == "certified"]
    return (held[-1], "personnel report of a certified partner") if held else None


def _partner(work: Work, sender: str) -> Partner | None:
    return register.find_partner(work.c, sender.rpartition("@")[2])


def _certifications(work: Work, kind: str, partner: Partner | None, sender: str) -> tuple[Certification, ...]:
    cases = [one for one in case_rows.list_cases(work.c, kind=kind, desk=work.desk.name) if holds(one, CertificationDetails)]
    if partner is None:
        return tuple(one for one in cases if one.customer == sender)
    return tuple(one for one in cases if one.details.domain == partner.domain)
