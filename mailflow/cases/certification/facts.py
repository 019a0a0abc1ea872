"""What the rules of certification want to know: the partner, its other certifications and what was noted on them (DK2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailflow.policy.certification import Certification
from mailflow.policy.facts import CaseFacts
from mailflow.policy.register import Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationFacts(CaseFacts):
    """`partner` is the register's with the sender's or the case's domain."""

    partner: Partner | None = None
    certifications: tuple[Certification, ...] = ()
    """The partner's other certifications, in order of opening."""
    partner_notes: tuple[tuple[datetime, str, str], ...] = ()
    """(when, who, text) of the notes on those in the year before, oldest first: critical events delay or refuse a recertification."""
