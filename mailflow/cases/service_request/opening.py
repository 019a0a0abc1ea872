"""The birth of a request (SR1, IN5): number at once, and exactly one immediate answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailflow.cases.service_request.relay import tell_staff, understood
from mailflow.cases.service_request.response_clock import response_moment, start_clock
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import ClearDeadline, Decision, Effect, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.facts import Facts

INFORMATION_REMINDER = "information_reminder"
INFORMATION_DECISION = "information_decision"


def open_request(event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A new request from a mail. Complete and entitled is accepted, incomplete is asked back, all else a human decides."""
    details = read_details(ServiceRequestDetails(), event, facts, desk)
    case = Case(
        number=facts.new_numbers["service_request"],
        kind="service_request",
        desk=desk.name,
        state="new",
        opened_at=event.at,
        language=facts.language,
        country=facts.country,
        timezone=facts.timezone,
        customer=event.sender,
        customer_name=event.mail.sender.name or (facts.contact.name if facts.contact else details.name),
        company=facts.contract.company if facts.contract else event.extracted.company,
        participants=(event.sender, *_colleagues(event, facts)),
        subject=event.mail.subject,
        parent=event.linked_to,
        contract=facts.contract.number if facts.contract else None,
        priority=event.extracted.priority or desk.requests.default_priority,
        details=details,
    )
    case, effects = judge(case, event, facts, desk, now)
    links = (Note(text=_why_linked(event)),) if event.linked_to else ()
    return Decision(
        case=case,
        effects=(*effects, tell_staff(case, event, desk, is_new=True, steps=_entitlement_steps(facts)), *links),
        reason=f"a new request: {case.state}",
    )


def _why_linked(event: MailReceived) -> str:
    if event.standing is Standing.PARTICIPANT:
        return f"it refers to {event.linked_to}, which was closed too long ago to go on"
    return f"the mail named {event.linked_to}, whose participants do not include {event.sender}"


def read_details(known: ServiceRequestDetails, event: MailReceived, facts: Facts, desk: Desk) -> ServiceRequestDetails:
    """What is known after this mail: earlier answers stay, blanks are filled, serials add up; `missing` is reckoned anew (IN5)."""
    found = event.extracted
    serials = tuple(dict.fromkeys((*known.serials, *found.serials)))
    # What the register knows of another customer's device is not for this one's eyes.
    own = facts.contract.number if facts.contract else ""
    device = next((device for serial in serials if (device := facts.devices.get(serial)) and device.contract == own), None)
    values: dict[str, Any] = {
        "name": known.name or found.name or event.mail.sender.name,
        "telephone": known.telephone or found.telephone,
        "fax": known.fax or found.fax,
        "purchase_order": known.purchase_order or found.purchase_order,
        "contract": known.contract or found.contract,
        "model": known.model or found.model or (device.model if device else ""),
        "serials": serials,
        "software_version": known.software_version or found.software_version,
        "site_address": known.site_address or found.site_address,
        "symptoms": known.symptoms or found.symptoms,
        "impact": known.impact or found.priority_words,
    }
    return ServiceRequestDetails(
        **values,
        missing=_missing(values, event, facts, desk),
        entitlement=_entitlement(known, facts),
        accepted_at=known.accepted_at,
        responded_at=known.responded_at,
        surveyed=known.surveyed,
    )


def _missing(values: Mapping[str, Any], event: MailReceived, facts: Facts, desk: Desk) -> tuple[str, ...]:
    """A serial that looks mistyped is asked about, never mended silently (IN4)."""
    serials = values["serials"]
    is_doubtful = bool(_slips(event, facts)) and not any(serial in facts.devices for serial in serials)
    present = {"serial": bool(serials) and not is_doubtful, "contract": bool(values["contract"]), "symptoms": bool(values["symptoms"])}
    return tuple(name for name in desk.requests.demanded if not present[name])


def _entitlement(known: ServiceRequestDetails, facts: Facts) -> str:
    """What was granted stays granted; a verdict for want of facts is found anew with each mail (SR3)."""
    if known.entitlement == "entitled" or facts.entitlement is None:
        return known.entitlement
    return facts.entitlement.verdict


def _slips(event: MailReceived, facts: Facts) -> tuple[tuple[str, str], ...]:
    """(as written, as the register has it); only a sender that our border vouches for is told."""
    return tuple(facts.serial_slips.items()) if event.authenticated else ()


def _colleagues(event: MailReceived, facts: Facts) -> tuple[str, ...]:
    """Cc addresses of the contract's domains take part from an authenticated customer's mail on (SR11)."""
    if not (event.authenticated and facts.contract):
        return ()
    domains = facts.contract.domains
    return tuple(a.address for a in event.mail.cc if a.domain in domains and a.address != event.sender)


def _entitlement_steps(facts: Facts) -> tuple[Step, ...]:
    return facts.entitlement.steps if facts.entitlement else ()


def judge(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state that follows from what is known, with the one answer that goes with it."""
    details: ServiceRequestDetails = case.details
    if details.missing:
        return ask_for_missing(case, event, facts, desk)
    if details.entitlement == "entitled" and not _doubts(case, event):
        return accept(case, event.at if now < event.at else now, facts, desk, answer=event)
    steps = (Step("next_step_staff_review", {"at": facts.calendar.next_window_start(now)}),)
    note = Note(text=f"entitlement {details.entitlement or 'undecided'}: staff decide", steps=_entitlement_steps(facts))
    return case.changed(state="new"), (*_answer(case, event, "acknowledgement", {"next_step": steps}), *_forget_questions(), note)


def _doubts(case: Case, event: MailReceived) -> bool:
    """A sender whom nobody vouches for, or a contract number that is not the one the register found, is for a human (SR1, SR3)."""
    stated = case.details.contract.upper()
    return not event.authenticated or bool(stated and case.contract and stated != case.contract.upper())


def ask_for_missing(case: Case, event: MailReceived, facts: Facts, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """One mail that lists just what is missing (IN5), again later, then staff decide."""
    today = facts.calendar.local_day(event.at)
    reminder = facts.calendar.end_of_term(today, desk.requests.information_reminder)
    decision = facts.calendar.end_of_term(today, desk.requests.information_decision)
    questions = tuple(Step("serial_question", {"written": written, "known": known}) for written, known in _slips(event, facts))
    values = {"missing": case.details.missing, "reminder": False, "next_step": (*questions, Step("next_step_information", {}))}
    return case.changed(state="awaiting information"), (
        *_answer(case, event, "information_request", values),
        SetDeadline(kind=INFORMATION_REMINDER, at=facts.calendar.dated_moment(reminder.day), steps=reminder.steps),
        SetDeadline(kind=INFORMATION_DECISION, at=facts.calendar.dated_moment(decision.day), steps=decision.steps),
    )


def accept(case: Case, at: datetime, facts: Facts, desk: Desk, answer: MailReceived | None = None) -> tuple[Case, tuple[Effect, ...]]:
    """Complete and entitled, or accepted by a CCR: the response clock starts (SR4)."""
    accepted = case.changed(state="accepted", details=_accepted_details(case.details, at))
    due = response_moment(accepted, at, facts, desk)
    values = {
        "next_step": (Step("next_step_engineer", {"at": due.at}),),
        "priority": accepted.priority,
        "response_due": due.at,
        "steps": due.steps,
        "entitlement_steps": _entitlement_steps(facts),
    }
    note = Note(text=f"accepted with priority {accepted.priority}", steps=(*_entitlement_steps(facts), *due.steps))
    effects = _answer(accepted, answer, "accepted", values) if answer else (_notice(accepted, "accepted", values, trusted=True),)
    return accepted, (*effects, *_forget_questions(), *start_clock(accepted, at, facts, desk, at), note)


def _accepted_details(details: ServiceRequestDetails, at: datetime) -> ServiceRequestDetails:
    return replace(details, accepted_at=at, entitlement=details.entitlement or "entitled")


def _forget_questions() -> tuple[Effect, ...]:
    return (ClearDeadline(kind=INFORMATION_REMINDER), ClearDeadline(kind=INFORMATION_DECISION))


def _answer(case: Case, event: MailReceived, name: str, values: Mapping[str, Any]) -> tuple[Effect, ...]:
    if event.unanswered_because:
        return (Note(text=f"{name} not sent: {event.unanswered_because}"),)
    return (_notice(case, name, values, trusted=event.authenticated and event.standing is not Standing.STRANGER),)


def _notice(case: Case, name: str, values: Mapping[str, Any], *, trusted: bool) -> SendNotice:
    """A stranger, or a sender that nobody vouches for, reads no word of its own mail (SR1)."""
    shown = understood(case.details) if trusted else ()
    return SendNotice(
        notice=f"service_request/{name}",
        to=(case.customer,),
        cc=case.other_participants if trusted else (),
        values={**values, "understood": shown},
        immediate_answer=True,
    )
