"""The values that reading a mail yields. Text in them is always storable: no lone surrogates, no NUL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Union

from pydantic import PlainSerializer, PlainValidator


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of RFC 5322 3.4: `address` is the bare addr-spec in lower case, `name` the display name or ''."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """One part that is not body text. `name` is a display string only, None where the mail gives none."""

    name: str | None
    content_type: str
    content: bytes
    embedded: bool = False
    """A picture that stands within the text (RFC 2392), as signatures have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as a careful person reads it.

    `senders` holds every author of From (more than one is suspicious); message ids stand without angle brackets;
    `text` is the body that the person wrote, quotes included; `alternative_text` is the text of the HTML part where
    both exist; `date` is the sender's claim and decides nothing (rule T3). `headers` are (lower-case name, decoded
    value) in their order; `flaws` says in words what was repaired or left out.
    """

    senders: tuple[Address, ...]
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    alternative_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    report: tuple[tuple[str, str], ...] = ()
    """Fields of a message/delivery-status part (RFC 3464), in order; a field pair ('', '') ends each block."""
    flaws: tuple[str, ...] = ()
    encrypted: bool = False

    @property
    def sender(self) -> Address:
        return self.senders[0] if self.senders else Address("")

    def header(self, name: str) -> str:
        """Return the first value of a header, '' where the mail has none."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def all_headers(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key == name.lower())


@dataclass(frozen=True, slots=True)
class Hop:
    """A server on a mail's way as its Received line tells it (RFC 5321 4.4); only the lines of our own servers are sure.

    `delay` are the seconds since the server before, below 0 where clocks differ, None where either names no time.
    """

    from_host: str = ""
    by_host: str = ""
    protocol: str = ""
    at: datetime | None = None
    delay: int | None = None


class UnreadableMail(ValueError):
    """The bytes cannot be read as a mail within the limits; the text says why, for people."""


class Kind(StrEnum):
    """What sort of sender is behind a mail (IN2, IN7)."""

    PERSON = "person"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    LIST = "list"
    ECHO = "echo"
    RECEIPT = "receipt"
    FEEDBACK = "feedback report"


@dataclass(frozen=True, slots=True)
class Nature:
    """The verdict on the sort of sender, with the rule that gave it, e.g. `header Auto-Submitted: auto-replied`."""

    kind: Kind
    rule: str


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """One failed address of a bounce; `permanent` is False for a delay or a 4.x.x status (RFC 3463)."""

    address: str
    permanent: bool
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A non-delivery report: who failed, and the Message-ID of the mail that failed ('' where the report hides it)."""

    recipients: tuple[BouncedRecipient, ...]
    original_message_id: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A body cut in two: what is new, and what is quoted or signature. Nothing is thrown away."""

    new_text: str
    folded_text: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the border server of ours says of the sender (RFC 8601): `dmarc`, `auth` results and the domain they speak of.

    `rule` says in words what was found; `genuine` is an aligned DMARC pass or `auth=pass` (OUT6).
    """

    genuine: bool
    rule: str
    failed: bool = False
    """The border says that the mail is not of the domain in From (`dmarc=fail`), not only that nothing proves it."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a request says of itself (IN4). Texts as written; serials normalised to upper case without blanks."""

    name: str = ""
    company: str = ""
    telephone: str = ""
    fax: str = ""
    email: str = ""
    purchase_order: str = ""
    contract: str = ""
    model: str = ""
    serials: tuple[str, ...] = ()
    part_numbers: tuple[str, ...] = ()
    software_version: str = ""
    site_address: str = ""
    symptoms: str = ""
    impact: str = ""
    priority: str = ""
    priority_words: str = ""
    tracking: tuple[tuple[str, str], ...] = ()
    """(carrier or '', tracking number) pairs."""


FAULT_CATEGORIES = ("F001", "F003", "F005", "F006", "F009", "F056", "F060")
"""As the field uses them (RM4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """One line of a Return Notification (RM4). `quantity` is None where the customer left it out."""

    part_number: str = ""
    serial: str = ""
    quantity: int | None = None
    fault: str = ""
    category: str = ""
    data_removed: str = ""
    unread_quantity: str = ""
    """What stands in the place of the quantity and is no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnNotification:
    """The form that announces a return, in whatever shape it came (RM4)."""

    rma: str = ""
    company: str = ""
    contact: str = ""
    telephone: str = ""
    carrier: str = ""
    tracking: str = ""
    ship_date: date | None = None
    cartons: int | None = None
    lines: tuple[ReturnLine, ...] = field(default=())
    unread: tuple[tuple[str, str], ...] = ()
    """(field, text) of what stands in the form and is no day or number: ship_date, cartons."""


def restore_when(stored: object) -> date:
    """Read a day or an instant back from its JSON form, `{"at": ISO 8601}`: as bare text it could not be told from text."""
    match stored:
        case {"at": str(text)}:
            return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
        case date():
            return stored
    raise ValueError("neither a day nor an instant")


When = Annotated[date, PlainSerializer(lambda when: {"at": when.isoformat()}), PlainValidator(restore_when)]
"""A day, or an instant: a datetime is a date too."""

Value = Union[str, int, tuple[str, ...], "Step", tuple["Step", ...], When]
"""What fills a blank; a step within a step is a sentence within a sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `name` is a key of [derivation] or [sentence] in templates/email/<language>/words.toml, `values` fill its blanks."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
