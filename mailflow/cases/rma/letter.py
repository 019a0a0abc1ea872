"""Letters of a return: who gets them, and the values that every one of them shows."""

from __future__ import annotations

from typing import Any

from mailflow.policy.case import Case
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Step


def tell_customer(
    case: Case, notice: str, *, attach: tuple[str, ...] = (), at_most_once: bool = False, forward_attachments: bool = False, **values: Any
) -> SendNotice:
    return SendNotice(
        notice=f"rma/{notice}",
        to=(case.customer,),
        cc=case.other_participants,
        values=_framed(case, values),
        attach=attach,
        at_most_once=at_most_once,
        forward_attachments=forward_attachments,
    )


def tell_staff(
    case: Case, notice: str, to: tuple[str, ...], *, attach: tuple[str, ...] = (), at_most_once: bool = False, **values: Any
) -> SendNotice:
    return SendNotice(notice=f"rma/{notice}", to=to, to_staff=True, values=_framed(case, values), attach=attach, at_most_once=at_most_once)


def with_remarks(told: Step, remarks: tuple[Step, ...]) -> Step:
    """What was done, and what deserves a look, as one sentence to staff."""
    return Step("rma_done_but_look", {"done": told, "remarks": remarks}) if remarks else told


def _framed(case: Case, values: dict[str, Any]) -> dict[str, Any]:
    return {"rma": case.details, "lines": case.details.lines, "valid_through": case.details.valid_through, **values}
