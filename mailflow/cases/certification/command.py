"""The reviewer's commands (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.checklist import unmet_points
from mailflow.cases.certification.facts import CertificationFacts
from mailflow.cases.certification.letters import checked, policy_of, tell_partner
from mailflow.cases.certification.validity import DECISION_CLOCK, VALIDITY_CLOCK, end_of_validity, stop, validity_clock
from mailflow.message.staff.command import parse_commands
from mailflow.policy.case import PendingConfirmation
from mailflow.policy.certification import Certification
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven

Rule = Callable[[Certification, CommandGiven, CertificationFacts, Desk, datetime], Decision]

DECIDES = (Role.REVIEWER, Role.ESCALATION)
"""Who may approve, reject and cancel."""
OF_DECISION = ("approve", "reject", "cancel", "confirm")


def give_command(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """The rule of the command's name; a name without one is refused."""
    name = event.command.name
    if name not in RULES:
        return _refuse(case, Step("not_for_certification", {"command": f"/{name}"}))
    if name in OF_DECISION and not any(role in DECIDES for role in event.roles):
        return _refuse(case, Step("reviewer_only", {"command": f"/{name}"}))
    return RULES[name](case, event, facts, desk, now)


def _refuse(case: Certification, why: Step) -> Decision:
    told = ", ".join(str(value) for value in why.values.values())
    return Decision(case=case, reason=f"{why.name.replace('_', ' ')}: {told}", refused=why)


def _done(case: Certification, event: CommandGiven, done: Step, *effects: Effect) -> Decision:
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=done)


def give_approve(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Certify the partner with the stars that the command names, for a year from the day of the mail (DK2)."""
    policy, stars = policy_of(desk), event.command.stars or 0
    if case.state != "applied":
        return _refuse(case, Step("certification_decided", {"number": case.number, "state": case.state}))
    if stars not in policy.stars:
        return _refuse(case, Step("no_such_stars", {"stars": stars, "known": tuple(str(one) for one in policy.stars)}))
    issued_on = facts.calendar.local_day(event.at)
    end = end_of_validity(issued_on, policy)
    details = replace(case.details, stars=stars, issued_on=issued_on, valid_through=end.day, validity_steps=end.steps)
    certified = case.changed(state="certified", details=details)
    unmet = unmet_points(checked(case, facts, desk), stars)
    effects = (
        tell_partner(
            certified,
            "approved",
            attach=("certificate",),
            stars=stars,
            valid_through=end.day,
            personnel_term=policy.personnel_report,
            vacancy_months=policy.vacancy_months,
            steps=end.steps,
        ),
        *stop(*DECISION_CLOCK),
        *validity_clock(end.day, end.steps, facts.calendar, policy, now),
        Note(text=f"certified with {stars} stars through {end.day.isoformat()}", steps=end.steps),
        *((Note(text=f"approved although the application does not show: {', '.join(unmet)}"),) if unmet else ()),
    )
    return _done(certified, event, Step("certified", {"number": case.number, "stars": stars, "day": end.day}), *effects)


def give_reject(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Reject the application, with the reason to the partner."""
    if case.state != "applied":
        return _refuse(case, Step("certification_decided", {"number": case.number, "state": case.state}))
    rejected = case.changed(state="rejected", closed_at=event.at)
    letter = tell_partner(rejected, "rejected", reason=event.command.reason)
    return _done(rejected, event, Step("certification_rejected", {"number": case.number}), letter, *stop(*DECISION_CLOCK))


def give_close(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Only what is no application at all is closed without a word; everything else is decided."""
    if not event.command.spam or case.state != "applied":
        return _refuse(case, Step("certification_needs_decision", {"number": case.number}))
    closed = case.changed(state="rejected", closed_at=event.at)
    return _done(closed, event, Step("certification_spam", {"number": case.number}), *stop(*DECISION_CLOCK))


def give_cancel(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Withdraws a certificate, after a confirmation (BX8)."""
    if case.state != "certified":
        return _refuse(case, Step("no_certificate", {"number": case.number, "state": case.state}))
    if not event.confirmed:
        return _ask_confirmation(case, event, facts)
    cancelled = case.changed(state="cancelled", closed_at=event.at)
    letter = tell_partner(cancelled, "cancelled", reason=event.command.reason, stars=case.details.stars, cancelled_on=event.at)
    return _done(cancelled, event, Step("certificate_cancelled", {"number": case.number}), letter, *stop(*VALIDITY_CLOCK))


def _ask_confirmation(case: Certification, event: CommandGiven, facts: CertificationFacts) -> Decision:
    pending = PendingConfirmation(code=facts.confirmation_code, line=event.command.line, by=event.by, at=event.at)
    asked = case.changed(details=replace(case.details, confirmations=(*case.details.confirmations, pending)))
    summary = Step("would_cancel_certificate", {"number": case.number, "partner": case.company or case.customer})
    question = SendNotice(
        notice="staff/confirmation_request",
        to=(event.by,),
        to_staff=True,
        values={"code": pending.code, "line": pending.line, "summary": summary},
    )
    return _done(asked, event, Step("certification_confirm_first", {"code": pending.code}), question)


def give_confirm(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Carry out the command that waits for the code; only for who gave it (BX8)."""
    waiting = case.details.confirmations
    pending = next((one for one in waiting if one.code.lower() == event.command.code.lower()), None)
    if pending is None:
        return _refuse(case, Step("certification_nothing_to_confirm", {"number": case.number, "code": event.command.code}))
    if pending.by != event.by:
        return _refuse(case, Step("certification_confirm_own", {"number": case.number, "by": pending.by}))
    freed = case.changed(details=replace(case.details, confirmations=tuple(one for one in waiting if one is not pending)))
    command = parse_commands(pending.line, prefixes=tuple(desk.number_prefixes.values())).commands[0]
    return give_command(freed, replace(event, command=command, confirmed=True), facts, desk, now)


def give_note(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Critical events of the year are kept so; the next application shows them to its reviewer."""
    return _done(case, event, Step("certification_note_kept", {}), Note(text=event.command.text, who=event.by))


def give_assign(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Put a member of staff in charge."""
    address = event.by if event.command.address in ("", "me") else event.command.address
    if not desk.roles_of(address):
        return _refuse(case, Step("certification_not_staff", {"address": address}))
    return _done(case.changed(assignee=address), event, Step("certification_assigned", {"number": case.number, "address": address}))


RULES: Mapping[str, Rule] = {
    "approve": give_approve,
    "reject": give_reject,
    "cancel": give_cancel,
    "confirm": give_confirm,
    "close": give_close,
    "note": give_note,
    "assign": give_assign,
}
