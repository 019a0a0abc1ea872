"""What staff get to read of a return: the customer's mail with a summary on top, and questions that only a human can answer (RM5, SR5)."""

from __future__ import annotations

from collections.abc import Iterable

from mailflow.cases.rma.owed import not_delivered
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.customer_message import Summary, ask_staff, relay_to_staff
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import MailReceived
from mailflow.policy.return_term import OwedPart


def relay_to_receiving(case: Case, event: MailReceived, desk: Desk, *roles: Role, commands: tuple[str, ...] = ()) -> SendNotice:
    """The customer's mail for the receiving department, which books the arrival by answering it (RM5); other `roles` for other matters."""
    items = outstanding_items(case.details)
    return relay_to_staff(
        event,
        desk.staff_of(*(roles or (Role.RECEIVING,))),
        summary=summary(case),
        books=not roles,
        commands=commands or ((f"/received {case.number} {items}",) if items else ()),
    )


def ask_to_decide(case: Case, steps: Derivation, commands: tuple[str, ...], desk: Desk) -> SendNotice:
    """A matter that waits for the CCR: the steps say why, the commands how to go on."""
    return ask_staff(case.customer, desk.staff_of(Role.CCR), summary=summary(case), commands=commands, steps=steps)


def ask_to_ship(case: Case, why: str, desk: Desk) -> SendNotice:
    """A replacement is owed that nobody has booked as sent (RM8); `why` names the sentence."""
    commands = (f"/shipped {case.number} CARRIER TRACKING", f"/delivered {case.number} DATE")
    return ask_to_decide(case, (Step(why, {"rma": case.number}),), commands, desk)


def ask_for_exchange(case: Case, desk: Desk) -> SendNotice:
    """All dead parts are here: CCR and CSE decide whether it is a warranty exchange or a replacement under the contract (EN5)."""
    return ask_staff(
        case.customer,
        desk.staff_of(Role.CCR, Role.CSE),
        summary=summary(case),
        commands=(f"/close {case.number}",),
        steps=(Step("rma_decide_exchange", {"rma": case.number}),),
    )


def summary(case: Case) -> Summary:
    """What one needs to know of the return, by key; only what there is."""
    details: RmaDetails = case.details
    rows = (
        ("customer", f"{case.customer_name} <{case.customer}>" if case.customer_name else case.customer),
        ("company", case.company),
        ("state", Step("rma_state", {"state": case.state})),
        ("outstanding", outstanding_items(details) or "-"),
        ("announced", "; ".join(announced_items(details))),
        ("return_due", told_owed(details) if details.due_days else ""),
        ("valid_through", "" if details.type == "advance" else Step("rma_day", {"day": details.valid_through})),
    )
    return tuple((key, value) for key, value in rows if value)


def told_owed(details: RmaDetails) -> Step:
    """Each day with the parts that are due on it, and what is not due yet; of one day alone just the day."""
    if len(details.due_days) == 1 and not not_delivered(details):
        return Step("rma_day", {"day": details.due_days[0]})
    days = tuple(
        Step("rma_day_of_parts", {"day": day, "parts": _parts(row for row in details.owed if row.due == day)}) for day in details.due_days
    )
    waiting = not_delivered(details)
    rest = (Step("rma_parts_without_day", {"parts": _parts(waiting)}),) if waiting else ()
    return Step("rma_days", {"days": (*days, *rest)})


def _parts(rows: Iterable[OwedPart]) -> str:
    return ", ".join(f"{row.outstanding} x {row.part_number}" for row in rows)


def outstanding_items(details: RmaDetails) -> str:
    """As ITEMS of a command are written."""
    return "; ".join(f"{line.outstanding} x {line.part_number}" for line in details.lines if line.outstanding > 0)


def announced_items(details: RmaDetails) -> tuple[str, ...]:
    """Each parcel with what the Return Notification says of its parts: fault, category, whether the data are removed (RM4)."""
    return tuple(
        ", ".join(
            filter(
                None,
                (
                    f"{parcel.quantity} x {line.part_number}",
                    " ".join(parcel.serials),
                    f"{parcel.carrier} {parcel.tracking}".strip(),
                    parcel.category,
                    parcel.fault,
                    parcel.data_removed,
                ),
            )
        )
        for line in details.lines
        for parcel in line.announced
    )
