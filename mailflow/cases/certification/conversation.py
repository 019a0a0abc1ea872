"""Mail in a running certification: more papers before the decision, personnel reports after it, everything else to the reviewer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.letter import application_letter, review_commands, reviewers, tell_partner
from mailflow.cases.certification.opening import open_certification, read_own_application, read_own_corrections, with_later_papers
from mailflow.cases.certification.personnel import is_report, take_report, told_to_staff
from mailflow.policy.case import Case
from mailflow.policy.certification import CertificationDetails
from mailflow.policy.customer_message import ask_staff, relay_to_staff
from mailflow.policy.decision import Decision, Note, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import RELAYED_NOTICES, MailReceived
from mailflow.policy.facts import Facts


def add_partner_mail(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A participant's mail."""
    participants = tuple(dict.fromkeys((*case.participants, event.sender)))
    known = case.changed(participants=participants)
    if event.customer_line is not None and event.customer_line.kind == "status":
        return _tell_status(known, event)
    if case.state == "applied":
        today = facts.calendar.local_day(event.at)
        later, corrected = read_own_application(event, today), read_own_corrections(event, today)
        fuller = known.changed(details=replace(case.details, application=with_later_papers(case.details.application, later, corrected)))
        letter = application_letter(fuller, event, facts, desk, is_new=False)
        return Decision(case=fuller, effects=(letter,), reason=f"{event.sender} added to the application")
    report = take_report(known, event, facts, desk, now) if case.state == "certified" else None
    if report is not None and report.case is not None:
        relayed = relay(report.case, event, desk, told_to_staff(report.case), to=(*reviewers(desk), *desk.staff_of(Role.ESCALATION)))
        return replace(report, effects=(*report.effects, relayed))
    if _applies_again(event, facts):
        earlier = tuple(sorted((*facts.certifications, case), key=lambda one: one.opened_at))
        return open_certification(replace(event, linked_to=case.number), replace(facts, certifications=earlier), desk, now)
    steps = (Step("not_service_manager", {"sender": event.sender}),) if case.state == "certified" and is_report(event, facts) else ()
    return Decision(case=known, effects=(relay(known, event, desk, steps),), reason=f"{event.sender} wrote to the case")


def _tell_status(case: Case, event: MailReceived) -> Decision:
    """STATUS is answered at once, to whoever asked (SR9)."""
    details: CertificationDetails = case.details
    answer = tell_partner(
        case,
        "status",
        decision_due=details.decision_due,
        stars=details.stars,
        valid_through=details.valid_through,
        open_vacancies=tuple(one for one in details.vacancies if one.is_open) if case.state == "certified" else (),
        steps={"applied": details.decision_steps, "certified": details.validity_steps}.get(case.state, ()),
    )
    told = () if event.unanswered_because else (replace(answer, to=(event.sender,), cc=(), immediate_answer=True),)
    return Decision(case=case, effects=told, reason=f"{event.sender} asked how it stands")


def _applies_again(event: MailReceived, facts: Facts) -> bool:
    """After the decision a mail with papers that name certificates, or the stars wanted, is the next application."""
    application = read_own_application(event, facts.calendar.local_day(event.at))
    return bool(event.mail.attachments and (application.engineers or application.stars)) or bool(
        application.engineers and application.stars
    )


def add_staff_mail(case: Case, event: MailReceived, desk: Desk) -> Decision:
    """An answer to a relayed mail goes to the partner; an answer to any other notice is an internal note, and its writer is told (SR5)."""
    text = event.new_text.strip()
    if event.answers_notice not in RELAYED_NOTICES or not text:
        note = Note(text=text or "(no text)", who=event.sender)
        told = (_give_way_to_partner(case, event, desk),) if text and event.answers_notice.startswith("certification/") else ()
        return Decision(case=case, effects=(note, *told), reason=f"internal note of {event.sender}")
    message = SendNotice(
        notice="service_request/staff_message",
        to=(case.customer,),
        cc=case.other_participants,
        values={"text": text},
        forward_attachments=True,
    )
    return Decision(case=case, effects=(message,), reason=f"{event.sender} wrote to the partner")


def _give_way_to_partner(case: Case, event: MailReceived, desk: Desk) -> SendNotice:
    """The mail to answer instead: what is written to it goes to the partner."""
    return ask_staff(
        case.customer,
        (event.sender,),
        summary=_summary(case),
        commands=review_commands(case, desk),
        flags=(Step("certification_note_reached_nobody", {"customer": case.customer}),),
    )


def relay(case: Case, event: MailReceived, desk: Desk, steps: Derivation = (), to: tuple[str, ...] = ()) -> SendNotice:
    """The partner's mail for the reviewer, who may answer it."""
    staff = tuple(dict.fromkeys(to)) or reviewers(desk)
    return relay_to_staff(event, staff, summary=_summary(case), commands=review_commands(case, desk), steps=steps)


def _summary(case: Case) -> tuple[tuple[str, str], ...]:
    """(label, text) rows on top of a mail to staff; labels are keys of [labels]."""
    rows = (
        ("customer", f"{case.customer_name} <{case.customer}>" if case.customer_name else case.customer),
        ("company", case.company),
        ("state", case.state),
    )
    return tuple((label, text) for label, text in rows if text)
