"""What the register and the store know of a partner: who it is, its other certifications, and what was noted on them (DK2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mailflow.message.documents.personnel import read_personnel_report
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.policy.register import Partner
from mailflow.store import case as case_rows
from mailflow.store import journal, register

LOOKED_BACK = timedelta(days=366)
"""Events of the year before count for a recertification."""


def partner_facts(c: Connection, desk: Desk, sender: str, at: datetime, case: Case | None = None) -> dict[str, Any]:
    """The fields of Facts about a partner: by the sender's domain where the register has it, else by the address alone."""
    partner = register.find_partner(c, sender.rpartition("@")[2])
    own = case.number if case else ""
    others = tuple(one for one in _certifications(c, desk, partner, sender) if one.number != own)
    return {"partner": partner, "certifications": others, "partner_notes": _notes(c, others, at)}


def reported_case(c: Connection, desk: Desk, sender: str, text: str, at: datetime) -> Case | None:
    """The partner's certificate in force, where the mail is a personnel report that names no case."""
    partner = register.find_partner(c, sender.rpartition("@")[2])
    if read_personnel_report(text, calendar_for("", "", desk.calendar).local_day(at)) is None:
        return None
    return next((one for one in reversed(_certifications(c, desk, partner, sender)) if one.state == "certified"), None)


def _certifications(c: Connection, desk: Desk, partner: Partner | None, sender: str) -> tuple[Case, ...]:
    cases = case_rows.list_cases(c, kind="certification", desk=desk.name)
    if partner is None:
        return tuple(one for one in cases if one.customer == sender)
    return tuple(one for one in cases if one.details.domain == partner.domain)


def _notes(c: Connection, cases: tuple[Case, ...], at: datetime) -> tuple[tuple[datetime, str, str], ...]:
    rows = (row for case in cases for row in journal.of_case(c, case.number))
    return tuple((row.at, row.who, row.text) for row in rows if row.what == "note" and row.at >= at - LOOKED_BACK)
