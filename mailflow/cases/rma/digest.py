"""What a return adds to digests (BX12): overdue parts for staff, and each return for its partner with the one answer that moves it on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mailflow.cases.rma.details import Return
from mailflow.policy.calendar import calendar_for
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk
from mailflow.policy.digest import DigestLine, PartnerReturn, whose


def overdue_lines(case: Return, desk: Desk, now: datetime) -> Iterator[DigestLine]:
    """List parts that are overdue, and those whose reminders have begun, by their day; days are the customer's (T1)."""
    calendar = calendar_for(case.country, case.timezone, desk.calendar)
    today = calendar.local_day(now)
    for due in case.details.due_days:
        parts = tuple(f"{line.outstanding} x {line.part_number}" for line in case.details.by_day if line.due == due)
        days = (due - today).days
        values: dict[str, Value] = {"number": case.number, "who": whose(case), "parts": parts, "due": due, "days": abs(days)}
        begins = min((calendar.before(due, term) for term in desk.returns.reminders), default=due)
        if days <= 0 or today >= begins:
            name = "digest_due_soon" if days > 0 else "digest_due_today" if days == 0 else "digest_overdue"
            yield DigestLine(section="returns", on=due, said=Step(name, values))


def partner_return(case: Return, address: str) -> PartnerReturn | None:
    """Show a return to its partner; None once nothing is outstanding. `address` is where its answer line goes."""
    details = case.details
    if not details.outstanding:
        return None
    # What would move it on: the day of the replacement's arrival, the parcel, or word that it should be here.
    is_announced = all(unit.announcement for unit in details.units if unit.is_outstanding)
    answer = "already_returned" if is_announced else "shipped"
    if details.type == "advance" and details.parcels_to_customer:
        answer = "delivered"
    return PartnerReturn(
        number=case.number,
        lines=tuple(line for line in details.lines if line.outstanding > 0),
        address=address,
        answer=answer,
        by_day=details.by_day,
        days=details.due_days,
        valid_through=details.valid_through,
        is_advance=details.type == "advance",
    )
