"""Digests (BX12): when one is due, what it lists, and who gets which part of it. Pure: the clock is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from mailflow.policy.calendar import BusinessCalendar, calendar_for
from mailflow.policy.case import Case
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk, DigestPolicy, Role
from mailflow.policy.facts import WaitingDeadline

SEARCH_DAYS = 400
"""No digest within that many days means that there is none."""
MOST_LINES = 20
"""Lines of a section, and returns of a partner; the rest is counted."""
BREAKING = ("response_breached", "information_decision", "decision_due")
"""The clocks that staff can still save, by their kinds in the case types."""


ORDER = ("decisions", "clocks", "returns", "letters", "quarantine")
"""Of the sections in a mail."""


class DigestKind(StrEnum):
    """Whom a digest is for; the values stand in the store."""

    STAFF = "staff"
    PARTNERS = "partners"


def due_digest(kind: DigestKind, policy: DigestPolicy, calendar: BusinessCalendar, now: datetime, last: datetime) -> datetime | None:
    """The newest moment after `last` and not after `now` at which a digest was due; None where there was none.

    Of several that an outage passed over only the newest is due: the others would tell the same, later.
    """
    first, today = calendar.local_day(last), calendar.local_day(now)
    days = (today - timedelta(days=n) for n in range((today - first).days + 1))
    return next((at for day in days if (at := _moment(kind, policy, calendar, day)) and last < at <= now), None)


def next_digest(kind: DigestKind, policy: DigestPolicy, calendar: BusinessCalendar, after: datetime) -> datetime | None:
    """The first moment strictly after the instant at which a digest will be due; None where the desk sends none."""
    days = (calendar.local_day(after) + timedelta(days=n) for n in range(SEARCH_DAYS))
    return next((at for day in days if (at := _moment(kind, policy, calendar, day)) and at > after), None)


def _moment(kind: DigestKind, policy: DigestPolicy, calendar: BusinessCalendar, day: date) -> datetime | None:
    """When the digest of a day leaves, None on days without one."""
    if kind is DigestKind.STAFF:
        at, is_due = policy.staff, calendar.is_business_day(day)
    else:
        at, is_due = policy.partners, day.weekday() == policy.partners_weekday
    return calendar.instant(day, at) if at is not None and is_due else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckLetter:
    """A letter that does not leave by itself: held for staff, or refused for good since the last digest."""

    notice: str
    address: str
    number: str
    is_held: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A mail in quarantine, with the rule that put it there."""

    sender: str
    subject: str
    rule: str


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is a key of [digest] in words.toml; `lines` are sentences to staff; `more` counts those left out."""

    name: str
    lines: tuple[Step, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """What a case adds to a section of that name, in the order of its days."""

    section: str
    on: date
    said: Step


SECTIONS_OF: Mapping[Role, tuple[str, ...]] = {
    Role.CCR: ("clocks", "returns", "letters"),
    Role.CSE: ("clocks",),
    Role.REVIEWER: ("decisions", "clocks"),
    Role.ESCALATION: ("decisions",),
    Role.RECEIVING: ("returns",),
    Role.ADMIN: ("letters", "quarantine"),
}
"""What concerns whom; somebody with several roles gets all of it in one mail."""


def staff_sections(
    desk: Desk,
    now: datetime,
    clocks: Iterable[tuple[WaitingDeadline, Case]],
    of_cases: Iterable[DigestLine],
    letters: Iterable[StuckLetter],
    quarantine: Iterable[SetAside],
) -> tuple[Section, ...]:
    """Collect the sections that have something to tell, the most urgent line of each first."""
    lines: dict[str, list[Step]] = {name: [] for name in ORDER}
    for line in sorted(of_cases, key=lambda line: (line.on, str(line.said.values["number"]))):
        lines[line.section].append(line.said)
    lines["clocks"] = _clock_lines(desk, now, clocks)
    for letter in letters:
        name = "digest_held" if letter.is_held else "digest_failed"
        about = {"notice": letter.notice, "address": letter.address, "number": letter.number or "-", "reason": letter.reason or "-"}
        lines["letters"].append(Step(name, about))
    for mail in quarantine:
        values = {"sender": mail.sender or "-", "subject": mail.subject or "-", "rule": mail.rule}
        lines["quarantine"].append(Step("digest_quarantined", values))
    return tuple(Section(name, tuple(found[:MOST_LINES]), max(0, len(found) - MOST_LINES)) for name, found in lines.items() if found)


def letters_to_staff(desk: Desk, sections: Sequence[Section]) -> tuple[tuple[tuple[str, ...], tuple[Section, ...]], ...]:
    """(addresses, sections): everybody is in one letter at most, and who reads the same gets the same letter."""
    readers: dict[tuple[str, ...], list[str]] = {}
    for member in desk.staff:
        wanted = {name for role in member.roles for name in SECTIONS_OF.get(role, ())}
        if own := tuple(section.name for section in sections if section.name in wanted):
            readers.setdefault(own, []).append(member.address)
    return tuple((tuple(to), tuple(section for section in sections if section.name in own)) for own, to in readers.items())


def _clock_lines(desk: Desk, now: datetime, clocks: Iterable[tuple[WaitingDeadline, Case]]) -> list[Step]:
    """Clocks that break within the desk's term. Of a kind that presses several times the last time is the one that counts."""
    last: dict[tuple[str, str], tuple[WaitingDeadline, Case]] = {}
    for clock, case in sorted(clocks, key=lambda pair: pair[0].due_at):
        last[clock.case_number, clock.kind] = (clock, case)
    calendar = calendar_for("", "", desk.calendar)
    horizon = calendar.instant(calendar.end_of_term(now, desk.digests.breaks_within).day + timedelta(days=1), time(0))
    lines = []
    for clock, case in sorted(last.values(), key=lambda pair: pair[0].due_at):
        values: dict[str, Value] = {"number": case.number, "who": whose(case), "at": clock.due_at}
        name = f"digest_{clock.kind}"
        if clock.kind == "response_breached":
            name = "digest_response" if case.assignee else "digest_response_unassigned"
            values |= {"priority": case.priority or "", "assignee": case.assignee or ""}
        if clock.due_at <= horizon:
            lines.append(Step(name, values))
    return lines


def whose(case: Case) -> str:
    """Name the company of a case, else its customer."""
    return case.company or case.customer


class ReturnLine(Protocol):
    """What a digest reads of a line of a return, or of what is due of it on one day."""

    @property
    def part_number(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def outstanding(self) -> int: ...
    @property
    def outstanding_serials(self) -> tuple[str, ...]: ...
    @property
    def due(self) -> date | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerReturn:
    """One return as its partner reads it. `address` takes the prepared line, which is the one-line answer (BX6) that `answer` names:
    delivered, shipped or already_returned. `days` is empty until a replacement's arrival is known, or where none was sent ahead.
    """

    number: str
    lines: tuple[ReturnLine, ...]
    address: str
    answer: str
    by_day: tuple[ReturnLine, ...]
    days: tuple[date, ...]
    valid_through: date
    is_advance: bool

    @property
    def on(self) -> date:
        """The day by which it stands in its place: the first that is due, else the last valid one."""
        return min(self.days, default=self.valid_through)


def is_of_partner(domain: str, case: Case, contract_domains: Iterable[str]) -> bool:
    """Whether a return is the company's own: by its customer, by who takes part, or by its contract."""
    people = {address.rpartition("@")[2].lower() for address in (case.customer, *case.participants)}
    return domain.lower() in people.union(contract_domains)
