"""What a mail of receiving staff says came in, by list, sentences or the codes on photos, and under which return (RM5, BX11)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from mailflow.message.documents.label_photo import read_labels
from mailflow.message.documents.receiving_list import ReceivingList, read_receiving_list
from mailflow.message.item import Item
from mailflow.message.model import Attachment, Mail
from mailflow.message.reference import find_case_numbers
from mailflow.message.staff.booking import Booking, read_booking
from mailflow.policy.case import Case
from mailflow.policy.decision import Sentence
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived
from mailflow.store import case as case_rows

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


def find_lists(mail: Mail) -> tuple[ArrivalList, ...]:
    """The attachments that are lists of arrivals."""
    return tuple(
        ArrivalList(one.name or "unnamed", hashlib.sha256(one.content).hexdigest(), content)
        for one in mail.attachments
        if (content := read_receiving_list(one)) is not None
    )


def read_arrivals(c: Connection, desk: Desk, case: Case | None, event: MailReceived, lists: Sequence[ArrivalList]) -> Arrivals:
    """`case` is the return of the thread, if there is one; it holds for what names no other."""
    shown = _returns_on_photos(c, desk, case, event.mail) if not lists else ()
    booking = _read_text(c, desk, case, event, shown)
    if lists:
        return _from_lists(desk, case, lists, booking)
    default = case.number if case else shown[0] if len(shown) == 1 else ""
    return Arrivals(
        items=tuple(replace(item, rma=item.rma or default) for item in booking.items),
        places=tuple(f"{item.quantity} x {item.part_number}" for item in booking.items),
        extras=booking.extras,
        troubles=tuple(zip(booking.problems, booking.reasons, strict=True)),
        shown=shown,
    )


def _read_text(c: Connection, desk: Desk, case: Case | None, event: MailReceived, shown: Sequence[str]) -> Booking:
    """The sentences, read with the parts and serials that may come under the returns in question."""
    prefixes = (desk.number_prefixes["rma"],)
    numbers = dict.fromkeys((*find_case_numbers(f"{event.mail.subject}\n{event.new_text}", prefixes), *shown))
    returns = [one for number in numbers if (one := find_return(c, desk, number)) is not None]
    lines = [line for one in (*([case] if case else []), *returns) for line in one.details.lines]
    booking = read_booking(
        event.new_text,
        parts=[line.part_number for line in lines],
        serials={serial: line.part_number for line in lines for serial in line.serials},
        descriptions={line.part_number: line.description for line in lines},
        prefixes=prefixes,
    )
    subject = find_case_numbers(event.mail.subject, prefixes)
    if case is None and len(subject) == 1:
        return replace(booking, items=tuple(replace(item, rma=item.rma or subject[0]) for item in booking.items))
    return booking


def _from_lists(desk: Desk, case: Case | None, lists: Sequence[ArrivalList], booking: Booking) -> Arrivals:
    """The rows of the lists; what the text says beside them is a covering note, unless it names parts of its own."""
    if booking.items:
        return Arrivals(troubles=((booking.items[0].part_number, Step("list_and_text")),))
    items: list[Item] = []
    places: list[str] = []
    troubles: list[Trouble] = []
    for one in lists:
        for row in one.content.rows:
            number = _number_of(row.item.rma, desk)
            if not number and case is None:
                troubles.append((row.line, Step("row_without_rma", {"row": row.row})))
                continue
            items.append(replace(row.item, rma=number or (case.number if case else "")))
            places.append(row.line)
        troubles += [(wrong.line, Step(f"row_{wrong.name}", {"row": wrong.row})) for wrong in one.content.problems]
    return Arrivals(items=tuple(items), places=tuple(places), extras=booking.extras, troubles=tuple(troubles))


def _number_of(rma: str, desk: Desk) -> str:
    """The number with the desk's own letters: a list often says just RMA, or digits alone, which are read as that."""
    return f"{desk.number_prefixes['rma']}{rma.removeprefix('RMA-')}" if rma.startswith("RMA-") else rma


def find_return(c: Connection, desk: Desk, number: str) -> Case | None:
    """The desk's return of that number, None where there is none."""
    found = case_rows.load(c, number)
    return found if found is not None and found.kind == "rma" and found.desk == desk.name else None


def _returns_on_photos(c: Connection, desk: Desk, case: Case | None, mail: Mail) -> tuple[str, ...]:
    """Numbers of the returns on attached photos: of the thread, else by the RMA number in a code, else by a part's serial number."""
    photos = tuple(_photos(mail))
    if case is not None:
        return (case.number,) if photos else ()
    codes = tuple(dict.fromkeys(code for photo in photos for code in read_labels(photo.content)))
    numbers = find_case_numbers("\n".join(codes), (desk.number_prefixes["rma"],))
    return tuple(number for number in numbers if find_return(c, desk, number) is not None) or returns_expecting(c, desk, codes)


def returns_expecting(c: Connection, desk: Desk, serials: Sequence[str]) -> tuple[str, ...]:
    """Numbers of the desk's open returns under which one of the serials may come."""
    named = [serial.upper() for serial in serials if serial]
    return tuple(one.number for one in case_rows.of_serials(c, named, kind="rma", desk=desk.name) if one.closed_at is None)


def _photos(mail: Mail) -> Iterator[Attachment]:
    """An embedded picture counts too: phones put photos into the text."""
    found = (one for one in mail.attachments if one.content_type.startswith("image/") or (one.name or "").lower().endswith(PHOTO_ENDINGS))
    for _, photo in zip(range(MOST_PHOTOS), found, strict=False):
        yield photo
