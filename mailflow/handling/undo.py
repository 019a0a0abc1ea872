"""`/undo`: what a command changed is kept, and taken back for its giver where nothing left the desk (contract: Staff commands)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailflow.handling.facts import waiting_deadlines
from mailflow.handling.settle import settle
from mailflow.handling.work import Refused, Work
from mailflow.policy.case import Case
from mailflow.policy.decision import Sentence
from mailflow.policy.derivation import Step
from mailflow.policy.event import CommandUndone, MailReceived
from mailflow.policy.facts import WaitingDeadline
from mailflow.store import case as case_rows
from mailflow.store import journal, notice
from mailflow.store.journal import GivenCommand
from mailflow.store.notice import NoticeRow

UNDO_WITHIN = timedelta(minutes=15)
"""How long a command may be taken back (contract: Staff commands)."""


@dataclass(frozen=True, slots=True)
class CommandWatch:
    """How the cases within a command's reach stood before it, and how many letters its mail had caused."""

    cases: tuple[Case, ...]
    clocks: tuple[WaitingDeadline, ...]
    letters: int

    @classmethod
    def begin(cls, work: Work, cases: Sequence[Case]) -> CommandWatch:
        """Look at the cases; the same one may stand there twice."""
        different = tuple({case.number: case for case in cases}.values())
        return cls(different, waiting_deadlines(work, different), len(_letters(work)))

    def keep(self, work: Work, thread: str, line: str, event: MailReceived, touched: Sequence[Case]) -> None:
        """Keep what the command in a mail changed, opened and sent to the world."""
        known = {case.number: case for case in self.cases}
        opened = tuple(one.number for one in touched if one.number not in known)
        now = {number: found for number in (*known, *opened) if (found := case_rows.load(work.c, number)) is not None}
        changed = tuple(case for case in self.cases if now[case.number].version != case.version)
        clocks = waiting_deadlines(work, tuple(now.values()))
        given = GivenCommand(
            case_number=thread,
            by=event.sender,
            line=line,
            at=event.at,
            before=changed,
            versions=tuple((number, now[number].version) for number in (*(case.number for case in changed), *opened)),
            stopped=tuple(clock for clock in self.clocks if clock not in clocks),
            started=tuple(clock for clock in clocks if clock not in self.clocks),
            sent=_sent_outside(work, _letters(work)[self.letters :]),
        )
        journal.add_command(work.c, given)


def _letters(work: Work) -> list[NoticeRow]:
    return notice.of_inbound(work.c, work.trigger.inbound_id) if work.trigger.inbound_id else []


def _sent_outside(work: Work, letters: Sequence[NoticeRow]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The letters to somebody who neither works at the desk nor is one of its mailboxes."""
    desk = work.desk
    sent = ((row.name, tuple(one for one in (*row.to, *row.cc) if not desk.roles_of(one) and not desk.is_mailbox(one))) for row in letters)
    return tuple((name, to) for name, to in sent if to)


def take_back(work: Work, thread: Sequence[Case], line: str, by: str, at: datetime) -> tuple[Sentence, str]:
    """Undo the sender's last command on the cases of the thread, or on any of the desk where there is no thread. Raises Refused.

    Returns what was done, and the number of the case in whose thread the command had been given.
    """
    given = journal.newest_command_by(work.c, by, work.desk.name, [case.number for case in thread])
    if given is None:
        raise Refused(line, Step("undo_nothing"))
    if reason := _why_not(work, given, at):
        raise Refused(line, reason)
    if not journal.mark_undone(work.c, given.id):
        raise Refused(line, Step("undo_twice", {"line": given.line}))
    work = work.because(replace(work.trigger, who=by, what="undo"))
    former = {case.number: case for case in given.before}
    clocks = (*given.started, *given.stopped)
    for number in dict.fromkeys((given.case_number, *former, *(clock.case_number for clock in clocks))):
        case = case_rows.load(work.c, number)
        if case is None:
            raise LookupError(f"case {number} is not there")
        undone = CommandUndone(
            line=given.line,
            former=former.get(number),
            started=tuple(clock for clock in given.started if clock.case_number == number),
            stopped=tuple(clock for clock in given.stopped if clock.case_number == number),
        )
        settle(work, case, undone)
    return Step("undo_done" if former or clocks else "undo_of_note", {"line": given.line}), given.case_number


def _why_not(work: Work, given: GivenCommand, at: datetime) -> Step | None:
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
        now = case_rows.load(work.c, number)
        if now is None or now.version != version:
            return Step("undo_changed", {"line": given.line, "number": number})
    numbers = dict.fromkeys(clock.case_number for clock in given.started)
    running = waiting_deadlines(work, [case for number in numbers if (case := case_rows.load(work.c, number)) is not None])
    fallen = next((clock for clock in given.started if clock not in running), None)
    return Step("undo_changed", {"line": given.line, "number": fallen.case_number}) if fallen else None
