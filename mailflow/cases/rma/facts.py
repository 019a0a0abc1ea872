"""What the rules of returns want to know: prices and names of parts, what came in elsewhere, what became of the letters (BX3-BX8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailflow.policy.case import Request
from mailflow.policy.facts import DeviceFacts, SentNotice
from mailflow.policy.register import PartPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class RmaFacts(DeviceFacts):
    """Each is empty where the event makes nobody ask for it."""

    parent: Request | None = None
    prices: Mapping[str, PartPrice | None] = field(default_factory=dict)
    """Of today, None where the register has none."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    sent_notices: tuple[SentNotice, ...] = ()
    """Every letter of the case with what became of it, oldest first (BX4)."""
    counted_elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Serial to the number of another return that was open beside this one and has received it: one unit cannot fill both (BX5, BX8)."""
