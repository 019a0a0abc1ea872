"""Staff commands in a mail: all of them or none, always answered (OUT4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from mailflow.cases import CASE_TYPES, decide
from mailflow.handling.apply import apply
from mailflow.handling.cause import Cause
from mailflow.handling.gather import describe_parts, facts_for_case
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.message.dates import read_date
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.command import FORMS, Command, CommandMail, parse_commands
from mailflow.policy.decision import Decision, Note, SendNotice, Sentence
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.lifecycle import ImpossibleTransition
from mailflow.store import case as case_rows


class Refused(Exception):
    """A command cannot be done; carries the line and the reason for the answer."""

    def __init__(self, line: str, reason: Sentence, valid_form: str = "") -> None:
        super().__init__(reason)
        self.line, self.reason, self.valid_form = line, reason, valid_form


def read_commands(text: str, desk: Desk, case: Case | None, at: datetime) -> CommandMail:
    """The commands of a staff mail; days may be written out in any language of the desk."""
    calendar = calendar_for(case.country, case.timezone, desk.calendar) if case else calendar_for("", "", desk.calendar)
    today = calendar.local_day(at)

    def read_day(words: str) -> date | None:
        days = (read_date(words, today=today, language=language) for language in desk.languages)
        return next((day for day in days if day is not None), None)

    return parse_commands(text, read_day=read_day, prefixes=tuple(desk.number_prefixes.values()))


def handle_commands(c: Connection, office: Office, desk: Desk, case: Case, mail: CommandMail, by: str, at: datetime, cause: Cause) -> str:
    """Do the commands in their order and answer; returns the reason for the journal. With a line that fails nothing is done."""
    if mail.errors:
        refuse(c, office, desk, case, by, tuple((e.line, e.reason, e.valid_form) for e in mail.errors), cause)
        return "a command was not understood: nothing was done"
    try:
        with c.begin_nested():
            results = [(command.line, _give(c, office, desk, case.number, command, by, at, mail.rest, cause)) for command in mail.commands]
            if mail.rest:
                note = Decision(
                    case=None, effects=(Note(text=mail.rest, who=by, case=case_rows.load(c, case.number)),), reason="text beside commands"
                )
                apply(c, office, desk, None, note, cause)
    except Refused as refused:
        refuse(c, office, desk, case, by, ((refused.line, refused.reason, refused.valid_form),), cause)
        return f"refused: {refused.line}: {refused.reason}"
    answer = SendNotice(
        notice="staff/command_result",
        to=(by,),
        to_staff=True,
        values={"results": tuple(results), "note_kept": bool(mail.rest), "note": mail.rest},
    )
    write_letter(c, office, desk, case_rows.load(c, case.number), answer, cause)
    return "; ".join(line for line, _ in results)


def refuse(
    c: Connection,
    office: Office,
    desk: Desk,
    case: Case | None,
    by: str,
    lines: Sequence[tuple[str, Sentence, str]],
    cause: Cause,
    reason: Sentence = "",
) -> None:
    """Tell a member of staff that nothing was done, with the line and the nearest valid form."""
    answer = SendNotice(notice="staff/command_refused", to=(by,), to_staff=True, values={"lines": tuple(lines), "reason": reason})
    write_letter(c, office, desk, case, answer, cause)


def _give(
    c: Connection, office: Office, desk: Desk, number: str, command: Command, by: str, at: datetime, rest: str, cause: Cause
) -> Sentence:
    """One command on the case it is meant for; the sentence that says what was done."""
    case = case_rows.load(c, number)
    if case is None:
        raise LookupError(f"case {number} is not there")
    event = CommandGiven(command=command, by=by, roles=desk.roles_of(by), at=at, rest=rest)
    if command.name == "rma":
        return _issue(c, office, desk, case, event, cause)
    target = _target(c, case, command)
    facts = facts_for_case(c, office, desk, target, cause.at, contract=command.contract)
    try:
        decision = decide(target.kind, target, event, facts, desk, cause.at)
    except ImpossibleTransition:
        raise Refused(command.line, f"{target.number} is {target.state}: this cannot follow", FORMS[command.name].shown) from None
    return _apply(c, office, desk, target, decision, command, cause)


def _issue(c: Connection, office: Office, desk: Desk, case: Case, event: CommandGiven, cause: Cause) -> Sentence:
    """`/rma` moves the request on and gives birth to the return (RM1)."""
    request = case if case.kind == "service_request" else case_rows.load(c, case.parent or "")
    if request is None:
        raise Refused(event.command.line, f"{case.number} belongs to no service request")
    items = event.command.items
    facts = facts_for_case(c, office, desk, request, cause.at, birth=tuple(serial for item in items for serial in item.serials))
    _apply(c, office, desk, request, decide("service_request", request, event, facts, desk, cause.at), event.command, cause)
    birth = replace(
        facts,
        parent=case_rows.load(c, request.number),
        descriptions=describe_parts(c, (item.part_number for item in items)),
        new_numbers={"rma": case_rows.next_number(c, "rma", desk.number_prefixes["rma"])},
    )
    return _apply(c, office, desk, None, decide("rma", None, event, birth, desk, cause.at), event.command, cause)


def _apply(c: Connection, office: Office, desk: Desk, before: Case | None, decision: Decision, command: Command, cause: Cause) -> Sentence:
    if decision.refused:
        form = FORMS.get(command.name)
        raise Refused(command.line, decision.refused, form.shown if form else "")
    apply(c, office, desk, before, decision, cause)
    return decision.done


def _target(c: Connection, case: Case, command: Command) -> Case:
    """The case that a command is meant for: the one it names, else the thread's own, else the request's only open return."""
    related = _related(c, case)
    if command.number:
        named = next((one for one in related if one.number == command.number.upper()), None)
        if named is None:
            raise Refused(command.line, f"{command.number} does not belong to {case.number}")
        return named
    if command.name == "confirm":
        waiting = (one for one in related if any(p.code.lower() == command.code.lower() for p in getattr(one.details, "confirmations", ())))
        return next(waiting, case)
    if case.kind == "rma":
        parent = next((one for one in related if one.kind == "service_request"), case)
        return case if command.name in CASE_TYPES["rma"].commands else parent
    if command.name in CASE_TYPES["service_request"].commands or command.name not in CASE_TYPES["rma"].commands:
        return case
    returns = [one for one in related if one.kind == "rma"]
    still_open = [one for one in returns if one.closed_at is None] or returns
    if len(still_open) != 1:
        numbers = ", ".join(one.number for one in still_open) or "none"
        raise Refused(command.line, f"say which return is meant: {case.number} has {numbers}", FORMS[command.name].shown)
    return still_open[0]


def _related(c: Connection, case: Case) -> tuple[Case, ...]:
    """The request and all its returns."""
    request = case_rows.load(c, case.parent) if case.kind == "rma" and case.parent else case
    return (case,) if request is None else (request, *case_rows.children(c, request.number))
