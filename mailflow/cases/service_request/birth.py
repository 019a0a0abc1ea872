"""A new request as a value, before anything is decided about it (SR1, SR10)."""

from __future__ import annotations

import re

from mailflow.message.reply_words import ANSWERED
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts


def new_case(event: MailReceived, facts: Facts, desk: Desk, details: ServiceRequestDetails) -> Case:
    """`parent` and `linked` are the case that the mail named without a right to it, or that was closed too long ago (IN3, SR7)."""
    return Case(
        number=facts.new_numbers["service_request"],
        kind="service_request",
        desk=desk.name,
        state="new",
        opened_at=event.at,
        language=facts.language,
        country=facts.country,
        timezone=facts.timezone,
        customer=event.sender,
        customer_name=event.customer.name or (facts.contact.name if facts.contact else details.name),
        company=facts.contract.company if facts.contract else event.extracted.company,
        participants=(event.sender,),
        subject=_subject(event, desk),
        parent=event.linked_to,
        linked=(event.linked_to,) if event.linked_to else (),
        contract=facts.contract.number if facts.contract else None,
        priority=event.extracted.priority or desk.requests.default_priority,
        details=details,
    )


def _subject(event: MailReceived, desk: Desk) -> str:
    """Of a caller's request that begins with `Field: value` lines the symptoms say more than its first line (SR10)."""
    subject, symptoms = event.mail.subject, event.extracted.symptoms.strip()
    is_first_line = event.caller is not None and event.new_text.strip().startswith(subject)
    if is_first_line and symptoms:
        return symptoms.splitlines()[0]
    return _without_number(subject, desk) if event.linked_to else subject


def _without_number(subject: str, desk: Desk) -> str:
    """`Re: [SR-100001] Card` as `Card`: the number of the other case would mislead whoever answers."""
    tags = "|".join(re.escape(prefix) for prefix in desk.number_prefixes.values())
    rest = subject
    while found := ANSWERED.match(rest) or re.match(rf"\s*\[(?:{tags})\d+\]\s*", rest, re.I):
        rest = rest[found.end() :]
    return rest.strip() or subject
