"""The reviewer's commands (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.checklist import unmet_points
from mailflow.cases.certification.facts import CertificationFacts
from mailflow.cases.certification.letters import checked, policy_of, tell_partner
from mailflow.cases.certification.validity import DECISION_CLOCK, VALIDITY_CLOCK, end_of_validity, stop, validity_clock
from mailflow.policy import command_rules
from mailflow.policy.certification import Certification, CertificationDetails
from mailflow.policy.command_rules import Rule, ask_confirmation, confirm, done, give_assign, give_note, refuse
from mailflow.policy.decision import Decision, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven

DECIDES = (Role.REVIEWER, Role.ESCALATION)
"""Who may approve, reject and cancel."""
OF_DECISION = ("approve", "reject", "cancel", "confirm")


def give_command(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Apply the rule of the command's name; what decides is for reviewers and managers alone."""
    if event.command.name in OF_DECISION and not any(role in DECIDES for role in event.roles):
        return refuse(case, event, Step("reviewer_only", {"command": f"/{event.command.name}"}))
    return command_rules.give_command(RULES, case, event, facts, desk, now)


def give_approve(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Certify the partner with the stars that the command names, for a year from the day of the mail (DK2)."""
    policy, stars = policy_of(desk), event.command.stars or 0
    if case.state != "applied":
        return refuse(case, event, Step("certification_decided", {"number": case.number, "state": case.state}))
    if stars not in policy.stars:
        return refuse(case, event, Step("no_such_stars", {"stars": stars, "known": tuple(str(one) for one in policy.stars)}))
    issued_on = facts.calendar.local_day(event.at)
    end = end_of_validity(issued_on, policy)
    details = replace(case.details, stars=stars, issued_on=issued_on, valid_through=end.day, validity_steps=end.steps)
    certified = replace(case, state="certified", details=details)
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
    return done(certified, event, Step("certified", {"number": case.number, "stars": stars, "day": end.day}), *effects)


def give_reject(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Reject the application, with the reason to the partner."""
    if case.state != "applied":
        return refuse(case, event, Step("certification_decided", {"number": case.number, "state": case.state}))
    rejected = replace(case, state="rejected", closed_at=event.at)
    letter = tell_partner(rejected, "rejected", reason=event.command.reason)
    return done(rejected, event, Step("certification_rejected", {"number": case.number}), letter, *stop(*DECISION_CLOCK))


def give_close(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Only what is no application at all is closed without a word; everything else is decided."""
    if not event.command.spam or case.state != "applied":
        return refuse(case, event, Step("certification_needs_decision", {"number": case.number}))
    closed = replace(case, state="rejected", closed_at=event.at)
    return done(closed, event, Step("certification_spam", {"number": case.number}), *stop(*DECISION_CLOCK))


def give_cancel(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Withdraws a certificate, after a confirmation (BX8)."""
    if case.state != "certified":
        return refuse(case, event, Step("no_certificate", {"number": case.number, "state": case.state}))
    if not event.confirmed:
        would = Step("would_cancel_certificate", {"number": case.number, "partner": case.company or case.customer})
        return ask_confirmation(case, event, facts, would)
    cancelled = replace(case, state="cancelled", closed_at=event.at)
    letter = tell_partner(cancelled, "cancelled", reason=event.command.reason, stars=case.details.stars, cancelled_on=event.at)
    return done(cancelled, event, Step("certificate_cancelled", {"number": case.number}), letter, *stop(*VALIDITY_CLOCK))


def give_confirm(case: Certification, event: CommandGiven, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Carry out the command that waits for the code."""
    return confirm(case, event, lambda freed, given: give_command(freed, given, facts, desk, now))


RULES: Mapping[str, Rule[CertificationDetails, CertificationFacts]] = {
    "approve": give_approve,
    "reject": give_reject,
    "cancel": give_cancel,
    "confirm": give_confirm,
    "close": give_close,
    "note": give_note,
    "assign": give_assign,
}
