"""Changes among a certified partner's engineers (DK2): the service manager reports them within three working days of the exit; the
vacancy is filled with an engineer of the same level within three months."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.letter import policy_of, tell_partner
from mailflow.cases.certification.validity import end_of_months, stop_vacancy, vacancy_clock
from mailflow.message.certification.personnel import read_personnel_report
from mailflow.message.certification.values import PersonnelReport
from mailflow.policy.case import Case
from mailflow.policy.certification import Application, CertificationDetails, Vacancy
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import CertificationPolicy, Desk
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts


def is_service_manager(case: Case, event: MailReceived, facts: Facts) -> bool:
    """By the register, which names the manager by address or by name; where it names none, by the application."""
    application: Application = case.details.application
    named = (facts.partner.service_manager if facts.partner else "").strip().casefold()
    if not named:
        return event.sender == application.service_manager_email
    if "@" in named:
        return event.sender in re.split(r"[\s<>;,()\"]+", named)
    # Anybody can write a name: it counts where our border vouches for the partner's address beside it.
    return event.authenticated and event.customer.name.strip().casefold() == named


def is_report(event: MailReceived, facts: Facts) -> bool:
    """Whether the mail tells of an exit or of a new engineer, whoever wrote it."""
    return read_personnel_report(event.new_text, facts.calendar.local_day(event.at)) is not None


def take_report(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision | None:
    """The report that the mail is, booked and answered; None where it is none, or not the service manager's."""
    report = read_personnel_report(event.new_text, facts.calendar.local_day(event.at))
    if report is None or not is_service_manager(case, event, facts):
        return None
    changed, effects = _book_exit(case, event, report, facts, desk, now) if report.left else (case, ())
    filled, more = _book_successor(changed, report, desk) if report.joined else (changed, ())
    answer = () if event.unanswered_because else (_answer(filled, event, report, facts, desk),)
    return Decision(case=filled, effects=(*effects, *more, *answer), reason=f"{event.sender} reported a change among the engineers")


def _book_exit(
    case: Case, event: MailReceived, report: PersonnelReport, facts: Facts, desk: Desk, now: datetime
) -> tuple[Case, tuple[Effect, ...]]:
    policy = policy_of(desk)
    vacancy = vacancy_of(case.details, report, facts, policy, event.at)
    if any(known.key == vacancy.key for known in case.details.vacancies):
        return case, (Note(text=f"the exit of {vacancy.engineer} was reported before"),)
    details = replace(case.details, vacancies=(*case.details.vacancies, vacancy))
    due = facts.calendar.end_of_term(vacancy.left_on, policy.personnel_report)
    lateness = "late" if vacancy.reported_on > vacancy.report_due else "in time"
    told = (
        f"{vacancy.engineer} ({vacancy.level or 'level not known'}) left on {vacancy.left_on.isoformat()}; reported {lateness}, "
        f"due {vacancy.report_due.isoformat()}; the place is to be filled by {vacancy.fill_by.isoformat()}"
    )
    noted = Note(text=told, who=event.sender, steps=due.steps)
    return case.changed(details=details), (noted, *vacancy_clock(vacancy, facts.calendar, policy, now))


def vacancy_of(details: CertificationDetails, report: PersonnelReport, facts: Facts, policy: CertificationPolicy, at: datetime) -> Vacancy:
    """The vacancy with its two terms, both from the exit. The level is as reported, else as the application named it."""
    today = facts.calendar.local_day(at)
    left_on = report.left_on or today
    known = next((one.level for one in details.application.engineers if one.name.casefold() == report.left.casefold()), "")
    return Vacancy(
        engineer=report.left,
        level=report.left_level or known,
        left_on=left_on,
        reported_on=today,
        report_due=facts.calendar.end_of_term(left_on, policy.personnel_report).day,
        fill_by=end_of_months(left_on, policy.vacancy_months).day,
    )


def _book_successor(case: Case, report: PersonnelReport, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """The oldest open vacancy of the new engineer's level, or of a lower one, is filled: a higher certificate replaces a lower one."""
    policy = policy_of(desk)
    details: CertificationDetails = case.details
    vacancy = next((one for one in details.vacancies if one.is_open and is_level_enough(report.joined_level, one.level, policy)), None)
    if vacancy is None:
        return case, (Note(text=f"{report.joined} ({report.joined_level or 'level not stated'}) was reported, but fills no open place"),)
    filled = tuple(replace(one, filled_by=report.joined) if one is vacancy else one for one in details.vacancies)
    told = Note(text=f"{report.joined} ({report.joined_level}) takes the place of {vacancy.engineer}")
    return case.changed(details=replace(details, vacancies=filled)), (told, *stop_vacancy(vacancy, policy))


def is_level_enough(level: str, wanted: str, policy: CertificationPolicy) -> bool:
    """Whether a certificate of that level fills a place of the wanted one; a level that nobody named does not."""
    if level not in policy.levels:
        return False
    return wanted not in policy.levels or policy.levels.index(level) >= policy.levels.index(wanted)


def _answer(case: Case, event: MailReceived, report: PersonnelReport, facts: Facts, desk: Desk) -> Effect:
    """What was understood and by when the place must be filled."""
    details: CertificationDetails = case.details
    exit_booked = next((one for one in details.vacancies if report.left and one.engineer == report.left), None)
    filled = next((one for one in details.vacancies if report.joined and one.filled_by == report.joined), None)
    answer = tell_partner(
        case,
        "personnel_report",
        vacancy=exit_booked,
        is_late=exit_booked is not None and exit_booked.reported_on > exit_booked.report_due,
        personnel_term=policy_of(desk).personnel_report,
        filled=filled,
        joined=report.joined,
        joined_level=report.joined_level,
        open_vacancies=tuple(one for one in details.vacancies if one.is_open),
        steps=end_of_months(exit_booked.left_on, policy_of(desk).vacancy_months).steps if exit_booked and not filled else (),
    )
    return replace(answer, to=(event.sender,), cc=tuple(one for one in case.participants if one != event.sender), immediate_answer=True)


def told_to_staff(case: Case) -> tuple[Step, ...]:
    """The open vacancies, for staff who read the report."""
    return tuple(
        Step("vacancy_open", {"engineer": one.engineer, "level": one.level or "-", "left_on": one.left_on, "fill_by": one.fill_by})
        for one in case.details.vacancies
        if one.is_open
    )
