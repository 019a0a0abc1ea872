"""Staff commands in a mail: all of them or none, always answered (OUT4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from mailflow.cases import CASE_TYPES, decide
from mailflow.handling.apply import Applied, apply
from mailflow.handling.cause import Cause
from mailflow.handling.gather import describe_parts, facts_for_case
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.handling.refusal import Refused, in_english, refuse
from mailflow.handling.undo import CommandWatch, take_back
from mailflow.message.customer.dates import read_date
from mailflow.message.model import Address
from mailflow.message.staff.command import FORMS, Command, CommandMail, parse_commands
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Note, SendNotice, Sentence
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts
from mailflow.policy.lifecycle import ImpossibleTransition
from mailflow.store import case as case_rows
from mailflow.store import notice

OpenRequest = Callable[[Address, str], Case]
"""Open a request for a caller: who called, and what the request is (SR10)."""

STANDS_ALONE = ("new", "undo")
"""Commands that mean something in a mail that names no case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commander:
    """Who gives the commands of a mail, when, why, and with what they are done."""

    c: Connection
    office: Office
    desk: Desk
    by: str
    at: datetime
    cause: Cause
    open_request: OpenRequest


@dataclass(frozen=True, slots=True)
class Commanded:
    """What became of a mail of commands: the reason for the journal, and the case that it ended on; `opened` where that case is new."""

    reason: str
    case: Case | None
    opened: bool = False


def read_commands(text: str, desk: Desk, case: Case | None, at: datetime) -> CommandMail:
    """The commands of a staff mail; days may be written out in any language of the desk."""
    calendar = calendar_for(case.country, case.timezone, desk.calendar) if case else calendar_for("", "", desk.calendar)
    today = calendar.local_day(at)

    def read_day(words: str) -> date | None:
        days = (read_date(words, today=today, language=language) for language in desk.languages)
        return next((day for day in days if day is not None), None)

    return parse_commands(text, read_day=read_day, prefixes=tuple(desk.number_prefixes.values()))


def handle_commands(
    c: Connection,
    office: Office,
    desk: Desk,
    case: Case | None,
    mail: CommandMail,
    by: str,
    at: datetime,
    cause: Cause,
    open_request: OpenRequest,
) -> Commanded:
    """Do the commands in their order and answer. With a line that fails nothing is done.

    `case` is the thread's; without one only `/new` and `/undo` have a meaning, and what follows `/new` is done on the new case.
    """
    if mail.errors:
        lines = tuple((e.line, e.reason, e.valid_form) for e in mail.errors)
        is_lost = any(e.reason.name == "unknown_command" and not e.valid_form for e in mail.errors)
        refuse(c, office, desk, case, by, lines, cause, forms=_valid_forms(c, case) if is_lost else ())
        return Commanded("a command was not understood: nothing was done", case)
    commander = Commander(c=c, office=office, desk=desk, by=by, at=at, cause=cause, open_request=open_request)
    try:
        with c.begin_nested():
            results, last = _give_all(commander, case, mail)
    except Refused as refused:
        refuse(c, office, desk, case, by, ((refused.line, refused.reason, refused.valid_form),), cause)
        return Commanded(f"refused: {refused.line}: {in_english(office, refused.reason)}", case)
    if mail.rest or not all(_is_asked_about(done) for _, done in results):
        values = {"results": results, "note_kept": bool(mail.rest), "note": mail.rest}
        write_letter(c, office, desk, last, SendNotice(notice="staff/command_result", to=(by,), to_staff=True, values=values), cause)
    opened = any(command.name == "new" for command in mail.commands)
    return Commanded("; ".join(line for line, _ in results), last, opened)


def _valid_forms(c: Connection, case: Case | None) -> tuple[str, ...]:
    """The forms of all commands that the thread of a case takes."""
    kinds = {one.kind for one in related_cases(c, case)} if case else set()
    names = {*STANDS_ALONE, *(name for kind in kinds for name in CASE_TYPES[kind].commands)}
    return tuple(form.shown for name, form in FORMS.items() if name in names)


def _is_asked_about(done: Sentence) -> bool:
    """A command that waits for `/confirm`: the question is the answer to it, and nothing is done that another letter could tell (BX8)."""
    return isinstance(done, Step) and done.name.endswith("_confirm_first")


def _give_all(commander: Commander, case: Case | None, mail: CommandMail) -> tuple[tuple[tuple[str, Sentence], ...], Case | None]:
    """(line, what was done) for each command, and the case on which they ended, as it is now."""
    results: list[tuple[str, Sentence]] = []
    for command in mail.commands:
        done, number = _give(commander, case, command, mail.rest)
        results.append((command.line, done))
        case = case_rows.load(commander.c, number)
    if mail.rest:
        note = Decision(case=None, effects=(Note(text=mail.rest, who=commander.by, case=case),), reason="text beside commands")
        apply(commander.c, commander.office, commander.desk, None, note, commander.cause)
    return tuple(results), case


def _give(commander: Commander, case: Case | None, command: Command, rest: str) -> tuple[Sentence, str]:
    """One command in the thread of a case: what was done, and the number of the case that the next one is meant for."""
    if command.name == "new":
        return _open(commander, command)
    if command.name == "undo":
        thread = related_cases(commander.c, case) if case else ()
        done, given_on = take_back(commander.c, commander.desk, thread, command.line, commander.by, commander.at, commander.cause)
        return done, case.number if case else given_on
    if case is None:
        raise Refused(command.line, Step("command_names_no_case"), FORMS["new"].shown)
    return _give_on(commander, case, command, rest), case.number


def _open(commander: Commander, command: Command) -> tuple[Sentence, str]:
    """`/new`: a request of the caller's own, as if the caller had written it (SR10)."""
    watch = CommandWatch.begin(commander.c, ())
    opened = commander.open_request(Address(command.address, command.person), command.text)
    letters = tuple((row.name, (*row.to, *row.cc)) for row in notice.list_of_case(commander.c, opened.number))
    _keep(commander, watch, opened.number, command, (Applied(opened, letters),))
    return Step("command_new", {"number": opened.number, "address": opened.customer}), opened.number


def _give_on(commander: Commander, case: Case, command: Command, rest: str) -> Sentence:
    c, desk = commander.c, commander.desk
    target = _target(c, case, command)
    if target.merged_into:
        raise Refused(command.line, Step("command_on_merged", {"number": target.number, "other": target.merged_into}))
    other = _other_case(c, desk, command)
    event = CommandGiven(command=command, by=commander.by, roles=desk.roles_of(commander.by), at=commander.at, rest=rest)
    watch = CommandWatch.begin(c, (*related_cases(c, case), *(related_cases(c, other) if other else ())))
    done, applied = _issue(commander, target, event) if command.name == "rma" else _decide(commander, target, event, other)
    _keep(commander, watch, case.number, command, applied)
    return done


def _keep(commander: Commander, watch: CommandWatch, thread: str, command: Command, applied: Sequence[Applied]) -> None:
    watch.keep(
        commander.c,
        commander.desk,
        thread=thread,
        line=command.line,
        by=commander.by,
        at=commander.at,
        applied=applied,
    )


def _decide(commander: Commander, target: Case, event: CommandGiven, other: Case | None) -> tuple[Sentence, tuple[Applied, ...]]:
    c, command = commander.c, event.command
    facts = facts_for_case(c, commander.office, commander.desk, target, commander.cause.at, event=event, contract=command.contract)
    descriptions = describe_parts(c, (item.part_number for item in command.items)) if command.items else facts.descriptions
    done, applied = _do(commander, target, event, replace(facts, other_case=other, descriptions=descriptions))
    return done, (applied,)


def _issue(commander: Commander, case: Case, event: CommandGiven) -> tuple[Sentence, tuple[Applied, ...]]:
    """`/rma` moves the request on and gives birth to the return (RM1)."""
    c, office, desk, items = commander.c, commander.office, commander.desk, event.command.items
    if case.kind != "service_request":
        raise Refused(event.command.line, Step("command_needs_request", {"number": case.number}))
    serials = tuple(serial for item in items for serial in item.serials)
    facts = facts_for_case(c, office, desk, case, commander.cause.at, event=event, named=serials)
    _, moved = _do(commander, case, event, facts)
    birth = replace(
        facts,
        parent=case_rows.load(c, case.number),
        descriptions=describe_parts(c, (item.part_number for item in items)),
        new_numbers={"rma": case_rows.next_number(c, "rma", desk.number_prefixes["rma"])},
    )
    done, born = _do(commander, None, event, birth)
    return done, (moved, born)


def _do(commander: Commander, case: Case | None, event: CommandGiven, facts: Facts) -> tuple[Sentence, Applied]:
    """Decide and apply; without a case a return is born. Raises Refused."""
    command, desk = event.command, commander.desk
    form = FORMS[command.name].shown
    try:
        decision = decide(case.kind if case else "rma", case, event, facts, desk, commander.cause.at)
    except ImpossibleTransition:
        raise Refused(command.line, Step("command_out_of_turn", {"number": case.number if case else ""}), form) from None
    if decision.refused:
        raise Refused(command.line, decision.refused, form)
    return decision.done, apply(commander.c, commander.office, desk, case, decision, commander.cause)


def _other_case(c: Connection, desk: Desk, command: Command) -> Case | None:
    """The case that `/merge` and `/link` name; one of another desk is none of ours."""
    other = case_rows.load(c, command.target.upper()) if command.target else None
    return other if other is not None and other.desk == desk.name else None


def _target(c: Connection, case: Case, command: Command) -> Case:
    """The case that a command is meant for: the one it names, else the thread's own, else the request's only open return."""
    related = related_cases(c, case)
    if command.number:
        named = next((one for one in related if one.number == command.number.upper()), None)
        if named is None:
            raise Refused(command.line, Step("command_of_other_case", {"other": command.number, "number": case.number}))
        return named
    if command.name == "confirm":
        return _waiting_for(case, related, command)
    if command.name in CASE_TYPES[case.kind].commands:
        return case
    if case.kind == "rma":
        return next((one for one in related if one.kind == "service_request"), case)
    if case.kind == "service_request" and command.name in CASE_TYPES["rma"].commands:
        return _only_return(case, related, command)
    return case


def _waiting_for(case: Case, related: Sequence[Case], command: Command) -> Case:
    """Where a command waits for the code."""
    codes = ((one, pending.code.lower()) for one in related for pending in getattr(one.details, "confirmations", ()))
    found = next((one for one, code in codes if code == command.code.lower()), None)
    if found is None:
        raise Refused(command.line, Step("code_unknown", {"number": case.number, "code": command.code}))
    return found


def _only_return(case: Case, related: Sequence[Case], command: Command) -> Case:
    returns = [one for one in related if one.kind == "rma"]
    still_open = [one for one in returns if one.closed_at is None] or returns
    if not still_open:
        raise Refused(command.line, Step("command_needs_return", {"number": case.number}))
    if len(still_open) > 1:
        numbers = tuple(one.number for one in still_open)
        raise Refused(command.line, Step("command_which_return", {"number": case.number, "returns": numbers}), FORMS[command.name].shown)
    return still_open[0]


def related_cases(c: Connection, case: Case) -> tuple[Case, ...]:
    """The request and all its returns."""
    request = case_rows.load(c, case.parent) if case.kind == "rma" and case.parent else case
    return (case,) if request is None else (request, *case_rows.children(c, request.number))
