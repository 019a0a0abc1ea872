"""Requests that a device opens itself by Call Home (IN8). Nobody answers a device or asks it anything; its contract's contact is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.details import new_case, read_details
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.judgement import leave_to_staff, staff_steps, start_work
from mailflow.cases.service_request.letters import proposed_merges, serial_flags, tell_staff
from mailflow.message.alarm import Alarm
from mailflow.policy.case import Request, ServiceRequestDetails
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import entitlement_of
from mailflow.policy.event import MailReceived
from mailflow.policy.register import Contact

SEVERITIES = ("", "warning", "minor", "major", "critical")
"""From the least to the worst, as alarms are read."""


def open_alarm(event: MailReceived, alarm: Alarm, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """The customer is the first contact of the device's contract whom mail reaches; of an unknown device staff decide whose it is."""
    contact, device = None, facts.devices.get(alarm.serial)
    if device is not None and facts.contract is not None and device.contract == facts.contract.number:
        contact = next((one for one in facts.contacts if one.email not in facts.undeliverable), None)
    # The verdict is the one that the contact itself would get for the device.
    address, day = contact.email if contact else "", facts.calendar.local_day(event.at)
    verdict = entitlement_of(facts.contract, device, address.rpartition("@")[2], address, facts.contacts, day)
    judged = replace(facts, entitlement=verdict)
    details = _details(event, alarm, contact, judged, desk)
    case = replace(
        new_case(event, judged, desk, details),
        customer=contact.email if contact else "",
        customer_name=contact.name if contact else "",
        participants=(contact.email,) if contact else (),
        language=contact.language if contact and contact.language in desk.languages else facts.language,
    )
    # Anybody can write what looks like an alarm: only one that our border vouches for starts a clock or a letter.
    if details.entitlement == "entitled" and event.authenticated:
        case, _, effects = start_work(case, event.at, judged, desk, now)
    else:
        effects = (leave_to_staff(case, judged),)
    flags = (*(() if case.customer else (Step("flag_no_customer", {}),)), *serial_flags(case, details.serials, judged))
    staff = tell_staff(case, event, desk, is_new=True, steps=staff_steps(judged), flags=flags, commands=proposed_merges(case, flags))
    return Decision(case=case, effects=(*_inform(case, event, alarm, desk), *effects, staff), reason=f"a device reported {alarm.name}")


def _details(event: MailReceived, alarm: Alarm, contact: Contact | None, facts: RequestFacts, desk: Desk) -> ServiceRequestDetails:
    """The alarm is the symptom; nothing is missing that a machine could be asked for."""
    read = read_details(ServiceRequestDetails(), event, facts, desk)
    serials = dict.fromkeys((*((alarm.serial,) if alarm.serial else ()), *read.serials))
    return replace(
        read,
        name=contact.name if contact else "",
        serials=tuple(serials),
        symptoms=read.symptoms or alarm.name,
        missing=(),
        alarm=alarm.name,
        alarm_severity=alarm.severity,
        alarm_count=1,
    )


def _inform(case: Request, event: MailReceived, alarm: Alarm, desk: Desk) -> tuple[Effect, ...]:
    """The contact hears of it, unless the desk keeps alarms to itself or nobody vouches for the mail (IN8)."""
    if not case.customer or not desk.alarms.inform_contact:
        return ()
    if not event.authenticated:
        return (Note(text="alarm_registered not sent: nobody vouches for the sender of the alarm"),)
    text = f"{alarm.name} ({alarm.severity})" if alarm.severity else alarm.name
    return (SendNotice(notice="service_request/alarm_registered", to=(case.customer,), values={"text": text}),)


def repeat_alarm(case: Request, event: MailReceived, alarm: Alarm, desk: Desk) -> Decision:
    """The same alarm again is counted. Staff hear of it only when it got worse, or came back after the request was solved."""
    details = case.details
    count = details.alarm_count + 1
    is_worse = _rank(alarm.severity) > _rank(details.alarm_severity)
    came_back = case.state == "resolved"
    severity = alarm.severity if is_worse else details.alarm_severity
    known = replace(details, alarm=details.alarm or alarm.name, alarm_severity=severity, alarm_count=count)
    changed = replace(case, state="in progress" if came_back else case.state, details=known)
    effects: tuple[Effect, ...] = (Note(text=f"the alarm {alarm.name} came for the {count}. time", who=event.mail.sender.address),)
    if is_worse or came_back:
        flag = Step("flag_alarm_worse", {"severity": alarm.severity}) if is_worse else Step("flag_alarm_back", {"count": count})
        effects = (*effects, tell_staff(changed, event, desk, flags=(flag,)))
    return Decision(case=changed, effects=effects, reason=f"the device reported {alarm.name} again")


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0
