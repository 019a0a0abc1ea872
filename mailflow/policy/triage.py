"""What happens to each sort of mail, as one ordered table that can be read aloud (IN2, IN7, IN9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mailflow.message.model import Kind, Mail, Nature
from mailflow.policy.desk import AlarmPolicy, AlarmSource


class Verdict(StrEnum):
    """How a mail ended; the states of an inbound row."""

    OPENED = "opened"
    ADDED = "added"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageInput:
    """What triage looks at: the mail, its nature, and what the store knows of it."""

    mail: Mail
    nature: Nature
    is_duplicate: bool
    is_known_sender: bool
    """A contact or domain of a contract, or staff."""
    is_before_cutoff: bool
    is_alarm: bool = False
    """A device's Call Home mail, from a source that the desk names (IN8)."""
    is_of_vendor: bool = False
    """The manufacturer's, in a case that was handed over to it (DK1)."""
    was_released: bool = False
    """Staff let it out of quarantine: what put it there does not count again, unless it is one of `HELD`."""


@dataclass(frozen=True, slots=True)
class Triage:
    """A verdict that ends the mail's way, with its rule; `verdict` None lets the mail through to its case."""

    verdict: Verdict | None
    rule: str


NOT_GENUINE = "staff sender is not genuine"
NO_SENDER = "it names no sender that could be answered"
UNREADABLE = "it cannot be read"
TOO_LARGE = "too large to be read whole"

HELD: frozenset[str] = frozenset({NOT_GENUINE, NO_SENDER, UNREADABLE, TOO_LARGE})
"""Reasons for quarantine that stay whatever staff think of the mail: releasing it would only bring it back (OUT6, IN9)."""


def _is_spam(given: TriageInput) -> bool:
    flag = given.mail.header("x-spam-flag") or given.mail.header("x-spam-status")
    return flag.strip().lower().startswith("yes")


def _has_no_sender(given: TriageInput) -> bool:
    return "@" not in given.mail.sender.address


def _is_report_of_known_machine(given: TriageInput) -> bool:
    """A monitoring system's own mail (RFC 3834: auto-generated), not an answer to anything."""
    generated = given.mail.header("auto-submitted").strip().lower().startswith("auto-generated")
    return generated and given.is_known_sender and not given.mail.in_reply_to


def _hops(given: TriageInput) -> int:
    return len(given.mail.all_headers("received"))


# First row that holds decides. A row: the rule's name, its condition, the verdict (None: go on to the case).
TABLE: tuple[tuple[str, Callable[[TriageInput], bool], Verdict | None], ...] = (
    ("the same mail was handled before", lambda s: s.is_duplicate, Verdict.DUPLICATE),
    ("older than the chosen cut-off", lambda s: s.is_before_cutoff, Verdict.IGNORED),
    ("our own mail came back", lambda s: s.nature.kind is Kind.ECHO, Verdict.IGNORED),
    ("a bounce", lambda s: s.nature.kind is Kind.BOUNCE, Verdict.BOUNCE),
    ("a delivery or reading receipt", lambda s: s.nature.kind is Kind.RECEIPT, Verdict.IGNORED),
    ("a feedback report", lambda s: s.nature.kind is Kind.FEEDBACK, Verdict.IGNORED),
    ("more than 50 servers passed it on", lambda s: _hops(s) > 50, Verdict.QUARANTINED),
    ("our border marked it as spam", _is_spam, Verdict.QUARANTINED),
    (NO_SENDER, _has_no_sender, Verdict.QUARANTINED),
    ("the manufacturer writes to a case that it works on", lambda s: s.is_of_vendor, None),
    ("a device reports by Call Home", lambda s: s.is_alarm, None),
    ("a post of a mailing list", lambda s: s.nature.kind is Kind.LIST and not s.is_known_sender, Verdict.IGNORED),
    ("a known machine reports", _is_report_of_known_machine, None),
    ("sent by a machine", lambda s: s.nature.kind is Kind.AUTOMATIC, Verdict.AUTOMATIC),
)


def add_nature(rule: str, nature: Nature) -> str:
    """Say what a mail's nature adds to the rule that decided; '' for a person's mail, which was stopped for what the rule names."""
    if nature.kind is Kind.PERSON:
        return ""
    name, _, mark = nature.rule.partition(": ")
    return mark if rule.endswith(name) else nature.rule


def triage(given: TriageInput) -> Triage:
    """Apply the first row of the table that holds, else the mail goes on to its case."""
    for rule, holds, verdict in TABLE:
        is_lifted = given.was_released and verdict is Verdict.QUARANTINED and rule not in HELD
        if not is_lifted and holds(given):
            return Triage(verdict, rule)
    return Triage(None, "written by a person")


def is_alarm(mail: Mail, policy: AlarmPolicy) -> bool:
    """Tell whether the mail fits one of the desk's sources of alarms (Call Home, IN8)."""
    return any(_fits(mail, source) for source in policy.sources)


def _fits(mail: Mail, source: AlarmSource) -> bool:
    """`sender` is an address, or `@domain` for all of a domain; `header` a name, or `Name: value` with the value that it must have.

    An empty one is left open, but not both.
    """
    sender, address = source.sender.strip().lower(), mail.sender.address
    name, _, value = (part.strip() for part in source.header.partition(":"))
    if sender and address != sender and not (sender.startswith("@") and address.endswith(sender)):
        return False
    if not name:
        return bool(sender)
    return any(value.lower() in ("", one.strip().lower()) for one in mail.all_headers(name))
