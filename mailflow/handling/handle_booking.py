"""A mail of receiving staff read as a booking (RM5): all returns it names, or nothing, and always answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from mailflow.cases import decide
from mailflow.handling.apply import apply
from mailflow.handling.arrivals import ArrivalList, Arrivals, Trouble, find_lists, find_return, read_arrivals, returns_expecting
from mailflow.handling.cause import Cause
from mailflow.handling.gather import facts_for_case
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.handling.refusal import in_english, refuse
from mailflow.message.item import Item
from mailflow.message.staff.booking import Booking
from mailflow.policy.case import Case, RmaLine
from mailflow.policy.decision import SendNotice, Sentence
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import MailReceived
from mailflow.store import case as case_rows
from mailflow.store import journal

VALID_FORM = "/received [RMA] QTY x PART [serial S[, S]]"
LIST_BOOKED = "list"
"""What the journal calls the line by which a list that comes again is known."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of the mail: the reason for the journal, and the case it went to (None where it named none)."""

    reason: str
    case_number: str | None


class _NotBooked(Exception):
    """Lines of the mail that keep all of it from being booked."""

    def __init__(self, *troubles: Trouble) -> None:
        super().__init__(troubles)
        self.troubles = troubles


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """Where, why and for which return of the thread (None for a fresh mail) a mail is booked."""

    c: Connection
    office: Office
    desk: Desk
    case: Case | None
    event: MailReceived
    cause: Cause


def tells_of_arrivals(event: MailReceived, case: Case | None) -> bool:
    """Whether a mail of receiving staff in no return's thread is a booking all the same: a list, or a fresh mail to receiving."""
    return (case is None and event.mailbox_role is MailboxRole.RECEIVING) or bool(find_lists(event.mail))


def handle_booking(c: Connection, office: Office, desk: Desk, case: Case | None, event: MailReceived, cause: Cause) -> Booked:
    """Book what the mail says on the returns it names, else on `case`, the return of its thread."""
    room = _Room(c=c, office=office, desk=desk, case=case, event=event, cause=cause)
    lists = find_lists(event.mail)
    arrivals = read_arrivals(c, desk, case, event, lists)
    if arrivals.shown and not arrivals.items and not arrivals.troubles:
        return _ask(room, arrivals.shown, Step("photo_shows"))
    if arrivals.items and not any(item.rma for item in arrivals.items):
        serials = [serial for item in arrivals.items for serial in item.serials]
        near = returns_expecting(c, desk, serials)
        return _ask(room, near, Step("rma_not_named_near" if near else "rma_not_named"), arrivals.items)
    try:
        _check(room, arrivals, lists)
        with c.begin_nested():
            results = _book_all(room, arrivals)
    except _NotBooked as refused:
        lines = tuple((line, reason, VALID_FORM if not lists else "") for line, reason in refused.troubles)
        refuse(c, office, desk, case, event.sender, lines, cause)
        told = "; ".join(in_english(office, reason) for _, reason in refused.troubles)
        return Booked(f"nothing was booked: {told}", case.number if case else None)
    numbers = tuple(results)
    _remember(room, lists, numbers)
    values = {"results": tuple(results.values()), "note_kept": False, "note": ""}
    answer = SendNotice(notice="staff/command_result", to=(event.sender,), to_staff=True, values=values)
    about = case.number if case else numbers[0] if len(numbers) == 1 else ""
    write_letter(c, office, desk, case_rows.load(c, about) if about else None, answer, cause)
    return Booked("; ".join(said for said, _ in results.values()), case.number if case else numbers[0])


def _check(room: _Room, arrivals: Arrivals, lists: Sequence[ArrivalList]) -> None:
    """Everything that can be wrong before a rule is asked, told at once. Raises _NotBooked."""
    troubles = list(arrivals.troubles)
    for item, place in zip(arrivals.items, arrivals.places, strict=True):
        if not item.rma:
            troubles.append((place, Step("rma_missing")))
        elif find_return(room.c, room.desk, item.rma) is None:
            troubles.append((place, Step("no_return_of_desk", {"number": item.rma})))
    if not arrivals.items and not troubles:
        troubles.append((_first_line(room.event.new_text), Step("nothing_to_book")))
    numbers = tuple(dict.fromkeys(item.rma for item in arrivals.items))
    troubles += [trouble for one in lists if (trouble := _booked_before(room, one, numbers)) is not None]
    if troubles:
        raise _NotBooked(*troubles)


def _booked_before(room: _Room, one: ArrivalList, numbers: Sequence[str]) -> Trouble | None:
    rows = (row for number in numbers for row in journal.of_case(room.c, number))
    earlier = next((row.at for row in rows if row.what == LIST_BOOKED and one.sha256 in row.text), None)
    if earlier is None:
        return None
    return one.name, Step("list_booked_before", {"file": one.name, "at": earlier, "timezone": room.desk.calendar.timezone})


def _book_all(room: _Room, arrivals: Arrivals) -> dict[str, tuple[str, Sentence]]:
    """Number to (what was read, what was done). Raises _NotBooked with the refusals of all returns."""
    results: dict[str, tuple[str, Sentence]] = {}
    troubles: list[Trouble] = []
    numbers = tuple(dict.fromkeys(item.rma for item in arrivals.items))
    owner_of_extras = room.case.number if room.case and room.case.number in numbers else numbers[0]
    for number in numbers:
        items = tuple(item for item in arrivals.items if item.rma == number)
        booking = Booking(items=items, extras=arrivals.extras if number == owner_of_extras else ())
        said = f"{number}: {_said(items)}" if len(numbers) > 1 else _said(items)
        try:
            results[number] = (said, _book(room, number, booking, said))
        except _NotBooked as refused:
            troubles += refused.troubles
    if troubles:
        raise _NotBooked(*troubles)
    return results


def _book(room: _Room, number: str, booking: Booking, said: str) -> Sentence:
    target = find_return(room.c, room.desk, number)
    if target is None:
        raise LookupError(f"return {number} is not there")
    serials = tuple(serial for item in booking.items for serial in item.serials)
    facts = facts_for_case(room.c, room.office, room.desk, target, room.event.at, named=serials)
    decision = decide("rma", target, replace(room.event, booking=booking), facts, room.desk, room.cause.at)
    if decision.refused:
        raise _NotBooked((said, decision.refused))
    apply(room.c, room.office, room.desk, target, decision, room.cause)
    return decision.done


def _remember(room: _Room, lists: Sequence[ArrivalList], numbers: Sequence[str]) -> None:
    """So that the same list, should it come again, is not counted twice (RM5)."""
    for number in numbers:
        for one in lists:
            journal.write(
                room.c,
                case_number=number,
                desk=room.desk.name,
                at=room.cause.at,
                who=room.event.sender,
                what=LIST_BOOKED,
                text=f"{one.name}, SHA-256 {one.sha256}",
                inbound_id=room.cause.inbound_id,
            )


def _ask(room: _Room, numbers: Sequence[str], reason: Step, items: Sequence[Item] = ()) -> Booked:
    """Nothing is booked; the answer shows the returns that may be meant, each with its line ready to send back (BX11)."""
    returns = [one for number in numbers if (one := find_return(room.c, room.desk, number)) is not None]
    proposals = tuple((one.number, one.company, _open(one), _ready_line(one, items)) for one in returns)
    values = {"reason": reason, "proposals": proposals}
    question = SendNotice(notice="staff/booking_question", to=(room.event.sender,), to_staff=True, values=values)
    write_letter(room.c, room.office, room.desk, returns[0] if len(returns) == 1 else room.case, question, room.cause)
    about = returns[0].number if len(returns) == 1 else room.case.number if room.case else None
    return Booked(f"nothing was booked: {in_english(room.office, reason)}", about)


def _open(one: Case) -> tuple[RmaLine, ...]:
    return tuple(line for line in one.details.lines if line.outstanding > 0)


def _ready_line(one: Case, items: Sequence[Item]) -> str:
    """The command that books what the mail names, else all that is outstanding."""
    named = [(item.quantity, item.part_number, item.serials) for item in items]
    whole = [(line.outstanding, line.part_number, line.outstanding_serials) for line in _open(one)]
    told = (f"{quantity} x {part}" + (f" serial {', '.join(serials)}" if serials else "") for quantity, part, serials in named or whole)
    command = "; ".join(told)
    return f"/received {one.number} {command}" if command else ""


def _said(items: Sequence[Item]) -> str:
    quantities: dict[str, int] = {}
    for item in items:
        quantities[item.part_number] = quantities.get(item.part_number, 0) + item.quantity
    return ", ".join(f"{quantity} x {part}" for part, quantity in quantities.items())


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")
