"""Changes among a certified partner's engineers (DK2): the service manager reports them within three working days of the exit; the
vacancy is filled with an engineer of the same level within three months."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.letter import policy_of, tell_partner
from mailflow.cases.certification.validity import end_of_months, stop_vacancy, vacancy_clock
from mailflow.message.certification.personnel import read_personnel_report
from mailflow.message.certification.values import Arrival, Departure, PersonnelReport
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
    changed: Case = case
    effects: list[Effect] = []
    for departure in report.left:
        changed, more = _book_exit(changed, event, departure, facts, desk, now)
        effects += more
    for arrival in report.joined:
        changed, more = _book_successor(changed, arrival, desk)
        effects += more
    answer = () if event.unanswered_because else (_answer(changed, event, report, desk),)
    return Decision(case=changed, effects=(*effects, *answer), reason=f"{event.sender} reported a change among the engineers")


def _book_exit(
    case: Case, event: MailReceived, departure: Departure, facts: Facts, desk: Desk, now: datetime
) -> tuple[Case, tuple[Effect, ...]]:
    policy = policy_of(desk)
    vacancy = vacancy_of(case.details, departure, facts, policy, event.at)
    if any(known.key == vacancy.key for known in case.details.vacancies):
        return case, (Note(text=f"the exit of {vacancy.engineer} was reported before"),)
    details = replace(case.details, vacancies=(*case.details.vacancies, vacancy))
    due = facts.calendar.end_of_term(vacancy.left_on, policy.personnel_report)
    lateness = "late" if vacancy.is_late else "in time"
    told = (
        f"{vacancy.engineer} ({vacancy.level or 'level not known'}) left on {vacancy.left_on.isoformat()}; reported {lateness}, "
        f"due {vacancy.report_due.isoformat()}; the place is to be filled by {vacancy.fill_by.isoformat()}"
    )
    noted = Note(text=told, who=event.sender, steps=due.steps)
    return case.changed(details=details), (noted, *vacancy_clock(vacancy, facts.calendar, policy, now))


def vacancy_of(details: CertificationDetails, departure: Departure, facts: Facts, policy: CertificationPolicy, at: datetime) -> Vacancy:
    """The vacancy with its two terms, both from the exit. The level is as reported, else as the application named it."""
    known = next((one.level for one in details.application.engineers if one.name.casefold() == departure.name.casefold()), "")
    return Vacancy(
        engineer=departure.name,
        level=departure.level or known,
        left_on=departure.left_on,
        reported_on=facts.calendar.local_day(at),
        report_due=facts.calendar.end_of_term(departure.left_on, policy.personnel_report).day,
        fill_by=end_of_months(departure.left_on, policy.vacancy_months).day,
    )


def _book_successor(case: Case, arrival: Arrival, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """The oldest open vacancy of the new engineer's level is filled, else of a lower one: a higher certificate replaces a lower one."""
    policy = policy_of(desk)
    details: CertificationDetails = case.details
    fitting = [one for one in details.vacancies if one.is_open and is_level_enough(arrival.level, one.level, policy)]
    vacancy = next((one for one in fitting if one.level == arrival.level), fitting[0] if fitting else None)
    if vacancy is None:
        return case, (Note(text=f"{arrival.name} ({arrival.level or 'level not stated'}) was reported, but fills no open place"),)
    filled = tuple(replace(one, filled_by=arrival.name) if one is vacancy else one for one in details.vacancies)
    told = Note(text=f"{arrival.name} ({arrival.level}) takes the place of {vacancy.engineer}")
    return case.changed(details=replace(details, vacancies=filled)), (told, *stop_vacancy(vacancy, policy))


def is_level_enough(level: str, wanted: str, policy: CertificationPolicy) -> bool:
    """Whether a certificate of that level fills a place of the wanted one; a level that nobody named does not."""
    if level not in policy.levels:
        return False
    return wanted not in policy.levels or policy.levels.index(level) >= policy.levels.index(wanted)


def _answer(case: Case, event: MailReceived, report: PersonnelReport, desk: Desk) -> Effect:
    """What was understood and by when each place must be filled."""
    details, policy = case.details, policy_of(desk)
    left, joined = {one.name for one in report.left}, {one.name for one in report.joined}
    exits = tuple(one for one in details.vacancies if one.engineer in left)
    filled = tuple(one for one in details.vacancies if one.filled_by in joined)
    starts = dict.fromkeys(one.left_on for one in exits if one.is_open)
    answer = tell_partner(
        case,
        "personnel_report",
        vacancies=exits,
        personnel_term=policy.personnel_report,
        filled=filled,
        unplaced=tuple(one for one in report.joined if one.name not in {vacancy.filled_by for vacancy in filled}),
        open_vacancies=tuple(one for one in details.vacancies if one.is_open),
        steps=tuple(step for left_on in starts for step in end_of_months(left_on, policy.vacancy_months).steps),
    )
    return replace(answer, to=(event.sender,), cc=tuple(one for one in case.participants if one != event.sender), immediate_answer=True)


def told_to_staff(case: Case) -> tuple[Step, ...]:
    """The open vacancies, for staff who read the report."""
    return tuple(
        Step("vacancy_open", {"engineer": one.engineer, "level": one.level or "-", "left_on": one.left_on, "fill_by": one.fill_by})
        for one in case.details.vacancies
        if one.is_open
    )
