"""What the rules of returns want to know: prices and names of parts, what came in elsewhere, and what became of the letters (BX3-BX8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mailflow.cases.rma.details import Return, RmaDetails
from mailflow.cases.rma.facts import RmaFacts
from mailflow.handling.facts import Opening, as_of, came_back, facts_of_case, find_entitlement, named_serials, new_number, received_before
from mailflow.handling.work import Work
from mailflow.policy.case import Case, ServiceRequestDetails, narrow
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived
from mailflow.policy.facts import SentNotice
from mailflow.store import case as case_rows
from mailflow.store import outbox, register


def gather_new_return(work: Work, about: Opening, event: Event) -> RmaFacts:
    """Gather for the return that a command opens in the thread of its request."""
    request = narrow(about.parent, ServiceRequestDetails)
    named = named_serials(event)
    serials = tuple(dict.fromkeys((*request.details.serials, *named)))
    devices = work.register.devices(serials)
    facts = replace(facts_of_case(work, RmaFacts, request, event, devices), devices=devices)
    day = facts.calendar.local_day(work.now)
    return replace(
        facts,
        parent=request,
        new_numbers=new_number(work, about.kind),
        entitlement=find_entitlement(facts, request.customer, day) if serials else None,
        descriptions=_descriptions(work, event),
        open_cases_of_serials=tuple(case_rows.open_with_serial(work.c, serials, desk=work.desk.name)),
        received_before=received_before(work, serials) if named else {},
    )


def gather_return(work: Work, case: Return, event: Event) -> RmaFacts:
    """Gather for a running return; what clocks do not need is left out."""
    own = tuple(serial for line in case.details.lines for serial in line.serials)
    serials = tuple(dict.fromkeys((*own, *named_serials(event))))
    devices = work.register.devices(serials)
    facts = replace(facts_of_case(work, RmaFacts, case, event, devices), devices=devices)
    parts = {line.part_number for line in case.details.lines}
    today = facts.calendar.local_day(as_of(work, event))
    by_hand = not isinstance(event, DeadlineFell)
    return replace(
        facts,
        prices={part: register.price_on(work.c, part, today) for part in parts},
        descriptions=_descriptions(work, event),
        received_before=received_before(work, serials) if by_hand else {},
        counted_elsewhere=_counted_elsewhere(work, case, serials) if by_hand else {},
        sent_notices=sent_notices(work, case) if not isinstance(event, MailReceived) else (),
    )


def _descriptions(work: Work, event: Event) -> dict[str, str]:
    """Part number of a command's items to its description, '' where the register has none."""
    items = event.command.items if isinstance(event, CommandGiven) else ()
    return {part: register.describe_part(work.c, part) or "" for part in dict.fromkeys(item.part_number for item in items)}


def sent_notices(work: Work, case: Case) -> tuple[SentNotice, ...]:
    """List every letter of the case, one entry a recipient, with what became of it (BX4)."""
    return tuple(
        SentNotice(
            name=row.notice,
            recipient=row.recipient,
            written_at=row.created_at,
            message_id=row.message_id,
            accepted_at=row.sent_at,
            response=row.response,
            bounced_at=row.bounced_at,
            bounce_reason=row.bounce_reason,
        )
        for row in outbox.list_rows(work.c, case_number=case.number)
    )


def _counted_elsewhere(work: Work, case: Case, serials: Iterable[str]) -> dict[str, str]:
    """Serial to another return that has received it while this one is open; one that was repaired went back and may come again (BX5)."""
    asked = frozenset(serials)
    found: dict[str, str] = {}
    for one in case_rows.of_serials(work.c, asked, kind=case.kind, desk=case.desk):
        details = narrow(one, RmaDetails).details
        went_back = details.type == "repair" and details.replacements
        if one.number != case.number and not went_back and (one.closed_at is None or one.closed_at > case.opened_at):
            found |= dict.fromkeys(asked & came_back(one), one.number)
    return found
