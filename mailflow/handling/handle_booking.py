"""A mail of receiving staff read as a booking (RM5): all returns it names, or nothing, and always answered."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from mailflow.cases import decide
from mailflow.handling.apply import apply
from mailflow.handling.cause import Cause
from mailflow.handling.gather import facts_for_case
from mailflow.handling.handle_command import Refused, refuse
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.policy.booking import BookedItem, Booking, read_booking
from mailflow.policy.case import Case
from mailflow.policy.decision import SendNotice, Sentence
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived
from mailflow.store import case as case_rows

VALID_FORM = "/received [RMA] QTY x PART [serial S[, S]]"


def handle_booking(c: Connection, office: Office, desk: Desk, case: Case, event: MailReceived, cause: Cause) -> str:
    """Book what the mail says on the returns it names, else on `case`; the reason for the journal."""
    prefix = desk.number_prefixes["rma"]
    serials = {serial: line.part_number for line in case.details.lines for serial in line.serials}
    parts = [line.part_number for line in case.details.lines]
    booking = read_booking(event.new_text, parts=parts, serials=serials, prefixes=(prefix,))
    try:
        if booking.problems or not booking.items:
            problems = [Refused(line, reason) for line, reason in zip(booking.problems, booking.reasons, strict=False)]
            raise problems[0] if problems else Refused(_first_line(event.new_text), "no part number with a quantity was found")
        with c.begin_nested():
            results = tuple(
                _book(c, office, desk, case, number, items, booking, event, cause) for number, items in _by_return(booking, case)
            )
    except Refused as refused:
        refuse(c, office, desk, case, event.sender, ((refused.line, refused.reason, VALID_FORM),), cause)
        return f"nothing was booked: {refused.reason}"
    values = {"results": results, "note_kept": False, "note": ""}
    answer = SendNotice(notice="staff/command_result", to=(event.sender,), to_staff=True, values=values)
    write_letter(c, office, desk, case_rows.load(c, case.number), answer, cause)
    return "; ".join(said for said, _ in results)


def _by_return(booking: Booking, case: Case) -> tuple[tuple[str, tuple[BookedItem, ...]], ...]:
    """(number, its items) in the order in which the mail names them."""
    numbers = dict.fromkeys(item.rma or case.number for item in booking.items)
    return tuple((number, tuple(item for item in booking.items if (item.rma or case.number) == number)) for number in numbers)


def _book(
    c: Connection,
    office: Office,
    desk: Desk,
    case: Case,
    number: str,
    items: tuple[BookedItem, ...],
    booking: Booking,
    event: MailReceived,
    cause: Cause,
) -> tuple[str, Sentence]:
    """(what was read, what was done) for one return."""
    said = ", ".join(f"{item.quantity} x {item.part_number}" for item in items)
    target = case_rows.load(c, number)
    if target is None or target.kind != "rma" or target.desk != desk.name:
        raise Refused(said, f"{number} is no return of this desk")
    extras = booking.extras if target.number == case.number else ()
    booked = replace(event, booking=Booking(items=items, extras=extras))
    decision = decide("rma", target, booked, facts_for_case(c, office, desk, target, event.at), desk, cause.at)
    if decision.refused:
        raise Refused(said, decision.refused)
    apply(c, office, desk, target, decision, cause)
    return said, decision.done


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")
