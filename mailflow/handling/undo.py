"""`/undo`: what a command changed is kept, and taken back for its giver where nothing left the desk (contract: Staff commands)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailflow.handling.apply import Applied
from mailflow.handling.cause import Cause
from mailflow.handling.history import waiting_deadlines
from mailflow.handling.refusal import Refused
from mailflow.policy.case import Case
from mailflow.policy.decision import Sentence
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.facts import WaitingDeadline
from mailflow.store import case as case_rows
from mailflow.store import deadline, given_command, journal
from mailflow.store.given_command import GivenCommand

UNDO_WITHIN = timedelta(minutes=15)
"""How long a command may be taken back (contract: Staff commands)."""


@dataclass(frozen=True, slots=True)
class CommandWatch:
    """How the cases within a command's reach stood before it."""

    cases: tuple[Case, ...]
    clocks: tuple[WaitingDeadline, ...]

    @classmethod
    def begin(cls, c: Connection, cases: Sequence[Case]) -> CommandWatch:
        """Look at the cases; the same one may stand there twice."""
        different = tuple({case.number: case for case in cases}.values())
        return cls(different, waiting_deadlines(c, different))

    def keep(self, c: Connection, desk: Desk, *, thread: str, line: str, by: str, at: datetime, applied: Sequence[Applied]) -> None:
        """Keep what the command changed, opened and sent to the world."""
        known = {case.number: case for case in self.cases}
        opened = tuple(one.case.number for one in applied if one.case is not None and one.case.number not in known)
        now = {number: found for number in (*known, *opened) if (found := case_rows.load(c, number)) is not None}
        changed = tuple(case for case in self.cases if now[case.number].version != case.version)
        clocks = waiting_deadlines(c, tuple(now.values()))
        given = GivenCommand(
            case_number=thread,
            by=by,
            line=line,
            at=at,
            before=changed,
            versions=tuple((number, now[number].version) for number in (*(case.number for case in changed), *opened)),
            stopped=tuple(clock for clock in self.clocks if clock not in clocks),
            started=tuple(clock for clock in clocks if clock not in self.clocks),
            sent=_sent_outside(desk, applied),
        )
        given_command.add(c, given)


def _sent_outside(desk: Desk, applied: Sequence[Applied]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The letters to somebody who neither works at the desk nor is one of its mailboxes."""
    letters = (letter for one in applied for letter in one.letters)
    outside = ((name, tuple(address for address in to if _is_outside(desk, address))) for name, to in letters)
    return tuple((name, to) for name, to in outside if to)


def _is_outside(desk: Desk, address: str) -> bool:
    return not desk.roles_of(address) and not desk.is_mailbox(address)


def take_back(c: Connection, desk: Desk, thread: Sequence[Case], line: str, by: str, at: datetime, cause: Cause) -> tuple[Sentence, str]:
    """Undo the sender's last command on the cases of the thread, or on any of the desk where there is no thread. Raises Refused.

    What was done, and the number of the case in whose thread the command had been given.
    """
    given = given_command.newest_by(c, by, desk.name, [case.number for case in thread])
    if given is None:
        raise Refused(line, Step("undo_nothing"))
    if reason := _why_not(c, given, at):
        raise Refused(line, reason)
    if not given_command.mark_undone(c, given.id):
        raise Refused(line, Step("undo_twice", {"line": given.line}))
    versions = dict(given.versions)
    for case in given.before:
        case_rows.save(c, case.changed(version=versions[case.number]))
    for clock in given.started:
        deadline.clear(c, clock.case_number, clock.kind, clock.key)
    for clock in given.stopped:
        deadline.set(c, clock.case_number, clock.kind, clock.key, clock.due_at, clock.steps)
    for number in dict.fromkeys((given.case_number, *versions)):
        journal.write(
            c,
            case_number=number,
            desk=desk.name,
            at=cause.at,
            who=by,
            what="undo",
            text=f"taken back: {given.line}",
            inbound_id=cause.inbound_id,
        )
    changed = given.before or given.stopped or given.started
    return Step("undo_done" if changed else "undo_of_note", {"line": given.line}), given.case_number


def _why_not(c: Connection, given: GivenCommand, at: datetime) -> Step | None:
    """What stands against taking it back; None where nothing does."""
    if given.undone:
        return Step("undo_twice", {"line": given.line})
    if at - given.at > UNDO_WITHIN:
        return Step("undo_late", {"line": given.line, "minutes": UNDO_WITHIN // timedelta(minutes=1)})
    if given.sent:
        letters = tuple(Step("undo_letter", {"notice": name, "addresses": to}) for name, to in given.sent)
        return Step("undo_sent", {"line": given.line, "letters": letters})
    if given.opened:
        return Step("undo_opened", {"line": given.line, "number": given.opened[0]})
    for number, version in given.versions:
        now = case_rows.load(c, number)
        if now is None or now.version != version:
            return Step("undo_changed", {"line": given.line, "number": number})
    running = waiting_deadlines(c, [case for number in _numbers(given) if (case := case_rows.load(c, number)) is not None])
    fallen = next((clock for clock in given.started if clock not in running), None)
    return Step("undo_changed", {"line": given.line, "number": fallen.case_number}) if fallen else None


def _numbers(given: GivenCommand) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clock.case_number for clock in given.started))
