"""Rules of the staff commands that case types share: note, assign, add, confirm; and how every command is answered (OUT4, BX8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from mailflow.policy.case import Case, Confirmable, PendingConfirmation
from mailflow.policy.decision import Decision, Effect, Note, SendNotice, Sentence
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import CaseFacts

D = TypeVar("D")
C = TypeVar("C", bound=Confirmable)
F = TypeVar("F", bound=CaseFacts)

Rule = Callable[[Case[D], CommandGiven, F, Desk, datetime], Decision]
"""What one command does to a case."""

ANYBODY = "mailflow"
"""Who asks for a confirmation where a clock did and not a person: every CCR got the code."""


def refuse(case: Case[object], event: CommandGiven, why: Step) -> Decision:
    """Do nothing, and tell the sender why."""
    return Decision(case=case, reason=f"{event.by}: {event.command.line}: refused, {why.name}", refused=why)


def done(case: Case[object], event: CommandGiven, step: Sentence, *effects: Effect) -> Decision:
    """Carry the command out; `told` is the answer to its sender."""
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=step)


def give_command(rules: Mapping[str, Rule[D, F]], case: Case[D], event: CommandGiven, facts: F, desk: Desk, now: datetime) -> Decision:
    """Apply the rule of the command's name; refuse a name without one."""
    rule = rules.get(event.command.name)
    if rule is None:
        values: dict[str, Value] = {"number": case.number, "command": f"/{event.command.name}"}
        return refuse(case, event, Step("command_not_here", values))
    return rule(case, event, facts, desk, now)


def give_note(case: Case[object], event: CommandGiven, facts: CaseFacts, desk: Desk, now: datetime) -> Decision:
    """Write a line into the journal."""
    return done(case, event, Step("command_noted", {"number": case.number}), Note(text=event.command.text, who=event.by))


def give_assign(case: Case[object], event: CommandGiven, facts: CaseFacts, desk: Desk, now: datetime) -> Decision:
    """Put a member of staff in charge."""
    address = event.by if event.command.address in ("", "me") else event.command.address
    if not desk.roles_of(address):
        return refuse(case, event, Step("command_not_staff", {"number": case.number, "address": address, "desk": desk.name}))
    return done(replace(case, assignee=address), event, Step("command_assigned", {"number": case.number, "address": address}))


def give_add(case: Case[object], event: CommandGiven, facts: CaseFacts, desk: Desk, now: datetime) -> Decision:
    """Let an address take part (SR11): it gets all that the customer gets, and is the customer where the case has none yet."""
    address = event.command.address
    if desk.is_own(address):
        return refuse(case, event, Step("command_address_of_desk", {"number": case.number, "address": address}))
    if address in case.participants:
        return refuse(case, event, Step("command_takes_part", {"number": case.number, "address": address}))
    changed = replace(
        case,
        customer=case.customer or address,
        participants=(*case.participants, address),
        proposed=tuple(one for one in case.proposed if one != address),
    )
    return done(changed, event, Step("command_added", {"number": case.number, "address": address}))


def ask_confirmation(case: Case[C], event: CommandGiven, facts: CaseFacts, would: Step) -> Decision:
    """Do nothing yet; the code goes to the one who gave the command. `would` says what it would do (BX8)."""
    command = event.command
    pending = PendingConfirmation(code=facts.confirmation_code, line=command.line, by=event.by, at=event.at, command=command)
    asked = replace(case, details=replace(case.details, confirmations=(*case.details.confirmations, pending)))
    values = {"code": pending.code, "line": pending.line, "summary": would}
    question = SendNotice(notice="staff/confirmation_request", to=(event.by,), to_staff=True, values=values)
    step = Step("command_confirm_first", {"code": pending.code, "would": would})
    return replace(done(asked, event, step, question), reason=f"{event.by}: {command.line}: asked to confirm")


def confirm(case: Case[C], event: CommandGiven, give: Callable[[Case[C], CommandGiven], Decision]) -> Decision:
    """Give the command that waits for the code through `give`; only by who gave it, who alone got the code (BX8).

    `/confirm` itself comes back where no command waits for the code but a question of a clock.
    """
    waiting = case.details.confirmations
    pending = next((one for one in waiting if one.code.lower() == event.command.code.lower()), None)
    if pending is None:
        return refuse(case, event, Step("code_unknown", {"number": case.number, "code": event.command.code}))
    if pending.by not in (event.by, ANYBODY):
        return refuse(case, event, Step("command_confirm_own", {"number": case.number, "by": pending.by}))
    freed = replace(case, details=replace(case.details, confirmations=tuple(one for one in waiting if one is not pending)))
    return give(freed, replace(event, command=pending.command or event.command, confirmed=True))
