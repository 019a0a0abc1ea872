"""What the rules of requests want to know: the devices, and of the history what somebody is told (SR5, SR6, SR9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailflow.policy.derivation import Step
from mailflow.policy.facts import CustomerWords, DeviceFacts, LastStep


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts(DeviceFacts):
    """Each is empty where the event makes nobody ask for it."""

    wants_manager: bool = False
    """The mail asks for the manager in plain words (SR6)."""
    says_yes: bool = False
    """The mail is a yes to a question of ours (BX8)."""
    serial_slips: Mapping[str, str] = field(default_factory=dict)
    """Serials as written that the register lacks, to the sender's own device that an O for a 0 or an I for a 1 would make of it (IN4)."""
    last_steps: tuple[LastStep, ...] = ()
    """The newest mails between the customer and the desk, oldest first (SR9)."""
    timeline: tuple[tuple[datetime, Step], ...] = ()
    """What a manager should know of the case so far, oldest first, each as a sentence of [sentence] (SR6)."""
    customer_words: CustomerWords | None = None
    """What the customer wrote, for who takes the case over (SR5)."""
