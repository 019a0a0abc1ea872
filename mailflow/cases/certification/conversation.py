"""Mail in a running certification: more papers before the decision, personnel reports after it, everything else to the reviewer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.facts import CertificationFacts
from mailflow.cases.certification.letters import (
    application_letter,
    policy_of,
    registered_certificate,
    review_commands,
    reviewers,
    tell_partner,
)
from mailflow.cases.certification.opening import new_certification, open_certification, with_later_papers
from mailflow.cases.certification.validity import end_of_months, end_of_validity, stop_vacancy, vacancy_clock, validity_clock
from mailflow.message.documents.certification import Arrival, Departure, PersonnelReport
from mailflow.policy.case import holds
from mailflow.policy.certification import Application, Certification, CertificationDetails, Vacancy
from mailflow.policy.customer_message import answer_at_once, ask_staff, forward_to_staff, keep_as_note, write_to_customer
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import CertificationPolicy, Desk, Role
from mailflow.policy.event import FORWARDED_NOTICES, MailReceived, SenderRole


def add_partner_mail(case: Certification, event: MailReceived, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """A participant's mail."""
    participants = tuple(dict.fromkeys((*case.participants, event.sender)))
    known = replace(case, participants=participants)
    if event.customer_line is not None and event.customer_line.kind == "status":
        return tell_status(known, event)
    if case.state == "applied":
        application = with_later_papers(case.details.application, facts.application, facts.corrections)
        fuller = replace(known, details=replace(case.details, application=application))
        letter = application_letter(fuller, event, facts, desk, is_new=False)
        return Decision(case=fuller, effects=(letter,), reason=f"{event.sender} added to the application")
    report = take_report(known, event, facts, desk, now) if case.state == "certified" else None
    if report is not None and report.case is not None and holds(report.case, CertificationDetails):
        forwarded = forward(report.case, event, desk, told_to_staff(report.case), to=(*reviewers(desk), *desk.staff_of(Role.ESCALATION)))
        return replace(report, effects=(*report.effects, forwarded))
    # After the decision a mail with papers that name certificates, or the stars wanted, is the next application.
    names, stars = bool(facts.application.engineers), bool(facts.application.stars)
    if (names and stars) or (event.mail.attachments and (names or stars)):
        earlier = tuple(sorted((*facts.certifications, case), key=lambda one: one.opened_at))
        return open_certification(replace(event, linked_to=case.number), replace(facts, certifications=earlier), desk, now)
    steps = (Step("not_service_manager", {"sender": event.sender}),) if case.state == "certified" and facts.report else ()
    return Decision(case=known, effects=(forward(known, event, desk, steps),), reason=f"{event.sender} wrote to the case")


def tell_status(case: Certification, event: MailReceived) -> Decision:
    """STATUS is answered at once, to whoever asked (SR9)."""
    details = case.details
    answer = tell_partner(
        case,
        "status",
        decision_due=details.decision_due,
        stars=details.stars,
        valid_through=details.valid_through,
        open_vacancies=tuple(one for one in details.vacancies if one.is_open) if case.state == "certified" else (),
        steps={"applied": details.decision_steps, "certified": details.validity_steps}.get(case.state, ()),
    )
    answered = answer_at_once(event, replace(answer, to=(event.sender,), cc=()))
    return Decision(case=case, effects=answered, reason=f"{event.sender} asked how it stands")


def add_staff_mail(case: Certification, event: MailReceived, desk: Desk) -> Decision:
    """Send an answer to a forwarded mail to the partner; any other mail of staff is an internal note, and its writer is told (SR5)."""
    text = event.new_text.strip()
    if event.answers_notice not in FORWARDED_NOTICES or not text:
        if not text or not event.answers_notice.startswith("certification/"):
            return keep_as_note(case, event)
        # The mail to answer instead: what is written to it goes to the partner.
        flags, commands = (Step("certification_note_reached_nobody", {"customer": case.customer}),), review_commands(case, desk)
        way = ask_staff(case.customer, (event.sender,), summary=_summary(case), commands=commands, flags=flags)
        return keep_as_note(case, event, way)
    return Decision(case=case, effects=(write_to_customer(case, event),), reason=f"{event.sender} wrote to the partner")


def forward(case: Certification, event: MailReceived, desk: Desk, steps: Derivation = (), to: tuple[str, ...] = ()) -> SendNotice:
    """The partner's mail for the reviewer, who may answer it."""
    staff = tuple(dict.fromkeys(to)) or reviewers(desk)
    return forward_to_staff(event, staff, summary=_summary(case), commands=review_commands(case, desk), steps=steps)


def _summary(case: Certification) -> tuple[tuple[str, str], ...]:
    """(label, text) rows on top of a mail to staff; labels are keys of [labels]."""
    rows = (
        ("customer", f"{case.customer_name} <{case.customer}>" if case.customer_name else case.customer),
        ("company", case.company),
        ("state", case.state),
    )
    return tuple((label, text) for label, text in rows if text)


def is_service_manager(case: Certification, event: MailReceived, facts: CertificationFacts) -> bool:
    """By the register, which names the manager by address or by name; where it names none, by the application."""
    application: Application = case.details.application
    named = (facts.partner.service_manager if facts.partner else "").strip().casefold()
    if not named:
        return event.sender == application.service_manager_email
    if "@" in named:
        return event.sender in re.split(r"[\s<>;,()\"]+", named)
    # Anybody can write a name: it counts where our border vouches for the partner's address beside it.
    return event.authenticated and event.customer.name.strip().casefold() == named


def take_report(case: Certification, event: MailReceived, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision | None:
    """The report that the mail is, booked and answered; None where it is none, or not the service manager's."""
    report = facts.report
    if report is None or not is_service_manager(case, event, facts):
        return None
    changed: Certification = case
    effects: list[Effect] = []
    for departure in report.left:
        changed, more = _book_exit(changed, event, departure, facts, desk, now)
        effects += more
    for arrival in report.joined:
        changed, more = _book_successor(changed, arrival, desk)
        effects += more
    answer = answer_at_once(event, _answer(changed, event, report, desk))
    return Decision(case=changed, effects=(*effects, *answer), reason=f"{event.sender} reported a change among the engineers")


def _book_exit(
    case: Certification, event: MailReceived, departure: Departure, facts: CertificationFacts, desk: Desk, now: datetime
) -> tuple[Certification, tuple[Effect, ...]]:
    policy = policy_of(desk)
    vacancy = vacancy_of(case.details, departure, facts, policy, event.at)
    if any(known.key == vacancy.key for known in case.details.vacancies):
        return case, (Note(text=f"the exit of {vacancy.engineer} was reported before"),)
    details = replace(case.details, vacancies=(*case.details.vacancies, vacancy))
    due = facts.calendar.end_of_term(vacancy.left_on, policy.personnel_report)
    lateness = "late" if vacancy.is_late else "in time"
    note = (
        f"{vacancy.engineer} ({vacancy.level or 'level not known'}) left on {vacancy.left_on.isoformat()}; reported {lateness}, "
        f"due {vacancy.report_due.isoformat()}; the place is to be filled by {vacancy.fill_by.isoformat()}"
    )
    noted = Note(text=note, who=event.sender, steps=due.steps)
    return replace(case, details=details), (noted, *vacancy_clock(vacancy, facts.calendar, policy, now))


def vacancy_of(
    details: CertificationDetails, departure: Departure, facts: CertificationFacts, policy: CertificationPolicy, at: datetime
) -> Vacancy:
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


def _book_successor(case: Certification, arrival: Arrival, desk: Desk) -> tuple[Certification, tuple[Effect, ...]]:
    """The oldest open vacancy of the new engineer's level is filled, else of a lower one: a higher certificate replaces a lower one."""
    policy = policy_of(desk)
    details = case.details
    fitting = [one for one in details.vacancies if one.is_open and is_level_enough(arrival.level, one.level, policy)]
    vacancy = next((one for one in fitting if one.level == arrival.level), fitting[0] if fitting else None)
    if vacancy is None:
        return case, (Note(text=f"{arrival.name} ({arrival.level or 'level not stated'}) was reported, but fills no open place"),)
    filled = tuple(replace(one, filled_by=arrival.name) if one is vacancy else one for one in details.vacancies)
    note = Note(text=f"{arrival.name} ({arrival.level}) takes the place of {vacancy.engineer}")
    return replace(case, details=replace(details, vacancies=filled)), (note, *stop_vacancy(vacancy, policy))


def is_level_enough(level: str, wanted: str, policy: CertificationPolicy) -> bool:
    """Whether a certificate of that level fills a place of the wanted one; a level that nobody named does not."""
    if level not in policy.levels:
        return False
    return wanted not in policy.levels or policy.levels.index(level) >= policy.levels.index(wanted)


def _answer(case: Certification, event: MailReceived, report: PersonnelReport, desk: Desk) -> SendNotice:
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
    return replace(answer, to=(event.sender,), cc=tuple(one for one in case.participants if one != event.sender))


def told_to_staff(case: Certification) -> tuple[Step, ...]:
    """The open vacancies, for staff who read the report."""
    return tuple(
        Step("vacancy_open", {"engineer": one.engineer, "level": one.level or "-", "left_on": one.left_on, "fill_by": one.fill_by})
        for one in case.details.vacancies
        if one.is_open
    )


def take_first_report(event: MailReceived, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision | None:
    """The case of the registered certificate, with what the mail reports; None where it is no report, or no certificate is in force."""
    policy, today = policy_of(desk), facts.calendar.local_day(event.at)
    held = registered_certificate(facts, desk)
    is_proven = event.authenticated and event.sender_role is not SenderRole.STRANGER
    if held is None or not held.is_in_force(today) or not is_proven:
        return None
    # What applies for stars is an application, whatever else it tells.
    if facts.report is None or facts.application.stars is not None:
        return None
    end = end_of_validity(held.issued_on, policy)
    details = CertificationDetails(
        application=Application(),
        partner=facts.partner.name if facts.partner else "",
        domain=facts.partner.domain if facts.partner else "",
        stars=held.stars,
        issued_on=held.issued_on,
        valid_through=held.valid_through,
        validity_steps=end.steps,
        held=held,
    )
    case = replace(new_certification(event, facts, desk), state="certified", details=details, linked=())
    added = add_partner_mail(case, event, facts, desk, now)
    known = f"certified by the register with {held.stars} stars through {held.valid_through.isoformat()}"
    clock = validity_clock(held.valid_through, end.steps, facts.calendar, policy, now)
    return Decision(case=added.case, effects=(*clock, *added.effects), reason=f"{known}; {added.reason}")
