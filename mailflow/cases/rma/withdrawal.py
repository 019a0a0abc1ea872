"""An invoice request that holds no more (RM9): finance and the customer are told, and nothing counts as requested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from mailflow.cases.rma.amounts import amounts_of, totals_of
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.owed import pending_requests
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Effect
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.return_term import InvoicedPart, InvoiceRequest


def withdraw_all(case: Case, reason: Step | str, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """Both letters for what finance holds, else nothing. Where it was invoiced already, finance is asked for a credit note."""
    return _withdraw(case, case.details.invoices, reason, desk)


def withdraw_pending(
    case: Case, reason: Step | str, desk: Desk, concerned: Callable[[InvoiceRequest], bool] | None = None
) -> tuple[Case, tuple[Effect, ...]]:
    """What finance has not invoiced yet; where `concerned` is given only those of which it is true, the others stand."""
    pending = tuple(request for request in pending_requests(case.details) if concerned is None or concerned(request))
    return _withdraw(case, pending, reason, desk)


def withdraw_surplus(case: Case, reason: Step | str, desk: Desk, *, anew_on: date | None = None) -> tuple[Case, tuple[Effect, ...]]:
    """What was asked for and is not owed by its day any more, since it came back, say.

    A request that names such a unit is taken back whole, and what is left of it is asked for anew; the others stand. Of an invoice
    that was written, a credit note for just that much; the rest stays invoiced. `anew_on` is the day on which the rest is asked for.
    """
    owed: Counter[tuple[str, date | None]] = Counter()
    for row in case.details.owed:
        owed[row.part_number, row.due] += row.outstanding
    invoices: list[InvoiceRequest] = []
    back: dict[str, list[InvoicedPart]] = {}
    rest: list[InvoicedPart] = []
    for request in sorted(case.details.invoices, key=lambda one: not one.number):
        kept, gone = _divide(request.parts, owed)
        if gone and not request.number:
            rest += kept
            kept = ()
        back.setdefault(request.number, []).extend(gone)
        invoices += [replace(request, parts=kept)] if kept else []
    return _tell(case, tuple(invoices), back, reason, desk, rest=rest, anew_on=anew_on if rest else None)


def _divide(
    parts: Sequence[InvoicedPart], owed: Counter[tuple[str, date | None]]
) -> tuple[tuple[InvoicedPart, ...], tuple[InvoicedPart, ...]]:
    """(what is still owed, what is not)."""
    kept: list[InvoicedPart] = []
    gone: list[InvoicedPart] = []
    for part in parts:
        still = min(part.quantity, owed[part.part_number, part.due])
        owed[part.part_number, part.due] -= still
        kept += [replace(part, quantity=still)] if still else []
        gone += [replace(part, quantity=part.quantity - still)] if still < part.quantity else []
    return tuple(kept), tuple(gone)


def _withdraw(case: Case, gone: Sequence[InvoiceRequest], reason: Step | str, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    back: dict[str, list[InvoicedPart]] = {}
    for request in gone:
        back.setdefault(request.number, []).extend(request.parts)
    return _tell(case, tuple(request for request in case.details.invoices if request not in gone), back, reason, desk)


def _tell(
    case: Case,
    invoices: tuple[InvoiceRequest, ...],
    back: dict[str, list[InvoicedPart]],
    reason: Step | str,
    desk: Desk,
    *,
    rest: Sequence[InvoicedPart] = (),
    anew_on: date | None = None,
) -> tuple[Case, tuple[Effect, ...]]:
    """One letter to finance and one to the customer for each invoice, and for all that was not invoiced yet."""
    details: RmaDetails = replace(case.details, invoices=invoices)
    freed = case.changed(details=details)
    effects: list[Effect] = []
    for number, parts in back.items():
        if parts:
            asked_anew = () if number else amounts_of(rest)
            values: dict[str, Any] = {"reason": reason, "amounts": amounts_of(parts), "totals": totals_of(parts), "invoice_number": number}
            values |= {"asked_anew": asked_anew, "anew_on": anew_on if asked_anew else None}
            effects.append(tell_staff(freed, "invoice_withdrawn", desk.staff_of(Role.FINANCE), for_finance=True, **values))
            effects.append(tell_customer(freed, "invoice_withdrawn", for_finance=False, **values))
    return freed, tuple(effects)
