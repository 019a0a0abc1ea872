"""From the last word to finance (RM9, RM11, BX4): nothing is invoiced that came back, is under way, disputed, or not proven notified."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from mailflow.cases.rma.amounts import Amount, amounts_of, price_lines, totals_of
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.obligation import INVOICE_CONFIRMATION, INVOICE_REQUEST, invoiceable, outstanding_lines, without_invoice
from mailflow.cases.rma.proof import Proof, proof_of_notice
from mailflow.cases.rma.relay import ask_to_decide
from mailflow.policy.case import Case, PendingConfirmation, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven, DeadlineFell
from mailflow.policy.facts import Facts

INVOICE_FILES = ("invoice_csv", "invoice_json", "evidence")

SEARCHING = "search"
"""Key of an invoice request that waits for the warehouse's answer, which was asked for once more already."""


def request_invoice(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Hand over to finance what is owed; what is in transit within its grace waits, what a human must decide is asked about (RM9)."""
    details: RmaDetails = case.details
    if details.held_since is not None:
        return Decision(case=case, reason="nobody can be reached: the return clock stands still")
    if details.disputed:
        return _wait_for_the_warehouse(case, event, facts, desk, now)
    quantities, wait_until = invoiceable(details, facts.calendar.local_day(now), facts.calendar, desk.returns.transit_grace)
    again: tuple[Effect, ...] = ()
    if wait_until is not None:
        day = facts.calendar.next_business_day(wait_until)
        waiting = Note(text=f"announced parcels are under way until {wait_until}: they are looked at again on {day}")
        again = (SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(day)), waiting)
    if not quantities:
        return Decision(case=case, effects=again, reason="announced and in transit within the grace: nothing is invoiced")
    proof = proof_of_notice(facts.sent_notices)
    if proof.missing:
        return _wait_for_proof(case, proof, facts, desk, now)
    unpriced = price_lines(quantities, facts.prices).unpriced
    if unpriced or desk.returns.human_yes_before_invoice:
        name = "rma_invoice_without_price" if unpriced else "rma_invoice_wants_a_yes"
        decision = _ask_staff(case, Step(name, {"rma": case.number, "parts": ", ".join(unpriced)}), facts, desk, now)
    else:
        decision = hand_to_finance(case, quantities, facts, desk)
    return replace(decision, effects=(*decision.effects, *again))


def _look_again(facts: Facts, now: datetime, key: str = "") -> SetDeadline:
    day = facts.calendar.next_business_day(facts.calendar.local_day(now))
    return SetDeadline(kind=INVOICE_REQUEST, key=key, at=facts.calendar.dated_moment(day))


def _wait_for_the_warehouse(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The customer says that the parts were returned: receiving is asked once more, and nothing is invoiced before it has answered."""
    asked = event.key == SEARCHING
    letter = () if asked else (tell_staff(case, "disputed", desk.staff_of(Role.RECEIVING), text="", sender=case.customer),)
    reason = "the customer says that the parts were returned, and the warehouse has not answered: nothing is invoiced"
    return Decision(case=case, effects=(*letter, _look_again(facts, now, SEARCHING)), reason=reason)


def _wait_for_proof(case: Case, proof: Proof, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Staff are told once what is missing; it is looked at again on each business day, since a server may still take a letter.

    Where all that was written arrived, but the term was too short for two reminders, staff decide.
    """
    lacking = ", ".join(f"{step.name.removeprefix('rma_unproven_')} ({step.values['proven']} proven)" for step in proof.missing)
    reason = f"no proof of notice, nothing is invoiced: {lacking}"
    if proof.for_staff_to_decide:
        return replace(_ask_staff(case, Step("rma_invoice_with_too_few_reminders", {"rma": case.number}), facts, desk, now), reason=reason)
    mark = f"unproven {case.details.return_due}"
    if mark in case.details.told:
        return Decision(case=case, effects=(_look_again(facts, now),), reason=reason)
    told = case.changed(details=replace(case.details, told=(*case.details.told, mark)))
    steps = (Step("rma_not_invoiced", {"rma": case.number}), *proof.missing)
    commands = (f"/extend {case.number} 5 REASON", f"/waive {case.number} REASON")
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


def confirm_invoice(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A human's yes. It stands for a missing reminder, never for a letter that came back, a price, or the warehouse's answer (BX4)."""
    quantities, _ = invoiceable(case.details, facts.calendar.local_day(now), facts.calendar, desk.returns.transit_grace)
    proof = proof_of_notice(facts.sent_notices)
    missing = tuple(part for part, _ in quantities if (price := facts.prices.get(part)) is None or price.list_price is None)
    refusals = (
        (case.details.held_since is not None, Step("rma_nobody_reachable", {"rma": case.number})),
        (case.details.disputed, Step("rma_invoice_waits_for_warehouse", {"rma": case.number})),
        (case.state not in ("overdue", "to be invoiced") or not quantities, Step("rma_nothing_to_invoice", {"rma": case.number})),
        (
            bool(proof.missing) and not proof.for_staff_to_decide,
            Step("rma_invoice_unproven", {"rma": case.number, "missing": proof.missing}),
        ),
        (bool(missing), Step("rma_price_unknown", {"parts": ", ".join(missing)})),
    )
    if refused := next((why for is_so, why in refusals if is_so), None):
        return Decision(case=case, reason=refused.name, refused=refused)
    decision = hand_to_finance(case, quantities, facts, desk)
    return replace(
        decision, reason=f"{event.by}: {event.command.line}: {decision.reason}", done=Step("rma_invoice_asked", {"rma": case.number})
    )


def hand_to_finance(case: Case, quantities: tuple[tuple[str, int], ...], facts: Facts, desk: Desk) -> Decision:
    """The invoice request to finance with its evidence, and word to the customer (RM9, RM11, BX4), at today's list price."""
    details: RmaDetails = case.details
    priced = price_lines(quantities, facts.prices)
    requested = tuple((part, quantity, str(unit), currency) for part, quantity, unit, _total, currency in priced.amounts)
    owing = case.changed(
        state="to be invoiced",
        details=replace(details, invoice_requested=(*details.invoice_requested, *requested), confirmations=without_invoice(details)),
    )
    values = _owed(details, priced.amounts, priced.totals)
    finance = tell_staff(owing, "invoice_request", desk.staff_of(Role.FINANCE), attach=INVOICE_FILES, at_most_once=True, **values)
    customer = tell_customer(owing, "invoice_notice", at_most_once=True, **values)
    return Decision(case=owing, effects=(finance, customer), reason=f"handed to finance: {_as_text(priced.totals)}")


def invoice_notice_of(case: Case) -> SendNotice:
    """Word to the customer of all that finance was asked for."""
    details: RmaDetails = case.details
    values = _owed(details, amounts_of(details.invoice_requested), totals_of(details.invoice_requested))
    return tell_customer(case, "invoice_notice", at_most_once=True, **values)


def _owed(details: RmaDetails, amounts: tuple[Amount, ...], totals: tuple[tuple[str, Decimal], ...]) -> dict[str, Any]:
    return {
        "outstanding": outstanding_lines(details),
        "amounts": amounts,
        "totals": totals,
        "return_due": details.return_due,
        "delivered_on": details.delivered_on,
        "steps": details.return_steps,
    }


def _as_text(totals: tuple[tuple[str, Decimal], ...]) -> str:
    return ", ".join(f"{amount:.2f} {currency}" for currency, amount in totals)
