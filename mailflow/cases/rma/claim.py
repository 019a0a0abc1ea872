"""A customer who disputes what is booked, or says that the parts were returned already (RM6, BX6): receiving searches, invoicing waits."""

from __future__ import annotations

from dataclasses import replace

from mailflow.cases.rma.delivery import ask_about_delivery, tell_due_days, tell_validity
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.cases.rma.obligation import ask_finance_on, invoice_moment
from mailflow.cases.rma.owed import standing_state
from mailflow.cases.rma.withdrawal import withdraw_pending
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts


def dispute(case: Case, event: MailReceived, facts: Facts, desk: Desk, *, claimed: bool = False) -> Decision:
    """Mark the return and ask receiving. Invoicing waits until receiving has answered, by `/received` or `/correct`.

    `claimed` where the customer says that the parts were returned already; else it does not agree with what is booked.
    What finance was asked for is taken back, and the invoice request comes up again after its term, so that no answer is forgotten.
    """
    marked = case.changed(details=replace(case.details, disputed=True, claimed=claimed))
    search = tell_staff(marked, "disputed", desk.staff_of(Role.RECEIVING), text=event.new_text, sender=event.sender)
    reason = f"{event.sender} disputes what is booked"
    if case.state != "to be invoiced":
        return Decision(case=marked, effects=(search,), reason=reason)
    freed, withdrawn = withdraw_pending(marked, Step("rma_claimed" if claimed else "rma_disputed", {}), desk)
    day = invoice_moment(facts.calendar.local_day(event.at), facts.calendar, desk.returns.invoice_after)
    anew = ask_finance_on(day, facts, event.at)
    return Decision(case=freed.changed(state=standing_state(freed)), effects=(search, *withdrawn, anew), reason=reason)


def claim_returned(case: Case, event: MailReceived, facts: Facts, desk: Desk) -> Decision:
    """ALREADY RETURNED: as a dispute, and the customer is told what holds until the parts are found."""
    decision = dispute(case, event, facts, desk, claimed=True)
    if decision.case is None:
        raise ValueError("a dispute always leaves a case")
    answer = tell_what_holds(decision.case, event, facts)
    return replace(decision, effects=(answer, *decision.effects), reason=f"{event.sender} says that the parts were returned already")


def tell_what_holds(case: Case, event: MailReceived, facts: Facts) -> SendNotice:
    """What now holds (BX6): the return date, else the question for the delivery, else the last valid day; once it is over, its end."""
    details: RmaDetails = case.details
    if LIFECYCLE.is_closed(case.state) and case.state != "invoiced":
        return tell_customer(case, "closed") if case.state == "closed" else tell_customer(case, case.state, reason="")
    today = facts.calendar.local_day(event.at)
    if details.due_days:
        return tell_due_days(case, today)
    if details.type == "advance":
        return ask_about_delivery(case)
    is_over = details.outstanding > 0 and today > details.valid_through
    return tell_customer(case, "expired") if is_over else tell_validity(case, today)
