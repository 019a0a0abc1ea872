"""Parts that arrived (RM5-RM9, BX5): reconciled with what was authorised and announced, told to the customer, with state and clocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mailflow.cases.rma.clock import (
    FINAL_NOTICE,
    INVOICE_REQUEST,
    REMINDER,
    RETURN_CLOCK,
    VALIDITY_CLOCK,
    ask_finance_on,
    invoice_moment,
    is_expired,
    run_return_clock,
    silence,
    stop,
)
from mailflow.cases.rma.details import Return, RmaDetails, state_by_clocks
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.invoicing import has_ripe, withdraw, withdraw_all
from mailflow.cases.rma.letters import ask_to_decide, ask_to_ship, tell_customer, with_remarks
from mailflow.cases.rma.units import Line, Unit, lay_days, updated
from mailflow.message.item import Item
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven

Difference = tuple[str, Mapping[str, Value]]
"""(named outcome of BX5, values for its wording)."""

Row = tuple[str, str, int, int, int, int, int, tuple[str, ...], tuple[str, ...]]
"""(part number, description, authorised, announced, received now, received so far, outstanding, serials that arrived now, serials still
expected)."""

NO_NUMBER = re.compile(r"\b(?:no|without(?: an?| the)?|missing) RMA\b", re.IGNORECASE)
"""How receiving staff say that nothing on the carton told where it belongs."""


ASKING = ("over", "over_serial", "wrong_part", "wrong_serial", "swapped_serial", "extra")
"""Outcomes that ask something of the customer."""
FINISHED = ("waived", "cancelled", "shipped back", "in repair")
"""A parcel that arrives in one of these, or in a closed return, is booked and flagged, and changes nothing else (RM3)."""


# What a booking does to the return


def book_receipt(
    case: Return, arrived: Sequence[Item], event: CommandGiven, facts: RmaFacts, desk: Desk, *, before: RmaDetails | None = None
) -> Decision:
    """Book parts that arrived at receiving. A parcel for an expired return is booked and flagged, never refused (RM3).

    It also answers a customer who said that the parts were returned already: invoicing goes on from here (BX4). `before` is how the
    return stood where a correction has emptied its units; the notice says that it corrects an earlier one.
    """
    details, at, extras = case.details, event.at, event.command.extras
    earlier, today = before or details, facts.calendar.local_day(event.at)
    is_late = details.expired or is_expired(details, today)
    is_cancelled = case.state == "cancelled"
    result = reconcile(details, arrived, at, earlier, facts.counted_elsewhere)
    found: list[Difference] = [one for one in result.differences if not is_cancelled or one[0] != "short"]
    flag = "cancelled_rma" if is_cancelled else "expired_rma" if is_late else ""
    flags: list[Difference] = [(flag, {"rma": case.number})] if flag else []
    differences = (*found, *flags, *(("extra", {"text": text}) for text in extras))
    booked = replace(details, units=result.units, extras=(*details.extras, *extras), disputed=False, claimed=False)
    settled, effects = settle(replace(case, details=booked), earlier, facts, desk, at)
    settled, resumed, invoice_on = _resume_invoicing(settled, earlier, facts, desk, at)
    pairs = zip(earlier.lines, settled.details.lines, strict=True) if before else ()
    receipt = tell_customer(
        settled,
        "receipt_notification",
        rows=result.rows,
        differences=differences,
        extras=extras,
        booked_on=at,
        invoice_on=invoice_on,
        today=today,
        is_late=is_late,
        corrections=tuple((line.part_number, old.received, line.received) for old, line in pairs if old.received != line.received),
        is_corrected=before is not None,
        asks=any(name in ASKING for name, _ in differences),
    )
    to_decide = _ask_to_decide(settled, flags, found, desk)
    note, done = _tell_staff(settled, result.rows, differences, event.by)
    effects = (receipt, *effects, *resumed, *to_decide, note)
    return Decision(case=settled, effects=effects, reason=f"{event.by}: {event.command.line}", done=done)


def _tell_staff(case: Return, rows: Sequence[Row], differences: Sequence[Difference], by: str) -> tuple[Note, Step]:
    """Write the line of the journal, and the answer to receiving staff: what was booked, and of each outcome what to do with it (BX5)."""
    parts = tuple(f"{row[4]} x {row[0]}" for row in rows if row[4])
    odd = (f"{name.replace('_', ' ')} ({', '.join(str(value) for value in values.values())})" for name, values in differences)
    note = Note(text="; ".join((f"received: {', '.join(parts) or 'nothing that fills a line'}", *odd)), who=by)
    name, outstanding = "rma_booked" if parts else "rma_booked_nothing", case.details.outstanding
    step = Step(name, {"rma": case.number, "parts": "; ".join(parts), "outstanding": outstanding})
    named = (one for one in differences if one[0] not in ("short", "condition"))
    return note, with_remarks(step, tuple(Step(f"rma_receipt_{outcome}", {"rma": case.number, **values}) for outcome, values in named))


def _ask_to_decide(case: Return, flags: Sequence[Difference], found: Sequence[Difference], desk: Desk) -> Iterator[Effect]:
    """Ask the CCR about a unit that fills another return already, of which one is due no more (BX8), and about parts that came after
    the end, or what is still missing then (RM3)."""
    doubled = tuple(
        Step("rma_serial_counts_elsewhere", {"rma": case.number, "serial": values["serial"], "other": values["other"]})
        for name, values in found
        if name == "booked_elsewhere"
    )
    if doubled:
        yield ask_to_decide(case, doubled, (), desk)
    if flags:
        can_go_on = case.state != "cancelled" and case.details.outstanding
        commands = (f"/revalidate {case.number}",) if can_go_on else (f"/note {case.number} TEXT",)
        yield ask_to_decide(case, tuple(Step(f"rma_late_{name}", dict(values)) for name, values in flags), commands, desk)


def settle(case: Return, before: RmaDetails, facts: RmaFacts, desk: Desk, at: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """Set the state after parts came in; with the last one every clock falls silent (BX3), and finance's request is taken back (RM9)."""
    details = case.details
    if case.state in FINISHED or (case.state == "closed" and details.outstanding == 0):
        return case, ()
    if details.outstanding > 0:
        return _keep_waiting(case, before, facts, desk, at)
    freed, withdrawn = withdraw_all(case, Step("rma_all_came_back", {}), desk)
    stopped = stop(*RETURN_CLOCK, *VALIDITY_CLOCK)
    if details.type == "repair":
        return replace(freed, state="in repair"), (*withdrawn, *stopped)
    received = replace(freed, state="received")
    if details.type == "doa":
        # CCR and CSE decide whether it is a warranty exchange or a replacement under the contract (EN5).
        steps, commands = (Step("rma_decide_exchange", {"rma": case.number}),), (f"/close {case.number}",)
        asks = (ask_to_decide(received, steps, commands, desk, Role.CSE),) if before.outstanding else ()
        return received, (*withdrawn, *stopped, *asks)
    if details.is_to_be_sent:
        asks = (ask_to_ship(received, "rma_back_before_replacement", desk),) if before.outstanding else ()
        return received, (*withdrawn, *stop(REMINDER, FINAL_NOTICE, INVOICE_REQUEST), *asks)
    closed = replace(freed, state="closed", closed_at=at)
    return closed, (*withdrawn, *stopped, tell_customer(closed, "closed"))


def _keep_waiting(case: Return, before: RmaDetails, facts: RmaFacts, desk: Desk, at: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """Go on with what is still missing. What came back is mentioned no more; a request to finance that names it is taken back, and what
    is left of it is asked for anew on the next business day. Requests that name other parts stand."""
    today = facts.calendar.local_day(at)
    anew = ask_finance_on(today, facts, at)
    reason = Step("rma_part_came_back", {})
    freed, withdrawn = withdraw(case, lambda unit: not unit.is_outstanding, reason, desk, anew_on=facts.calendar.local_day(anew.at))
    silent = silence(before, freed.details, desk)
    if case.state == "invoiced":
        return freed, (*withdrawn, *silent)
    again = (anew,) if withdrawn and has_ripe(freed.details, today) else ()
    if case.state in ("overdue", "to be invoiced"):
        return replace(freed, state=state_by_clocks(freed)), (*withdrawn, *silent, *again)
    came_in = any(unit.received_at for unit in freed.details.units)
    return (replace(freed, state="received") if came_in else freed), (*withdrawn, *silent)


def _resume_invoicing(
    case: Return, before: RmaDetails, facts: RmaFacts, desk: Desk, at: datetime
) -> tuple[Return, tuple[Effect, ...], date | None]:
    """Go on after the customer's word is answered: what is missing after all has the whole term of a final notice again before finance
    hears of it."""
    if not before.disputed or case.state != "overdue" or before.held_since is not None:
        return case, (), None
    day = invoice_moment(facts.calendar.local_day(at), facts.calendar, desk.returns.invoice_after)
    waiting = (
        unit.owing(replace(unit.obligation, invoice_on=max(unit.invoice_on, day)))
        for unit in case.details.running
        if unit.obligation and unit.invoice_on
    )
    given = replace(case, details=case.details.updated(waiting))
    return given, run_return_clock(given, facts, desk, at), day


# What arrived, against what was authorised and announced


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    units: tuple[Unit, ...]
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]


def reconcile(
    details: RmaDetails,
    arrived: Sequence[Item],
    at: datetime,
    before: RmaDetails | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> Reconciled:
    """Book what arrived on its units; whatever does not fit becomes a named difference.

    Serials that are expected come first, whatever else stands beside them. `before` is how the return stood where a correction has
    emptied its units: quantities that are new show against that, but all serials are told. `elsewhere` are serials that count under
    another return, with its number (BX8).
    """
    booking = _Booking(details, at, elsewhere or {})
    expected = {unit.serial for unit in details.units if unit.serial}
    for item in sorted(arrived, key=lambda item: expected.isdisjoint(item.serials)):
        booking.fill(item)
    units = lay_days(booking.units)
    rows = tuple(
        _row(earlier, booked, line)
        for earlier, booked, line in zip((before or details).lines, details.lines, replace(details, units=units).lines, strict=True)
    )
    short: list[Difference] = [("short", {"part": row[0], "quantity": row[6]}) for row in rows if row[6]]
    return Reconciled(units=units, rows=rows, differences=(*booking.differences, *short))


def _row(earlier: Line, booked: Line, line: Line) -> Row:
    arrived = tuple(serial for serial in line.received_serials if serial not in booked.received_serials)
    figures = (line.authorised, line.announced_quantity, max(0, line.received - earlier.received), line.received, line.outstanding)
    return line.part_number, line.description, *figures, arrived, line.outstanding_serials


class _Booking:
    """Items booked on the units, and what differed."""

    def __init__(self, details: RmaDetails, at: datetime, elsewhere: Mapping[str, str]) -> None:
        self.units = details.units
        self.sent_ahead = details.replacement_serials
        self.at = at
        self.elsewhere = elsewhere
        self.differences: list[Difference] = []

    def fill(self, item: Item) -> None:
        """Book one item on units of its part."""
        part = item.part_number.upper()
        if any(unit.part_number == part for unit in self.units):
            self._fill(item, part)
        else:
            self.differences.append(("wrong_part", {"part": item.part_number, "quantity": item.quantity}))
        if NO_NUMBER.search(item.condition):
            self.differences.append(("no_rma", {"part": item.part_number}))
        if item.condition:
            self.differences.append(("condition", {"part": " ".join((item.part_number, *item.serials)), "condition": item.condition}))

    def _same(self, part: str) -> list[Unit]:
        """Order the units of a part as parts without a serial fill them: waived ones last.

        What any serial fills goes before what expects one, the oldest announcement before what none announces, then the earliest day.
        """
        far = datetime.max.replace(tzinfo=self.at.tzinfo)
        same = (unit for unit in self.units if unit.part_number == part)
        return sorted(
            same,
            key=lambda unit: (
                unit.waived,
                bool(unit.serial),
                unit.announcement.on if unit.announcement else far,
                unit.due or far.date(),
                unit.place,
            ),
        )

    def _fill(self, item: Item, part: str) -> None:
        wrong = {serial: name for serial in item.serials if (name := self._what_is_wrong(serial, part))}
        own = {unit.serial for unit in self.units if unit.part_number == part}
        fitting = sorted((serial for serial in item.serials if serial not in wrong), key=lambda serial: serial not in own)
        quantity = item.quantity - len(wrong)
        named = fitting[: max(0, quantity)]
        over = sum(not self._receive(part, serial) for serial in named)
        # Units without a serial may be any of the part, so that a hurried booking still counts.
        over += sum(not self._receive(part, "") for _ in range(quantity - len(named)))
        same = [unit for unit in self.units if unit.part_number == part]
        missing = tuple(unit.serial for unit in same if unit.is_outstanding and unit.serial) or ("-",)
        for serial, name in wrong.items():
            values: dict[str, Value] = {"part": item.part_number, "serial": serial}
            if name == "booked_elsewhere":
                values["other"] = self.elsewhere[serial]
            if name == "wrong_serial" and any(unit.is_outstanding for unit in same):
                values["expected"] = missing
            elif name == "wrong_serial":
                name = "over_serial"
            self.differences.append((name, values))
        if over > 0:
            self.differences.append(("over", {"part": item.part_number, "quantity": over}))

    def _what_is_wrong(self, serial: str, part: str) -> str:
        """Name what is wrong with a serial; '' for one that may come under the part."""
        same = self._same(part)
        if any(unit.received_serial == serial for unit in same):
            return "booked_twice"
        if serial in self.elsewhere:
            return "booked_elsewhere"
        if any(unit.serial == serial for unit in same):
            return ""
        if serial in self.sent_ahead:
            return "swapped_serial"
        return "" if any(not unit.serial and not unit.received_serial for unit in same) else "wrong_serial"

    def _receive(self, part: str, serial: str) -> bool:
        """Book one unit on the one that its serial names, else on one that is missing; False where none is left.

        A unit that came before without its serial goes to another place when the serial of its place arrives.
        """
        same = self._same(part)
        free = [unit for unit in same if unit.received_at is None]
        if not free:
            return False
        # One that bears no serial counts for what is due first (BX3).
        takers: Iterable[Unit] = sorted(free, key=lambda unit: (not unit.is_outstanding, unit.due or date.max))
        if serial:
            named = [unit for unit in same if unit.serial == serial]
            any_serial = [unit for unit in same if not unit.serial and not unit.received_serial]
            takers = named or sorted(any_serial, key=lambda unit: (unit.announced_serial != serial, unit.received_at is not None))
        unit = next(iter(takers))
        if unit.received_at is not None:
            self.units = updated(self.units, [replace(free[0], received_at=unit.received_at, waived=False)])
        self.units = updated(self.units, [replace(unit, received_at=self.at, received_serial=serial, waived=False)])
        return True
