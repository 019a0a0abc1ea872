"""A mail of receiving staff read as a booking, by list, sentences or photos: all or nothing, and always answered (RM5, BX11).

Each return is booked with the command `/received`, as if it had been written so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailflow.cases import CASE_TYPES
from mailflow.handling.handle_command import refuse, tell_results
from mailflow.handling.match import prefix_of
from mailflow.handling.notice import write_notice
from mailflow.handling.settle import settle
from mailflow.handling.work import Outcome, Work
from mailflow.message.documents.label_photo import read_labels
from mailflow.message.documents.receiving_list import ReceivingList, read_receiving_list
from mailflow.message.item import Item
from mailflow.message.model import Mail
from mailflow.message.reference import find_case_numbers
from mailflow.message.staff.booking import read_booking
from mailflow.message.staff.command import Command
from mailflow.policy.case import Case
from mailflow.policy.case_type import AnyCaseType, ExpectedPart
from mailflow.policy.decision import SendNotice, Sentence
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import MailboxRole
from mailflow.policy.event import CommandGiven, MailReceived
from mailflow.policy.triage import Verdict
from mailflow.store import case as case_rows
from mailflow.store import journal

VALID_FORM = "/received [RMA] QTY x PART [serial S[, S]]"
LIST_BOOKED = "list"
"""What the journal calls the line by which a list that comes again is known."""
PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic")
MOST_PHOTOS = 10
"""Photos of one mail whose codes are read; each takes a moment."""

Trouble = tuple[str, Sentence]
"""(a line as written, why it cannot be booked)."""


@dataclass(frozen=True, slots=True)
class ArrivalList:
    """An attached list with its name, and the SHA-256 by which the same file is known again."""

    name: str
    sha256: str
    content: ReceivingList


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Items with the return they belong to ('' where nothing says so), and where each of them stands in the mail.

    `troubles` are lines that cannot be booked: with one of them nothing is. `shown` are returns that a photo shows.
    """

    items: tuple[Item, ...] = ()
    places: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    shown: tuple[str, ...] = ()


class _NotBooked(Exception):
    """Lines of the mail that keep all of it from being booked."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__(troubles)
        self.troubles = troubles


def tells_of_arrivals(event: MailReceived, case: Case | None) -> bool:
    """Tell whether a mail of receiving staff in no return's thread is a booking all the same: a list, or a fresh mail to receiving."""
    return (case is None and event.mailbox_role is MailboxRole.RECEIVING) or bool(_find_lists(event.mail))


def handle_booking(work: Work, case: Case | None, event: MailReceived) -> Outcome:
    """Book what the mail says on the returns it names, else on `case`, the return of its thread."""
    lists = _find_lists(event.mail)
    shown = _returns_on_photos(work, case, event.mail) if not lists else ()
    arrivals = _from_text(work, case, event, shown)
    arrivals = _from_lists(work, case, lists, arrivals) if lists else arrivals
    if arrivals.shown and not arrivals.items and not arrivals.troubles:
        return _ask(work, case, event, arrivals.shown, Step("photo_shows"))
    if arrivals.items and not any(item.rma for item in arrivals.items):
        near = _returns_expecting(work, [serial for item in arrivals.items for serial in item.serials])
        return _ask(work, case, event, near, Step("rma_not_named_near" if near else "rma_not_named"), arrivals.items)
    try:
        if troubles := _find_troubles(work, event, arrivals, lists):
            raise _NotBooked(troubles)
        with work.c.begin_nested():
            results = _book_all(work, case, event, arrivals)
    except _NotBooked as refused:
        refuse(work, case, event.sender, [(line, reason, VALID_FORM if not lists else "") for line, reason in refused.troubles])
        reasons = "; ".join(work.services.in_english(reason) for _, reason in refused.troubles)
        return _outcome(f"nothing was booked: {reasons}", case.number if case else None)
    numbers = tuple(results)
    for number in numbers:
        for one in lists:
            # So that the same list, should it come again, is not counted twice (RM5).
            work.journal(number, LIST_BOOKED, f"{one.name}, SHA-256 {one.sha256}", who=event.sender)
    about = case.number if case else numbers[0] if len(numbers) == 1 else ""
    tell_results(work, case_rows.load(work.c, about) if about else None, event.sender, tuple(results.values()))
    return _outcome("; ".join(said for said, _ in results.values()), case.number if case else numbers[0])


def _outcome(reason: str, number: str | None) -> Outcome:
    return Outcome(Verdict.ADDED if number else Verdict.IGNORED, "booking", reason, number)


def _find_lists(mail: Mail) -> tuple[ArrivalList, ...]:
    return tuple(
        ArrivalList(one.name or "unnamed", hashlib.sha256(one.content).hexdigest(), content)
        for one in mail.attachments
        if (content := read_receiving_list(one)) is not None
    )


def _from_text(work: Work, case: Case | None, event: MailReceived, shown: Sequence[str]) -> Arrivals:
    """The sentences, read with the parts and serials that may come under the returns in question.

    The return of the thread, of the subject, or the one that a photo shows, holds for what names no other.
    """
    prefixes = (prefix_of(work.desk, _booked_type().kind),)
    numbers = dict.fromkeys((*find_case_numbers(f"{event.mail.subject}\n{event.new_text}", prefixes), *shown))
    named = [one for number in numbers if (one := find_return(work, number)) is not None]
    parts = [part for one in (*([case] if case else []), *named) for part in _expected(one)]
    booking = read_booking(
        event.new_text,
        parts=[part.part_number for part in parts],
        serials={serial: part.part_number for part in parts for serial in part.serials},
        descriptions={part.part_number: part.description for part in parts},
        prefixes=prefixes,
    )
    subject = find_case_numbers(event.mail.subject, prefixes)
    default = case.number if case else subject[0] if len(subject) == 1 else shown[0] if len(shown) == 1 else ""
    return Arrivals(
        items=tuple(replace(item, rma=item.rma or default) for item in booking.items),
        places=tuple(f"{item.quantity} x {item.part_number}" for item in booking.items),
        extras=booking.extras,
        troubles=tuple(zip(booking.problems, booking.reasons, strict=True)),
        shown=tuple(shown),
    )


def _from_lists(work: Work, case: Case | None, lists: Sequence[ArrivalList], text: Arrivals) -> Arrivals:
    """The rows of the lists; what the text says beside them is a covering note, unless it names parts of its own."""
    if text.items:
        return Arrivals(troubles=((text.items[0].part_number, Step("list_and_text")),))
    prefix = prefix_of(work.desk, _booked_type().kind)
    items: list[Item] = []
    places: list[str] = []
    troubles: list[Trouble] = []
    for one in lists:
        for row in one.content.rows:
            # A list often says just RMA, or digits alone, which are read as that.
            number = f"{prefix}{row.item.rma.removeprefix('RMA-')}" if row.item.rma.startswith("RMA-") else row.item.rma
            if not number and case is None:
                troubles.append((row.line, Step("row_without_rma", {"row": row.row})))
                continue
            items.append(replace(row.item, rma=number or (case.number if case else "")))
            places.append(row.line)
        troubles += [(wrong.line, Step(f"row_{wrong.name}", {"row": wrong.row})) for wrong in one.content.problems]
    return Arrivals(items=tuple(items), places=tuple(places), extras=text.extras, troubles=tuple(troubles))


def _booked_type() -> AnyCaseType:
    """The type of case under which parts come in."""
    return next(one for one in CASE_TYPES.values() if one.expected_parts is not None)


def find_return(work: Work, number: str) -> Case | None:
    """Load the desk's return of that number, None where there is none."""
    found = case_rows.load(work.c, number)
    return found if found is not None and found.kind == _booked_type().kind and found.desk == work.desk.name else None


def _expected(case: Case) -> tuple[ExpectedPart, ...]:
    expected_parts = CASE_TYPES[case.kind].expected_parts
    return expected_parts(case) if expected_parts else ()


def _returns_on_photos(work: Work, case: Case | None, mail: Mail) -> tuple[str, ...]:
    """Numbers of the returns on attached photos: of the thread, else by the RMA number in a code, else by a part's serial number.

    An embedded picture counts too: phones put photos into the text.
    """
    found = [one for one in mail.attachments if one.content_type.startswith("image/") or (one.name or "").lower().endswith(PHOTO_ENDINGS)]
    if case is not None:
        return (case.number,) if found else ()
    codes = tuple(dict.fromkeys(code for photo in found[:MOST_PHOTOS] for code in read_labels(photo.content)))
    numbers = find_case_numbers("\n".join(codes), (prefix_of(work.desk, _booked_type().kind),))
    return tuple(number for number in numbers if find_return(work, number) is not None) or _returns_expecting(work, codes)


def _returns_expecting(work: Work, serials: Sequence[str]) -> tuple[str, ...]:
    """Numbers of the desk's open returns under which one of the serials may come."""
    named = [serial.upper() for serial in serials if serial]
    found = case_rows.of_serials(work.c, named, kind=_booked_type().kind, desk=work.desk.name)
    return tuple(one.number for one in found if one.closed_at is None)


def _find_troubles(work: Work, event: MailReceived, arrivals: Arrivals, lists: Sequence[ArrivalList]) -> list[Trouble]:
    """Everything that can be wrong before a rule is asked, told at once."""
    troubles = list(arrivals.troubles)
    for item, place in zip(arrivals.items, arrivals.places, strict=True):
        if not item.rma:
            troubles.append((place, Step("rma_missing")))
        elif find_return(work, item.rma) is None:
            troubles.append((place, Step("no_return_of_desk", {"number": item.rma})))
    if not arrivals.items and not troubles:
        first_line = next((line for line in event.new_text.splitlines() if line.strip()), "")
        troubles.append((first_line, Step("nothing_to_book")))
    numbers = tuple(dict.fromkeys(item.rma for item in arrivals.items))
    booked = [row for number in numbers for row in journal.of_case(work.c, number) if row.what == LIST_BOOKED]
    for one in lists:
        if earlier := next((row.at for row in booked if one.sha256 in row.text), None):
            known: dict[str, Value] = {"file": one.name, "at": earlier, "timezone": work.desk.calendar.timezone}
            troubles.append((one.name, Step("list_booked_before", known)))
    return troubles


def _book_all(work: Work, case: Case | None, event: MailReceived, arrivals: Arrivals) -> dict[str, tuple[str, Sentence]]:
    """Number to (what was read, what was done). Raises _NotBooked with the refusals of all returns."""
    results: dict[str, tuple[str, Sentence]] = {}
    troubles: list[Trouble] = []
    numbers = tuple(dict.fromkeys(item.rma for item in arrivals.items))
    owner_of_extras = case.number if case and case.number in numbers else numbers[0]
    for number in numbers:
        target = find_return(work, number)
        if target is None:
            raise LookupError(f"return {number} is not there")
        items = tuple(item for item in arrivals.items if item.rma == number)
        said = f"{number}: {_said(items)}" if len(numbers) > 1 else _said(items)
        extras = arrivals.extras if number == owner_of_extras else ()
        command = Command(name="received", line=f"/received {_said(items)}", items=items, extras=extras)
        decision = settle(work, target, CommandGiven(command=command, by=event.sender, roles=event.roles, at=event.at))
        if decision.refused:
            troubles.append((said, decision.refused))
        results[number] = (said, decision.done)
    if troubles:
        raise _NotBooked(troubles)
    return results


def _said(items: Sequence[Item]) -> str:
    quantities: dict[str, int] = {}
    for item in items:
        quantities[item.part_number] = quantities.get(item.part_number, 0) + item.quantity
    return ", ".join(f"{quantity} x {part}" for part, quantity in quantities.items())


def _ask(work: Work, case: Case | None, event: MailReceived, numbers: Sequence[str], reason: Step, items: Sequence[Item] = ()) -> Outcome:
    """Nothing is booked; the answer shows the returns that may be meant, each with its line ready to send back (BX11).

    The line books what the mail names, else all that is outstanding.
    """
    returns = [one for number in numbers if (one := find_return(work, number)) is not None]
    named = [(item.quantity, item.part_number, item.serials) for item in items]
    proposals = []
    for one in returns:
        missing = tuple(part for part in _expected(one) if part.outstanding > 0)
        rows = named or [(part.outstanding, part.part_number, part.outstanding_serials) for part in missing]
        described = "; ".join(
            f"{quantity} x {part}" + (f" serial {', '.join(serials)}" if serials else "") for quantity, part, serials in rows
        )
        proposals.append((one.number, one.company, missing, f"/received {one.number} {described}" if described else ""))
    values = {"reason": reason, "proposals": tuple(proposals)}
    about = returns[0] if len(returns) == 1 else case
    write_notice(work, about, SendNotice(notice="staff/booking_question", to=(event.sender,), to_staff=True, values=values))
    return _outcome(f"nothing was booked: {work.services.in_english(reason)}", about.number if about else None)
