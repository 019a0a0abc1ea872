"""What the rules of certification want to know: the partner, its other certifications and what was noted on them (DK2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mailflow.message.documents.certification import Application, PersonnelReport
from mailflow.policy.certification import Certification
from mailflow.policy.facts import CaseFacts
from mailflow.policy.register import Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationFacts(CaseFacts):
    """`partner` is the register's with the sender's or the case's domain."""

    application: Application = field(default_factory=Application)
    """What the mail says of an application: of a first mail all of it, what it forwards included."""
    corrections: Application = field(default_factory=Application)
    """What the mail says plainly enough to replace what was said before."""
    report: PersonnelReport | None = None
    """What the mail tells of an exit or of a new engineer, whoever wrote it."""
    partner: Partner | None = None
    certifications: tuple[Certification, ...] = ()
    """The partner's other certifications, in order of opening."""
    partner_notes: tuple[tuple[datetime, str, str], ...] = ()
    """(when, who, text) of the notes on those in the year before, oldest first: critical events delay or refuse a recertification."""
