"""From the final notice to finance (RM9, RM11, BX4): nothing is invoiced that came back, is under way, disputed, or not proven notified."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mailflow.cases.rma.clock import INVOICE_CONFIRMATION, INVOICE_REQUEST, without_invoice
from mailflow.cases.rma.details import Return, RmaDetails
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.letters import amounts_of, announced_parcels, ask_to_decide, grace_ends, tell_customer, tell_staff, totals_of
from mailflow.cases.rma.units import Invoice, Obligation, Unit, lay_days, steps_of
from mailflow.policy.case import PendingConfirmation
from mailflow.policy.decision import Decision, Effect, Note, NoticeValues, SendNotice, SetDeadline
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven, DeadlineFell
from mailflow.policy.facts import SentNotice

INVOICE_FILES = ("invoice_csv", "invoice_json", "evidence")

SEARCHING = "search"
"""Key of an invoice request that waits for the warehouse's answer, which was asked for once more already."""

VERIFICATION = "rma/customer_request_verification"
NEEDED = {VERIFICATION: 1, "rma/reminder": 2, "rma/final_notice": 1}
"""Notices, and how many of each must have reached an address of the customer before anything is invoiced (BX4)."""


Outcome = tuple[Return, tuple[Effect, ...], tuple[str, ...]]
"""The return as it shall be, what is done, and the reasons."""

# What may be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`missing` says by name what is not proven. `for_staff_to_decide`: all that was written arrived, but too few reminders were due."""

    missing: tuple[Step, ...]
    for_staff_to_decide: bool


def proof_of_notice(sent: Sequence[SentNotice], obligation: Obligation) -> Proof:
    """Weigh the letters of a return for one unit (BX4): the authorisation, and those reminders and final notices that named it.

    A letter is proven when at least one of its recipients' servers took it and it did not bounce.
    """
    known = [one for one in sent if one.name == VERIFICATION or one.written_at in obligation.moments(one.name.removeprefix("rma/"))]
    written = {name: {one.message_id for one in known if one.name == name} for name in NEEDED}
    proven = {
        name: {one.message_id for one in known if one.name == name and one.accepted_at is not None and one.bounced_at is None}
        for name in NEEDED
    }
    lacking = [name for name, needed in NEEDED.items() if len(proven[name]) < needed]
    only_too_few = lacking == ["rma/reminder"] and written["rma/reminder"] == proven["rma/reminder"]
    return Proof(
        missing=tuple(
            Step(f"rma_unproven_{name.removeprefix('rma/')}", {"proven": len(proven[name]), "written": len(written[name])})
            for name in lacking
        ),
        for_staff_to_decide=only_too_few,
    )


def weigh(units: Iterable[Unit], facts: RmaFacts) -> tuple[tuple[Unit, Proof], ...]:
    """Pair each unit with its proof of notice."""
    return tuple((unit, proof_of_notice(facts.sent_notices, unit.obligation)) for unit in units if unit.obligation)


def priced(units: Iterable[Unit], facts: RmaFacts, at: datetime) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    """Price the units at the list price of the day (RM9); the second value are the part numbers without a price."""
    asked: list[Unit] = []
    unpriced: dict[str, None] = {}
    for unit in units:
        price = facts.prices.get(unit.part_number)
        if unit.obligation is None:
            continue
        if price is None or price.list_price is None:
            unpriced[unit.part_number] = None
        else:
            invoice = Invoice(asked_at=at, unit_price=price.list_price, currency=price.currency)
            asked.append(unit.owing(replace(unit.obligation, invoice=invoice)))
    return tuple(asked), tuple(unpriced)


def invoiceable(details: RmaDetails, facts: RmaFacts, desk: Desk, today: date) -> tuple[RmaDetails, tuple[Unit, ...], date | None]:
    """Find what is ripe for finance today, and the first day on which the grace of a parcel ends.

    What is under way within its grace takes the earliest days, as what comes back does; the details come with the days laid so. Where
    finance was asked for such a unit already, another one waits instead: never more is asked for than is neither here nor under way.
    """
    ends = grace_ends(details.units, facts.calendar, desk.returns.transit_grace)
    moving = {place for place, end in ends.items() if end >= today}
    laid = replace(details, units=lay_days(details.units, moving)) if moving else details
    ripe = [unit for unit in laid.units if unit.is_outstanding and unit.invoice_on and unit.invoice_on <= today]
    parts = dict.fromkeys(unit.part_number for unit in ripe)
    waits = [ends[unit.place] for unit in laid.units if unit.place in moving and unit.part_number in parts]
    free: list[Unit] = []
    for part in parts:
        same = [unit for unit in ripe if unit.part_number == part]
        spared = sum(unit.invoice is not None and unit.place in moving for unit in same)
        free += [unit for unit in same if not unit.invoice and unit.place not in moving][spared:]
    return laid, tuple(free), min(waits, default=None)


def has_ripe(details: RmaDetails, today: date) -> bool:
    """Tell whether finance may be asked today for something that it holds no request for."""
    return any(unit.invoice_on and unit.invoice_on <= today and not unit.is_asked_for for unit in details.running)


# The deadline


def request_invoice(case: Return, event: DeadlineFell, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Hand over to finance all that is ripe by its day; what is in transit within its grace waits, as does what is not proven notified,
    and what a human must decide is asked about (RM9, BX4)."""
    if case.details.held_since is not None:
        return Decision(case=case, reason="nobody can be reached: the return clock stands still")
    if case.details.disputed:
        # The customer says that the parts were returned: receiving is asked once more, and nothing is invoiced before it has answered.
        asks = tell_staff(case, "disputed", desk.staff_of(Role.RECEIVING), text="", sender=case.customer)
        effects = (*(() if event.key == SEARCHING else (asks,)), _look_again(facts, now, SEARCHING))
        reason = "the customer says that the parts were returned, and the warehouse has not answered: nothing is invoiced"
        return Decision(case=case, effects=effects, reason=reason)
    laid, ripe, wait_until = invoiceable(case.details, facts, desk, facts.calendar.local_day(now))
    waiting = _wait_for_parcels(wait_until, facts)
    if not ripe:
        in_transit = "announced and in transit within the grace: nothing is invoiced"
        return Decision(case=case, effects=waiting, reason=in_transit if wait_until else "nothing is ripe for an invoice request")
    weighed = weigh(ripe, facts)
    proven = tuple(unit for unit, proof in weighed if not proof.missing)
    doubtful = any(proof.for_staff_to_decide for _, proof in weighed)
    unproven = tuple((unit, proof) for unit, proof in weighed if proof.missing and not proof.for_staff_to_decide)
    handed, asked, reasons = _ask_or_hand_over(replace(case, details=laid), proven, doubtful, facts, desk, now)
    marked, looks, lacking = _wait_for_proof(handed, unproven, facts, desk, now)
    # The next look at what waits is the earliest one: it sees all that is ripe.
    clocks = [one for one in (*looks, *waiting) if isinstance(one, SetDeadline)]
    others = (one for one in (*asked, *looks, *waiting) if not isinstance(one, SetDeadline))
    effects = (*others, *([min(clocks, key=lambda one: one.at)] if clocks else []))
    return Decision(case=marked, effects=effects, reason="; ".join((*reasons, *lacking)))


def _look_again(facts: RmaFacts, now: datetime, key: str = "") -> SetDeadline:
    day = facts.calendar.next_business_day(facts.calendar.local_day(now))
    return SetDeadline(kind=INVOICE_REQUEST, key=key, at=facts.calendar.dated_moment(day))


def _wait_for_parcels(wait_until: date | None, facts: RmaFacts) -> tuple[Effect, ...]:
    if wait_until is None:
        return ()
    day = facts.calendar.next_business_day(wait_until)
    note = Note(text=f"announced parcels are under way until {wait_until}: they are looked at again on {day}")
    return SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(day)), note


def _ask_or_hand_over(case: Return, proven: Sequence[Unit], doubtful: bool, facts: RmaFacts, desk: Desk, now: datetime) -> Outcome:
    """Hand what is proven to finance, unless a human must decide. `doubtful`: for some units the term was too short for two reminders."""
    _, unpriced = priced(proven, facts, now)
    stops = bool(proven) and (bool(unpriced) or desk.returns.human_yes_before_invoice)
    if stops and not doubtful:
        name = "rma_invoice_without_price" if unpriced else "rma_invoice_wants_a_yes"
        return _ask_staff(case, Step(name, {"rma": case.number, "parts": ", ".join(unpriced)}), facts, desk, now)
    if not doubtful:
        case = replace(case, details=replace(case.details, confirmations=without_invoice(case.details)))
    effects: tuple[Effect, ...] = ()
    reasons: tuple[str, ...] = ()
    if proven and not stops:
        case, effects, reason = hand_to_finance(case, proven, facts, desk, now)
        reasons = (reason,)
    if not doubtful:
        return case, effects, reasons
    question = Step("rma_invoice_with_too_few_reminders", {"rma": case.number})
    asked, letters, why = _ask_staff(case, question, facts, desk, now)
    return asked, (*effects, *letters), (*reasons, *why)


def _wait_for_proof(case: Return, unproven: Sequence[tuple[Unit, Proof]], facts: RmaFacts, desk: Desk, now: datetime) -> Outcome:
    """Tell staff once for each day what is missing, and look at it on each business day, since a server may still take a letter."""
    if not unproven:
        return case, (), ()
    missing: dict[str, Step] = {}
    for _unit, proof in unproven:
        for step in proof.missing:
            missing.setdefault(step.name, step)
    lacking = ", ".join(f"{name.removeprefix('rma_unproven_')} ({step.values['proven']} proven)" for name, step in missing.items())
    reason = f"no proof of notice, nothing is invoiced: {lacking}"
    notices = tuple(dict.fromkeys((*case.details.notices, *(f"unproven {unit.due}" for unit, _ in unproven))))
    if notices == case.details.notices:
        return case, (_look_again(facts, now),), (reason,)
    steps = (Step("rma_not_invoiced", {"rma": case.number}), *missing.values())
    commands = (f"/extend {case.number} {desk.returns.extension.amount} REASON", f"/waive {case.number} REASON")
    marked = replace(case, details=replace(case.details, notices=notices))
    return marked, (ask_to_decide(case, steps, commands, desk), _look_again(facts, now)), (reason,)


def _ask_staff(case: Return, why: Step, facts: RmaFacts, desk: Desk, now: datetime) -> Outcome:
    """Ask the CCR what `/confirm` answers; each question is asked once."""
    reason = f"{why.name.removeprefix('rma_').replace('_', ' ')}: staff are asked, nothing is invoiced"
    pending = PendingConfirmation(code=facts.confirmation_code, line=f"{INVOICE_CONFIRMATION} {why.name}", by="mailflow", at=now)
    if any(other.line == pending.line for other in case.details.confirmations):
        return case, (), (reason,)
    asked = replace(case, details=replace(case.details, confirmations=(*without_invoice(case.details), pending)))
    values = {"code": pending.code, "line": Step("rma_invoice_request", {"rma": case.number}), "summary": why}
    letter = SendNotice(notice="staff/confirmation_request", to=desk.staff_of(Role.CCR), to_staff=True, values=values)
    return asked, (letter,), (reason,)


def confirm_invoice(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Take a human's yes: it stands for a missing reminder, never for a letter that came back, a price, or the warehouse's answer
    (BX4)."""
    laid, ripe, _ = invoiceable(case.details, facts, desk, facts.calendar.local_day(now))
    weighed = weigh(ripe, facts)
    proven = tuple(unit for unit, proof in weighed if not proof.missing or proof.for_staff_to_decide)
    missing = next((proof.missing for _, proof in weighed if proof.missing and not proof.for_staff_to_decide), ())
    _, unpriced = priced(proven, facts, now)
    refusals = (
        (case.details.held_since is not None, Step("rma_nobody_reachable", {"rma": case.number})),
        (case.details.disputed, Step("rma_invoice_waits_for_warehouse", {"rma": case.number})),
        (case.state not in ("overdue", "to be invoiced") or not ripe, Step("rma_nothing_to_invoice", {"rma": case.number})),
        (not proven, Step("rma_invoice_unproven", {"rma": case.number, "missing": missing})),
        (bool(unpriced), Step("rma_price_unknown", {"parts": ", ".join(unpriced)})),
    )
    if refused := next((why for is_so, why in refusals if is_so), None):
        return Decision(case=case, reason=refused.name, refused=refused)
    answered = replace(case, details=replace(laid, confirmations=without_invoice(laid)))
    handed, effects, reason = hand_to_finance(answered, proven, facts, desk, now)
    done = Step("rma_invoice_asked", {"rma": case.number})
    return Decision(case=handed, effects=effects, reason=f"{event.by}: {event.command.line}: {reason}", done=done)


def hand_to_finance(
    case: Return, units: Sequence[Unit], facts: RmaFacts, desk: Desk, now: datetime
) -> tuple[Return, tuple[Effect, ...], str]:
    """Send the invoice request with its evidence to finance, and word to the customer (RM9, RM11, BX4), at today's list price."""
    asked, _ = priced(units, facts, now)
    owing = replace(case, state="to be invoiced", details=case.details.updated(asked))
    values = _values(owing, asked)
    finance = replace(tell_staff(owing, "invoice_request", desk.staff_of(Role.FINANCE), **values), attach=INVOICE_FILES, at_most_once=True)
    customer = tell_invoiced(owing, asked, facts, desk, facts.calendar.local_day(now))
    totals = ", ".join(f"{amount:.2f} {currency}" for currency, amount in totals_of(asked))
    return owing, (finance, customer), f"handed to finance: {totals}"


def tell_invoiced(case: Return, units: Sequence[Unit], facts: RmaFacts, desk: Desk, today: date) -> SendNotice:
    """Tell the customer what finance was asked for, and which of its parcels count as under way no more (RM9)."""
    _, not_arrived = announced_parcels(case.details, units, facts, desk, today)
    return replace(tell_customer(case, "invoice_notice", not_arrived=not_arrived, **_values(case, units)), at_most_once=True)


def _values(case: Return, units: Sequence[Unit]) -> NoticeValues:
    return {
        "outstanding": case.details.rows_of(units),
        "amounts": amounts_of(units),
        "totals": totals_of(units),
        "due_days": tuple(sorted({unit.obligation.due for unit in units if unit.obligation})),
        "delivered_days": tuple(sorted({unit.obligation.delivered_on for unit in units if unit.obligation})),
        "steps": steps_of(units),
    }


# What holds no more (RM9): finance and the customer are told, and nothing counts as requested


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
    freed = replace(case, details=case.details.updated(unit.asked(None) for unit in taken_back))
    effects: list[Effect] = []
    for number, units in gone.items():
        asked_anew = () if number else amounts_of(rest)
        values: dict[str, object] = {"reason": reason, "amounts": amounts_of(units), "totals": totals_of(units), "invoice_number": number}
        values |= {"asked_anew": asked_anew, "anew_on": anew_on if asked_anew else None}
        effects.append(tell_staff(freed, "invoice_withdrawn", desk.staff_of(Role.FINANCE), for_finance=True, **values))
        effects.append(tell_customer(freed, "invoice_withdrawn", for_finance=False, **values))
    return freed, tuple(effects)
