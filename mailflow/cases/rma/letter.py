"""Letters of a return: who gets them, and the values that every one of them shows."""

from __future__ import annotations

from datetime import date
from typing import Any

from mailflow.policy.case import Case
from mailflow.policy.decision import SendNotice


def written_out(day: date) -> str:
    """A day in words, for sentences to staff: 30 December 2026."""
    return f"{day.day} {day:%B %Y}"


def tell_customer(case: Case, notice: str, *, attach: tuple[str, ...] = (), at_most_once: bool = False, **values: Any) -> SendNotice:
    return SendNotice(
        notice=f"rma/{notice}",
        to=(case.customer,),
        cc=case.other_participants,
        values=_framed(case, values),
        attach=attach,
        at_most_once=at_most_once,
    )


def tell_staff(
    case: Case, notice: str, to: tuple[str, ...], *, attach: tuple[str, ...] = (), at_most_once: bool = False, **values: Any
) -> SendNotice:
    return SendNotice(notice=f"rma/{notice}", to=to, to_staff=True, values=_framed(case, values), attach=attach, at_most_once=at_most_once)


def _framed(case: Case, values: dict[str, Any]) -> dict[str, Any]:
    return {"rma": case.details, "lines": case.details.lines, "valid_through": case.details.valid_through, **values}
