"""An invoice request that holds no more (RM9): finance and the customer are told, and nothing counts as requested."""

from __future__ import annotations

from dataclasses import replace

from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.policy.case import Case
from mailflow.policy.decision import Effect
from mailflow.policy.desk import Desk, Role


def withdraw_invoice(case: Case, reason: str, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """Both letters where a request went out, else nothing."""
    if not case.details.invoice_requested:
        return case, ()
    freed = case.changed(details=replace(case.details, invoice_requested=()))
    finance = tell_staff(freed, "invoice_withdrawn", desk.staff_of(Role.FINANCE), reason=reason)
    return freed, (finance, tell_customer(freed, "invoice_withdrawn", reason=reason))
