"""What happened on a case before, as its rules want to see it: clocks, last mails, letters with their fate, earlier returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from mailflow.policy.case import Case
from mailflow.policy.facts import LastStep, SentNotice, WaitingDeadline
from mailflow.store import case as case_rows
from mailflow.store import deadline, inbound, notice, outbox, suppressed

MOST_STEPS = 5
"""Last steps that a status shows (SR9)."""


def waiting_deadlines(c: Connection, cases: Sequence[Case]) -> tuple[WaitingDeadline, ...]:
    """The clocks of the cases that still run, earliest first."""
    return tuple(
        WaitingDeadline(case_number=row.case_number, kind=row.kind, key=row.key, due_at=row.due_at, steps=row.steps)
        for row in deadline.waiting_of(c, [case.number for case in cases])
    )


def last_steps(c: Connection, case: Case, rmas: Sequence[Case]) -> tuple[LastStep, ...]:
    """The newest mails between the customer and the desk, oldest first; what staff write among themselves is not among them (SR9)."""
    numbers = [case.number, *(rma.number for rma in rmas)]
    theirs = [
        LastStep(at=at, subject=subject, from_us=False, by=by)
        for at, subject, by in inbound.newest_from(c, numbers, case.participants, MOST_STEPS)
    ]
    ours = [LastStep(at=at, subject=subject, from_us=True) for at, subject in notice.newest_for(c, numbers, case.participants, MOST_STEPS)]
    return tuple(sorted((*theirs, *ours), key=lambda step: step.at)[-MOST_STEPS:])


def sent_notices(c: Connection, case: Case) -> tuple[SentNotice, ...]:
    """Every letter of the case, one entry a recipient, with what became of it (BX4)."""
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
        for row in outbox.list_rows(c, case_number=case.number)
    )


def undeliverable(c: Connection, addresses: Iterable[str]) -> frozenset[str]:
    """Those of the addresses that mail of ours came back from (IN7)."""
    return frozenset(suppressed.bounces_of(c, addresses))


def received_before(c: Connection, desk: str, serials: Iterable[str]) -> dict[str, str]:
    """Serial to the number of the desk's newest return under which it came back (BX8)."""
    asked = frozenset(serials)
    found: dict[str, str] = {}
    for rma in case_rows.of_serials(c, asked, kind="rma", desk=desk):
        back = {serial for line in rma.details.lines for serial in line.received_serials}
        found |= dict.fromkeys(asked & back, rma.number)
    return found


def counted_elsewhere(c: Connection, case: Case, serials: Iterable[str]) -> dict[str, str]:
    """Serial to another return that has received it while this one is open; one that was repaired went back and may come again (BX5)."""
    asked = frozenset(serials)
    found: dict[str, str] = {}
    for rma in case_rows.of_serials(c, asked, kind="rma", desk=case.desk):
        went_back = rma.details.type == "repair" and rma.details.replacements
        if rma.number != case.number and not went_back and (rma.closed_at is None or rma.closed_at > case.opened_at):
            back = {serial for line in rma.details.lines for serial in line.received_serials}
            found |= dict.fromkeys(asked & back, rma.number)
    return found
