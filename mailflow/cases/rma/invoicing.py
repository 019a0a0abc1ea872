"""From the last word to finance (RM9, RM11, BX4): nothing is invoiced that came back, is under way, disputed, or not proven notified."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mailflow.cases.rma.amounts import amounts_of, price_parts, totals_of
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.obligation import INVOICE_CONFIRMATION, INVOICE_REQUEST, without_invoice
from mailflow.cases.rma.owed import announced_parcels, invoiceable, pending_requests, running, steps_of
from mailflow.cases.rma.proof import Proof, proof_of_notice
from mailflow.cases.rma.relay import ask_to_decide
from mailflow.policy.case import Case, PendingConfirmation, RmaDetails
from mailflow.policy.decision import Decision, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven, DeadlineFell
from mailflow.policy.facts import Facts
from mailflow.policy.return_term import InvoicedPart, InvoiceRequest, OwedPart

INVOICE_FILES = ("invoice_csv", "invoice_json", "evidence")

SEARCHING = "search"
"""Key of an invoice request that waits for the warehouse's answer, which was asked for once more already."""


def request_invoice(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Hand over to finance all that is ripe by its day; what is in transit within its grace waits, as does what is not proven notified,
    and what a human must decide is asked about (RM9, BX4)."""
    details: RmaDetails = case.details
    if details.held_since is not None:
        return Decision(case=case, reason="nobody can be reached: the return clock stands still")
    if details.disputed:
        return _wait_for_the_warehouse(case, event, facts, desk, now)
    ripe, wait_until = invoiceable(details, facts.calendar.local_day(now), facts.calendar, desk.returns.transit_grace)
    waiting = _wait_for_parcels(case, wait_until, facts)
    if not ripe:
        reason = (
            "announced and in transit within the grace: nothing is invoiced" if wait_until else "nothing is ripe for an invoice request"
        )
        return Decision(case=case, effects=waiting.effects, reason=reason)
    weighed = [(row, proof_of_notice(facts.sent_notices, row.term)) for row in ripe if row.term]
    proven = tuple(row for row, proof in weighed if not proof.missing)
    unproven = tuple((row, proof) for row, proof in weighed if proof.missing and not proof.for_staff_to_decide)
    doubtful = any(proof.for_staff_to_decide for _, proof in weighed)
    decision = _ask_or_hand_over(case, proven, doubtful, facts, desk, now)
    if unproven:
        decision = _joined(decision, _wait_for_proof(_case_of(decision), unproven, facts, desk, now))
    return _joined(decision, waiting)


def _wait_for_parcels(case: Case, wait_until: date | None, facts: Facts) -> Decision:
    if wait_until is None:
        return Decision(case=case, reason="")
    day = facts.calendar.next_business_day(wait_until)
    note = Note(text=f"announced parcels are under way until {wait_until}: they are looked at again on {day}")
    return Decision(case=case, effects=(SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(day)), note), reason="")


def _joined(first: Decision, second: Decision) -> Decision:
    """Both, one after the other. The next look at what waits is the earlier one: it sees all that is ripe."""
    looks = [one for one in (*first.effects, *second.effects) if isinstance(one, SetDeadline)]
    others = (one for one in (*first.effects, *second.effects) if not isinstance(one, SetDeadline))
    effects = (*others, *((min(looks, key=lambda one: one.at),) if looks else ()))
    case = second.case if second.case is not None and second.reason else first.case
    return replace(first, case=case, effects=effects, reason="; ".join(filter(None, (first.reason, second.reason))))


def _case_of(decision: Decision) -> Case:
    if decision.case is None:
        raise ValueError("an invoice request always leaves a case")
    return decision.case


def _ask_or_hand_over(case: Case, proven: tuple[OwedPart, ...], doubtful: bool, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """What is proven goes to finance, unless a human must decide. `doubtful`: for some parts the term was too short for two reminders."""
    unpriced = price_parts(proven, facts.prices).unpriced
    stops = bool(proven) and (bool(unpriced) or desk.returns.human_yes_before_invoice)
    if stops and not doubtful:
        name = "rma_invoice_without_price" if unpriced else "rma_invoice_wants_a_yes"
        return _ask_staff(case, Step(name, {"rma": case.number, "parts": ", ".join(unpriced)}), facts, desk, now)
    settled = case if doubtful else _without_question(case)
    handed = (
        Decision(case=case, reason="")
        if stops or not proven
        else hand_to_finance(settled, proven, facts, desk, facts.calendar.local_day(now))
    )
    if not doubtful:
        return handed
    question = Step("rma_invoice_with_too_few_reminders", {"rma": case.number})
    return _joined(handed, _ask_staff(_case_of(handed), question, facts, desk, now))


def _look_again(facts: Facts, now: datetime, key: str = "") -> SetDeadline:
    day = facts.calendar.next_business_day(facts.calendar.local_day(now))
    return SetDeadline(kind=INVOICE_REQUEST, key=key, at=facts.calendar.dated_moment(day))


def _wait_for_the_warehouse(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The customer says that the parts were returned: receiving is asked once more, and nothing is invoiced before it has answered."""
    asked = event.key == SEARCHING
    letter = () if asked else (tell_staff(case, "disputed", desk.staff_of(Role.RECEIVING), text="", sender=case.customer),)
    reason = "the customer says that the parts were returned, and the warehouse has not answered: nothing is invoiced"
    return Decision(case=case, effects=(*letter, _look_again(facts, now, SEARCHING)), reason=reason)


def _wait_for_proof(case: Case, unproven: tuple[tuple[OwedPart, Proof], ...], facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Staff are told once for each day what is missing; it is looked at on each business day, since a server may still take a letter."""
    missing: dict[str, Step] = {}
    for _row, proof in unproven:
        for step in proof.missing:
            missing.setdefault(step.name, step)
    lacking = ", ".join(f"{name.removeprefix('rma_unproven_')} ({step.values['proven']} proven)" for name, step in missing.items())
    reason = f"no proof of notice, nothing is invoiced: {lacking}"
    marks = tuple(dict.fromkeys(f"unproven {row.due}" for row, _ in unproven))
    if set(marks) <= set(case.details.told):
        return Decision(case=case, effects=(_look_again(facts, now),), reason=reason)
    told = case.changed(details=replace(case.details, told=tuple(dict.fromkeys((*case.details.told, *marks)))))
    steps = (Step("rma_not_invoiced", {"rma": case.number}), *missing.values())
    commands = (f"/extend {case.number} {desk.returns.extension.amount} REASON", f"/waive {case.number} REASON")
    letter = ask_to_decide(case, steps, commands, desk)
    return Decision(case=told, effects=(letter, _look_again(facts, now)), reason=reason)


def _ask_staff(case: Case, why: Step, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A question to the CCR that `/confirm` answers; each question is asked once."""
    reason = f"{why.name.removeprefix('rma_').replace('_', ' ')}: staff are asked, nothing is invoiced"
    pending = PendingConfirmation(code=facts.confirmation_code, line=f"{INVOICE_CONFIRMATION} {why.name}", by="mailflow", at=now)
    if any(other.line == pending.line for other in case.details.confirmations):
        return Decision(case=case, reason=reason)
    asked = case.changed(details=replace(case.details, confirmations=(*without_invoice(case.details), pending)))
    letter = SendNotice(
        notice="staff/confirmation_request",
        to=desk.staff_of(Role.CCR),
        to_staff=True,
        values={"code": pending.code, "line": Step("rma_invoice_request", {"rma": case.number}), "summary": why},
    )
    return Decision(case=asked, effects=(letter,), reason=reason)


def _without_question(case: Case) -> Case:
    return case.changed(details=replace(case.details, confirmations=without_invoice(case.details)))


def confirm_invoice(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A human's yes. It stands for a missing reminder, never for a letter that came back, a price, or the warehouse's answer (BX4)."""
    ripe, _ = invoiceable(case.details, facts.calendar.local_day(now), facts.calendar, desk.returns.transit_grace)
    weighed = [(row, proof_of_notice(facts.sent_notices, row.term)) for row in ripe if row.term]
    proven = tuple(row for row, proof in weighed if not proof.missing or proof.for_staff_to_decide)
    missing = next((proof.missing for _, proof in weighed if proof.missing and not proof.for_staff_to_decide), ())
    unpriced = price_parts(proven, facts.prices).unpriced
    refusals = (
        (case.details.held_since is not None, Step("rma_nobody_reachable", {"rma": case.number})),
        (case.details.disputed, Step("rma_invoice_waits_for_warehouse", {"rma": case.number})),
        (case.state not in ("overdue", "to be invoiced") or not ripe, Step("rma_nothing_to_invoice", {"rma": case.number})),
        (not proven, Step("rma_invoice_unproven", {"rma": case.number, "missing": missing})),
        (bool(unpriced), Step("rma_price_unknown", {"parts": ", ".join(unpriced)})),
    )
    if refused := next((why for is_so, why in refusals if is_so), None):
        return Decision(case=case, reason=refused.name, refused=refused)
    decision = hand_to_finance(_without_question(case), proven, facts, desk, facts.calendar.local_day(now))
    return replace(
        decision, reason=f"{event.by}: {event.command.line}: {decision.reason}", done=Step("rma_invoice_asked", {"rma": case.number})
    )


def hand_to_finance(case: Case, rows: tuple[OwedPart, ...], facts: Facts, desk: Desk, today: date) -> Decision:
    """The invoice request to finance with its evidence, and word to the customer (RM9, RM11, BX4), at today's list price."""
    details: RmaDetails = case.details
    request = InvoiceRequest(parts=price_parts(rows, facts.prices).parts)
    owing = case.changed(state="to be invoiced", details=replace(details, invoices=(*details.invoices, request)))
    values = _owed(rows, request.parts)
    finance = tell_staff(owing, "invoice_request", desk.staff_of(Role.FINANCE), attach=INVOICE_FILES, at_most_once=True, **values)
    customer = _tell_invoiced(owing, rows, values, facts, desk, today)
    return Decision(case=owing, effects=(finance, customer), reason=f"handed to finance: {_as_text(totals_of(request.parts))}")


def invoice_notice_of(case: Case, facts: Facts, desk: Desk, today: date) -> SendNotice:
    """Word to the customer of all that finance was asked for and has not answered."""
    details: RmaDetails = case.details
    parts = tuple(part for request in pending_requests(details) for part in request.parts)
    asked = {(part.part_number, part.due) for part in parts}
    rows = tuple(row for row in running(details) if (row.part_number, row.due) in asked)
    return _tell_invoiced(case, rows, _owed(rows, parts), facts, desk, today)


def _tell_invoiced(case: Case, rows: tuple[OwedPart, ...], values: dict[str, Any], facts: Facts, desk: Desk, today: date) -> SendNotice:
    """With the parcels of these parts that were announced and count as under way no more (RM9)."""
    _, not_arrived = announced_parcels(case.details, rows, today, facts.calendar, desk.returns.transit_grace)
    return tell_customer(case, "invoice_notice", at_most_once=True, not_arrived=not_arrived, **values)


def _owed(rows: tuple[OwedPart, ...], parts: tuple[InvoicedPart, ...]) -> dict[str, Any]:
    return {
        "outstanding": rows,
        "amounts": amounts_of(parts),
        "totals": totals_of(parts),
        "due_days": tuple(sorted({row.due for row in rows if row.due})),
        "delivered_days": tuple(sorted({row.term.delivered_on for row in rows if row.term})),
        "steps": steps_of(rows),
    }


def _as_text(totals: tuple[tuple[str, Decimal], ...]) -> str:
    return ", ".join(f"{amount:.2f} {currency}" for currency, amount in totals)
