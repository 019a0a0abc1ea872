"""An invoice request that holds no more (RM9): finance and the customer are told, and nothing counts as requested."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from mailflow.cases.rma.details import Return
from mailflow.cases.rma.letters import amounts_of, tell_customer, tell_staff, totals_of
from mailflow.cases.rma.units import Unit
from mailflow.policy.decision import Effect
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role


def withdraw_all(case: Return, reason: Step | str, desk: Desk) -> tuple[Return, tuple[Effect, ...]]:
    """Take back all that finance was asked for; where it was invoiced already, finance is asked for a credit note."""
    return withdraw(case, lambda unit: unit.invoice is not None, reason, desk)


def withdraw(
    case: Return, which: Callable[[Unit], bool], reason: Step | str, desk: Desk, *, anew_on: date | None = None
) -> tuple[Return, tuple[Effect, ...]]:
    """Take back what finance was asked for of the units of which `which` is true, with one letter to finance and one to the customer.

    A request that names such a unit is taken back whole, and what is left of it is asked for anew, on `anew_on`; the others stand. Of an
    invoice that was written, finance is asked for a credit note for just those units; the rest stays invoiced.
    """
    asked = [(unit, unit.invoice) for unit in case.details.units if unit.invoice]
    gone: dict[str, list[Unit]] = {}
    for unit, invoice in sorted(asked, key=lambda pair: bool(pair[1].number)):
        if which(unit):
            gone.setdefault(invoice.number, []).append(unit)
    if not gone:
        return case, ()
    requests = {unit.invoice.asked_at for unit in gone.get("", ()) if unit.invoice}
    rest = [unit for unit, invoice in asked if not invoice.number and invoice.asked_at in requests and unit not in gone[""]]
    taken_back = [unit for units in (*gone.values(), rest) for unit in units]
    freed = case.changed(details=case.details.updated(unit.asked(None) for unit in taken_back))
    effects: list[Effect] = []
    for number, units in gone.items():
        asked_anew = () if number else amounts_of(rest)
        values: dict[str, Any] = {"reason": reason, "amounts": amounts_of(units), "totals": totals_of(units), "invoice_number": number}
        values |= {"asked_anew": asked_anew, "anew_on": anew_on if asked_anew else None}
        effects.append(tell_staff(freed, "invoice_withdrawn", desk.staff_of(Role.FINANCE), for_finance=True, **values))
        effects.append(tell_customer(freed, "invoice_withdrawn", for_finance=False, **values))
    return freed, tuple(effects)
