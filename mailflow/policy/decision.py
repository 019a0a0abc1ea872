"""What a rule wants: a new case value, effects in the imperative, and the reason. Deciding does nothing; handling applies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotice:
    """Render and send a notice of contract.md. `case` None means the decision's own case.

    `values` are the notice's variables (notices/README of variables: templates' head comment). `to_staff` picks language and
    frame; `attachments` names what notices/ builds: `return_form`, `carton_label`, `deadline_calendar`, or ('file', ...) parts of a mail.
    """

    notice: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    case: Case | None = None
    to_staff: bool = False
    attach: tuple[str, ...] = ()
    forward_attachments: bool = False
    """Send the attachments of the mail that caused this along (SR5)."""
    at_most_once: bool = False
    """An unknown outcome waits for staff instead of a second copy (OUT2)."""
    immediate_answer: bool = False
    """Counts against the caps of IN7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDeadline:
    """Put a deadline at an instant; the same kind and key of a case replaces an earlier one."""

    kind: str
    at: datetime
    key: str = ""
    steps: Derivation = ()
    case: Case | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearDeadline:
    """Take back waiting deadlines of a kind; key None means all keys."""

    kind: str
    key: str | None = None
    case: Case | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line for the journal, in English for staff."""

    text: str
    who: str = ""
    steps: Derivation = ()
    case: Case | None = None


Effect = SendNotice | SetDeadline | ClearDeadline | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`case` is the case as it shall be (None: no case is touched). `refused` says why nothing is done, for the one who asked."""

    case: Case | None
    effects: tuple[Effect, ...] = ()
    reason: str
    refused: str = ""
    done: str = ""
    """One sentence for the answer to a staff command."""
