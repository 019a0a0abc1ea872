"""What a rule wants: a new case value, effects in the imperative, and the reason. Deciding does nothing; handling applies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation, Step

NoticeValues = Mapping[str, object]
"""What a notice's template shows, by the names of its head comment. Nothing but a template looks into them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotice:
    """Render a notice and put it in the outbox.

    `values` are the notice's own variables, listed in its template's head comment. `to_staff` picks language and frame;
    `attach` names what notices/attachments builds from the case: `return_form_pdf`, `carton_label`, `invoice_csv` and so on.
    """

    notice: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    values: NoticeValues = field(default_factory=dict)
    to_staff: bool = False
    attach: tuple[str, ...] = ()
    forward_attachments: bool = False
    """Send the attachments of the mail that caused this along (SR5)."""
    at_most_once: bool = False
    """An unknown outcome waits for staff instead of a second copy (OUT2)."""
    immediate_answer: bool = False
    """Counts against the caps of IN7."""
    language: str = ""
    """Of a letter that belongs to no case; else the case's, and to staff the desk's first."""
    case: Case | None = None
    """The case that the letter speaks of and whose thread it stands in, where that is not the one decided on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDeadline:
    """Put a deadline at an instant; the same kind and key of a case replaces an earlier one."""

    kind: str
    at: datetime
    key: str = ""
    steps: Derivation = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearDeadline:
    """Take back waiting deadlines of a kind; key None means all keys."""

    kind: str
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line for the journal, in English for staff."""

    text: str
    who: str = ""
    steps: Derivation = ()
    case: Case | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCase:
    """Another case that changes together with the one decided on: the target of a merge, the far side of a link."""

    case: Case
    reason: str


Effect = SendNotice | SetDeadline | ClearDeadline | Note | ChangeCase

Sentence = Step | Literal[""]
"""What staff are told, as a step whose name is a key of [sentence] in words.toml, so that every language can say it; '' says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`case` is the case as it shall be (None: no case is touched). `refused` says why nothing is done, for the one who asked."""

    case: Case | None
    effects: tuple[Effect, ...] = ()
    reason: str
    refused: Sentence = ""
    done: Sentence = ""
    """One sentence for the answer to a staff command."""
