"""What a certification does when one of its deadlines falls (DK2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.facts import CertificationFacts
from mailflow.cases.certification.letters import checked, policy_of, review_commands, reviewers, tell_partner, tell_staff
from mailflow.cases.certification.validity import DECISION_DUE, DECISION_OVERDUE, EXPIRED, REMINDER, VACANCY_REMINDER, end_of_months
from mailflow.policy.calendar import calendar_for
from mailflow.policy.certification import Certification
from mailflow.policy.decision import Decision
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk, Role
from mailflow.policy.digest import DigestLine, whose
from mailflow.policy.event import DeadlineFell

Rule = Callable[[Certification, DeadlineFell, CertificationFacts, Desk, datetime], Decision]


def on_deadline(case: Certification, event: DeadlineFell, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """One deadline kind, one rule."""
    if event.kind not in RULES:
        raise ValueError(f"a certification knows no deadline {event.kind!r}")
    return RULES[event.kind](case, event, facts, desk, now)


def ask_for_decision(case: Certification, event: DeadlineFell, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """Ask the reviewer for the decision, and once the last day is past the manager too; the digest tells it until it is there."""
    is_overdue = event.kind == DECISION_OVERDUE
    staff = tuple(dict.fromkeys((*reviewers(desk), *desk.staff_of(Role.ESCALATION)))) if is_overdue else reviewers(desk)
    if case.state != "applied":
        return Decision(case=case, reason=f"the application is {case.state}")
    details = case.details
    letter = tell_staff(
        case,
        "decision_due",
        staff,
        decision_due=details.decision_due,
        days_left=0 if is_overdue else int(event.key),
        is_overdue=is_overdue,
        steps=details.decision_steps,
        points=checked(case, facts, desk),
        stars=policy_of(desk).stars,
        applied_for=details.application.stars,
        commands=review_commands(case, desk),
    )
    return Decision(case=case, effects=(letter,), reason=f"a decision {'was' if is_overdue else 'is'} due by {details.decision_due}")


def remind_of_recertification(case: Certification, event: DeadlineFell, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """A partner that has applied again, or holds a newer certificate, needs no reminder."""
    if newer := _newer(case, facts, "applied", "certified"):
        return Decision(case=case, reason=f"{newer} follows it: no reminder is needed")
    details = case.details
    letter = tell_partner(
        case,
        "recertification_reminder",
        valid_through=details.valid_through,
        days_left=int(event.key),
        stars=details.stars,
        decision_days=policy_of(desk).decision,
        certificate_months=policy_of(desk).certificate_months,
        steps=details.validity_steps,
    )
    return Decision(case=case, effects=(letter,), reason=f"the certificate is valid through {details.valid_through}")


def expire(case: Certification, event: DeadlineFell, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """End the certificate on the first day after its last; the partner hears of it unless a newer one has taken its place."""
    details = case.details
    expired = replace(case, state="expired", closed_at=event.due_at)
    if newer := _newer(case, facts, "certified"):
        return Decision(case=expired, reason=f"the last valid day was {details.valid_through}; {newer} has taken its place")
    letter = tell_partner(expired, "expired", valid_through=details.valid_through, stars=details.stars, steps=details.validity_steps)
    return Decision(case=expired, effects=(letter,), reason=f"the last valid day was {details.valid_through}")


def _newer(case: Certification, facts: CertificationFacts, *states: str) -> str:
    """The number of the partner's later certification in one of the states, '' for none."""
    # The register's certificate is older than every case, also than one opened before its own.
    later = (one for one in facts.certifications if (one.opened_at > case.opened_at or case.details.held) and one.state in states)
    return next((one.number for one in later), "")


def remind_of_vacancy(case: Certification, event: DeadlineFell, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """The partner and the desk's manager hear of a place that is still vacant."""
    amount, _, key = event.key.partition(" ")
    vacancy = next((one for one in case.details.vacancies if one.key == key and one.is_open), None)
    if vacancy is None:
        return Decision(case=case, reason="the place is filled")
    days_left, steps = int(amount), end_of_months(vacancy.left_on, policy_of(desk).vacancy_months).steps
    managers = desk.staff_of(Role.ESCALATION)
    letters = (
        tell_partner(case, "vacancy_reminder", for_staff=False, vacancy=vacancy, days_left=days_left, steps=steps),
        tell_staff(case, "vacancy_reminder", managers, for_staff=True, vacancy=vacancy, days_left=days_left, steps=steps),
    )
    return Decision(case=case, effects=letters, reason=f"the place of {vacancy.engineer} is vacant; to be filled by {vacancy.fill_by}")


def missed_decision(case: Certification, desk: Desk, now: datetime) -> Iterator[DigestLine]:
    """Tell of an application that the reviewer left undecided past its last day (DK2, BX12)."""
    today, due = calendar_for("", "", desk.calendar).local_day(now), case.details.decision_due
    if case.state == "applied" and due and due < today:
        values: dict[str, Value] = {"number": case.number, "who": whose(case), "due": due, "days": (today - due).days}
        yield DigestLine(section="decisions", on=due, said=Step("digest_decision_overdue", values))


RULES: Mapping[str, Rule] = {
    DECISION_DUE: ask_for_decision,
    DECISION_OVERDUE: ask_for_decision,
    REMINDER: remind_of_recertification,
    EXPIRED: expire,
    VACANCY_REMINDER: remind_of_vacancy,
}
