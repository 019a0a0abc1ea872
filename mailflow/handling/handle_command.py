"""Staff commands in a mail: all of them or none, always answered (OUT4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from mailflow.cases import CASE_TYPES, children_of
from mailflow.handling.facts import Opening, find_other, waiting_deadlines
from mailflow.handling.handle_customer_mail import open_for_caller
from mailflow.handling.match import thread_of
from mailflow.handling.notice import write_notice
from mailflow.handling.settle import apply, settle
from mailflow.handling.work import Outcome, Refused, Work
from mailflow.message.customer.dates import read_date
from mailflow.message.model import Address
from mailflow.message.staff.command import FORMS, Command, CommandMail, parse_commands
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case, Confirmable, ImpossibleTransition, holds
from mailflow.policy.decision import Decision, Note, SendNotice, Sentence
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven, CommandUndone, MailReceived
from mailflow.policy.facts import WaitingDeadline
from mailflow.policy.triage import Verdict
from mailflow.store import case as case_rows
from mailflow.store import journal, notice
from mailflow.store.journal import GivenCommand
from mailflow.store.notice import NoticeRow

NO_CASE = "staff mail that names no case"
STANDS_ALONE = ("new", "undo")
"""Commands that mean something in a mail that names no case."""
LONGEST_SUBJECT = 80
UNDO_WITHIN = timedelta(minutes=15)
"""How long a command may be taken back (contract: Staff commands)."""


def read_commands(text: str, desk: Desk, case: Case | None, at: datetime) -> CommandMail:
    """Read the commands of a staff mail; days may be written out in any language of the desk."""
    today = calendar_for(case.country if case else "", case.timezone if case else "", desk.calendar).local_day(at)

    def read_day(words: str) -> date | None:
        days = (read_date(words, today=today, language=language) for language in desk.languages)
        return next((day for day in days if day is not None), None)

    return parse_commands(text, read_day=read_day, prefixes=tuple(desk.number_prefixes.values()))


def handle_commands(work: Work, event: MailReceived, case: Case | None, mail: CommandMail) -> Outcome:
    """Do the commands in their order and answer. With a line that fails nothing is done.

    `case` is the thread's; without one only `/new` and `/undo` have a meaning, and what follows `/new` is done on the new case.
    """
    if mail.errors:
        lines = tuple((e.line, e.reason, e.valid_form) for e in mail.errors)
        is_lost = any(e.reason.name == "unknown_command" and not e.valid_form for e in mail.errors)
        kinds = {one.kind for one in thread_of(work, case)} if case else set()
        names = {*STANDS_ALONE, *(name for kind in kinds for name in CASE_TYPES[kind].commands)}
        forms = tuple(form.shown for name, form in FORMS.items() if name in names) if is_lost else ()
        refuse(work, case, event.sender, lines, forms=forms)
        return _outcome(case, "a command was not understood: nothing was done")
    try:
        with work.c.begin_nested():
            results, last = _give_all(work, event, case, mail)
    except Refused as refused:
        refuse(work, case, event.sender, ((refused.line, refused.reason, refused.valid_form),))
        return _outcome(case, f"refused: {refused.line}: {work.services.in_english(refused.reason)}")
    # A command that waits for `/confirm`: the question is the answer to it (BX8).
    if mail.rest or not all(isinstance(done, Step) and done.name.endswith("_confirm_first") for _, done in results):
        tell_results(work, last, event.sender, results, mail.rest)
    opened = any(command.name == "new" for command in mail.commands)
    return _outcome(last, "; ".join(line for line, _ in results), Verdict.OPENED if opened else Verdict.ADDED)


def _outcome(case: Case | None, reason: str, verdict: Verdict = Verdict.ADDED) -> Outcome:
    return Outcome(verdict, "staff command", reason, case.number) if case else Outcome(Verdict.IGNORED, NO_CASE, reason)


def refuse(
    work: Work,
    case: Case | None,
    by: str,
    lines: Sequence[tuple[str, Sentence, str]] = (),
    reason: Sentence = "",
    forms: Sequence[str] = (),
) -> None:
    """Tell a member of staff that nothing was done, with the line and the nearest valid form; `forms` are all that are valid there."""
    # A case without returns has none that a command could name.
    has_kin = case is None or bool(CASE_TYPES[case.kind].parent or children_of(case.kind))
    shown = {form: form if has_kin else form.replace("[RMA] ", "") for form in (*forms, *(form for _, _, form in lines))}
    refused = tuple((line, why, shown[form]) for line, why, form in lines)
    values = {"lines": refused, "reason": reason, "forms": tuple(shown[form] for form in forms)}
    write_notice(work, case, SendNotice(notice="staff/command_refused", to=(by,), to_staff=True, values=values))


def tell_results(work: Work, case: Case | None, by: str, results: Sequence[tuple[str, Sentence]], note: str = "") -> None:
    """Answer whoever gave commands or booked: (line, what was done) of each, and the note that was kept beside them."""
    values = {"results": tuple(results), "note_kept": bool(note), "note": note}
    write_notice(work, case, SendNotice(notice="staff/command_result", to=(by,), to_staff=True, values=values))


def _give_all(
    work: Work, event: MailReceived, case: Case | None, mail: CommandMail
) -> tuple[tuple[tuple[str, Sentence], ...], Case | None]:
    """(line, what was done) for each command, and the case on which they ended, as it is now."""
    results: list[tuple[str, Sentence]] = []
    for command in mail.commands:
        done, number = _give(work, event, case, command, mail.rest)
        results.append((command.line, done))
        case = case_rows.load(work.c, number)
    if mail.rest:
        apply(work, None, Decision(case=None, effects=(Note(text=mail.rest, who=event.sender, case=case),), reason="text beside commands"))
    return tuple(results), case


def _give(work: Work, event: MailReceived, case: Case | None, command: Command, rest: str) -> tuple[Sentence, str]:
    """One command in the thread of a case: what was done, and the number of the case that the next one is meant for."""
    if command.name == "undo":
        done, given_on = take_back(work, thread_of(work, case) if case else (), command.line, event.sender, event.at)
        return done, case.number if case else given_on
    if command.name == "new":
        watch = CommandWatch.begin(work, ())
        first_line = next((line.strip() for line in command.text.splitlines() if line.strip()), "")[:LONGEST_SUBJECT]
        opened = open_for_caller(work, event, Address(command.address, command.person), first_line, command.text)
        watch.keep(work, opened.number, command.line, event, (opened,))
        return Step("command_new", {"number": opened.number, "address": opened.customer}), opened.number
    if case is None:
        raise Refused(command.line, Step("command_names_no_case"), FORMS["new"].shown)
    target = _target(work, case, command)
    if target.merged_into:
        raise Refused(command.line, Step("command_on_merged", {"number": target.number, "other": target.merged_into}))
    by = event.sender
    given = CommandGiven(command=command, by=by, roles=work.desk.roles_of(by), at=event.at, rest=rest)
    other = find_other(work, given)
    watch = CommandWatch.begin(work, (*thread_of(work, case), *(thread_of(work, other) if other else ())))
    child = next((one for one in CASE_TYPES.values() if one.opening_command == command.name), None)
    if child is not None and target.kind != child.parent:
        raise Refused(command.line, Step("command_needs_request", {"number": target.number}))
    decision = _settle(work, target, given)
    if child is not None:
        # `/rma` moves the request on and opens the return (RM1).
        decision = _settle(work, Opening(child.kind, decision.case), given)
    watch.keep(work, case.number, command.line, event, (decision.case,) if decision.case else ())
    return decision.done, case.number


def _settle(work: Work, about: Case | Opening, given: CommandGiven) -> Decision:
    """Raises Refused."""
    form = FORMS[given.command.name].shown
    try:
        decision = settle(work, about, given)
    except ImpossibleTransition:
        number = about.number if isinstance(about, Case) else ""
        raise Refused(given.command.line, Step("command_out_of_turn", {"number": number}), form) from None
    if decision.refused:
        raise Refused(given.command.line, decision.refused, form)
    return decision


def _target(work: Work, case: Case, command: Command) -> Case:
    """The case that a command is meant for: the one it names, else the thread's own, else the request's only open return."""
    thread, own_type = thread_of(work, case), CASE_TYPES[case.kind]
    if command.number:
        named = next((one for one in thread if one.number == command.number.upper()), None)
        if named is None:
            raise Refused(command.line, Step("command_of_other_case", {"other": command.number, "number": case.number}))
        return named
    if command.name == "confirm":
        waiting = ((one, pending.code) for one in thread if holds(one, Confirmable) for pending in one.details.confirmations)
        asked = next((one for one, code in waiting if code.lower() == command.code.lower()), None)
        if asked is None:
            raise Refused(command.line, Step("code_unknown", {"number": case.number, "code": command.code}))
        return asked
    if command.name in own_type.commands:
        return case
    if own_type.parent:
        return next((one for one in thread if one.kind == own_type.parent), case)
    takers = {one.kind for one in children_of(case.kind) if command.name in one.commands}
    returns = [one for one in thread if one.kind in takers]
    still_open = [one for one in returns if one.closed_at is None] or returns
    if takers and not still_open:
        raise Refused(command.line, Step("command_needs_return", {"number": case.number}))
    if len(still_open) > 1:
        numbers = tuple(one.number for one in still_open)
        raise Refused(command.line, Step("command_which_return", {"number": case.number, "returns": numbers}), FORMS[command.name].shown)
    return next(iter(still_open), case)


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
        desk = work.desk
        outside = (
            (row.name, tuple(one for one in (*row.to, *row.cc) if not desk.roles_of(one) and not desk.is_mailbox(one)))
            for row in _letters(work)[self.letters :]
        )
        given = GivenCommand(
            case_number=thread,
            by=event.sender,
            line=line,
            at=event.at,
            before=changed,
            versions=tuple((number, now[number].version) for number in (*(case.number for case in changed), *opened)),
            stopped=tuple(clock for clock in self.clocks if clock not in clocks),
            started=tuple(clock for clock in clocks if clock not in self.clocks),
            sent=tuple((name, to) for name, to in outside if to),
        )
        journal.add_command(work.c, given)


def _letters(work: Work) -> list[NoticeRow]:
    return notice.of_inbound(work.c, work.trigger.inbound_id) if work.trigger.inbound_id else []


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
