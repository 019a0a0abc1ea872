"""An invoice request that holds no more (RM9): finance and the customer are told, and nothing counts as requested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailflow.cases.rma.amounts import Requested, amounts_of, totals_of
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Effect
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role


def withdraw_invoice(case: Case, reason: Step | str, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """Both letters where a request went out, else nothing. Where it was invoiced already, finance is asked for a credit note."""
    requested: tuple[Requested, ...] = case.details.invoice_requested
    return _take_back(case, requested, (), reason, desk) if requested else (case, ())


def credit_returned(case: Case, before: RmaDetails, reason: Step | str, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """Of an invoice that was written, what came back since: a credit note for that much, the rest stays invoiced."""
    arrived = {
        part: sum(line.received for line in case.details.lines if line.part_number == part)
        - sum(line.received for line in before.lines if line.part_number == part)
        for part in {line.part_number for line in case.details.lines}
    }
    back: list[Requested] = []
    kept: list[Requested] = []
    for part, quantity, unit, currency in case.details.invoice_requested:
        returned = min(quantity, arrived.get(part, 0))
        arrived[part] = arrived.get(part, 0) - returned
        back += [(part, returned, unit, currency)] if returned else []
        kept += [(part, quantity - returned, unit, currency)] if quantity > returned else []
    return _take_back(case, back, kept, reason, desk) if back else (case, ())


def _take_back(
    case: Case, back: Sequence[Requested], kept: Sequence[Requested], reason: Step | str, desk: Desk
) -> tuple[Case, tuple[Effect, ...]]:
    freed = case.changed(details=replace(case.details, invoice_requested=tuple(kept)))
    values = {"reason": reason, "amounts": amounts_of(back), "totals": totals_of(back), "invoice_number": case.details.invoice_number}
    finance = tell_staff(freed, "invoice_withdrawn", desk.staff_of(Role.FINANCE), for_finance=True, **values)
    return freed, (finance, tell_customer(freed, "invoice_withdrawn", for_finance=False, **values))
