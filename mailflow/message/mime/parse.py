"""Raw bytes to a Mail, the way a careful person reads it. The only file that knows mail-parser.

It does not judge (see nature, sender) and does not cut quotations (see reply). No header makes it raise; what is beyond the
limits is UnreadableMail, with the reason for people.
"""

from __future__ import annotations

import contextlib
import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message

from dateutil.parser import parser, parserinfo
from mailparser.dates import parse_mail_date
from mailparser.utils import get_addresses, receiveds_parsing

from mailflow.message.mime.body import Contents, is_encrypted, read_contents
from mailflow.message.mime.header import header_text, read_addresses, read_fields
from mailflow.message.mime.raw import DEFAULT_CAPS, Caps, check_caps, check_size, repair
from mailflow.message.model import Address, Hop, Mail, UnreadableMail

_MOST_HOPS, _LONGEST_HOP, _LONGEST_HOST = 50, 2000, 200
_MESSAGE_ID = re.compile(r"<\s*([^<>]{1,990}?)\s*>")
_SOMETHING = re.compile(rb"[^\r\n\t \x00]")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_PLAIN_SENDER = re.compile(r"(?:\"[\w .,'-]{0,100}\" |[\w '-]{1,100} )?<?[\w.+-]{1,64}@[A-Za-z0-9.-]{1,200}>?", re.ASCII)
_MONTH_OR_YEAR = re.compile(r"[A-Za-z]{3}|^\d{4}\b")
_ZONES: dict[str, float] = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "IST": 5.5}
_ZONES |= {"WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "MET": 1, "CEST": 2, "MESZ": 2, "MEST": 2, "EET": 2, "EEST": 3, "MSK": 3}
_ZONES |= {"JST": 9, "KST": 9}
"""Hours from Greenwich of zones that Date headers name."""
_HAS_PARTS = re.compile(rb"^content-type[ \t]*:[ \t\r\n]*[\"']?(?:multipart|message)/", re.I | re.M)


def parse_mail(raw: bytes, caps: Caps = DEFAULT_CAPS) -> Mail:
    """Read a raw mail (RFC 5322, MIME). Raises UnreadableMail where the bytes are no mail or are beyond the caps (case 39)."""
    if not _SOMETHING.search(raw):
        raise UnreadableMail("the mail is empty")
    check_size(raw, caps)
    mended, mended_flaws = repair(raw)
    check_caps(mended, caps)
    try:
        message = _message(mended)
        contents = read_contents(message)
    except RecursionError as error:
        raise UnreadableMail("the mail is nested too deep") from error
    mail = _assemble(message, contents, mended_flaws)
    return replace(mail, encrypted=is_encrypted(mail))


def _message(raw: bytes) -> Message:
    """Parse the MIME tree. A mail of one part needs no parsing of its body, which spares the lines of a 30 MB text."""
    end = _HEADER_END.search(raw)
    if end is not None and not _HAS_PARTS.search(raw, 0, end.end()):
        head = email.message_from_bytes(raw[: end.end()])
        # get_payload() would decode by the stated charset, which may be none that Python takes
        if head.get_content_maintype() not in ("multipart", "message") and not vars(head)["_payload"]:
            vars(head)["_payload"] = raw[end.end() :]
            return head
    return email.message_from_bytes(raw)


def _assemble(message: Message, contents: Contents, flaws: tuple[str, ...]) -> Mail:
    raw_headers = [(key.lower(), str(value)) for key, value in message.raw_items()]
    headers = read_fields(raw_headers, contents.hint)
    first = dict(reversed(headers))
    found = {name: _addresses(raw_headers, name, contents.hint) for name in ("from", "to", "cc", "reply-to", "sender")}
    text, alternative = contents.texts()
    own_id = _MESSAGE_ID.search(first.get("message-id", ""))
    stated = next((value for key, value in raw_headers if key == "date"), "")
    date = _strict_date(stated)
    is_malformed = date is None and bool(stated.strip())
    envelope_flaws = [*_flaws_of_senders(raw_headers), *(["the Date header is malformed"] if is_malformed else [])]
    return Mail(
        senders=found["from"] or found["sender"][:1],
        to=found["to"],
        cc=found["cc"],
        reply_to=found["reply-to"],
        subject=first.get("subject", ""),
        date=read_header_date(header_text(stated)) if is_malformed else date,
        message_id=re.sub(r"\s+", "", own_id[1]) if own_id else first.get("message-id", "").strip("<> ")[:990],
        in_reply_to=_message_ids(first.get("in-reply-to", "")),
        references=_message_ids(" ".join(value for key, value in headers if key == "references")),
        text=text,
        alternative_text=alternative,
        attachments=tuple(contents.attachments),
        headers=headers,
        report=tuple(contents.report),
        flaws=tuple(dict.fromkeys([*flaws, *envelope_flaws, *contents.flaws])),
        encrypted=contents.encrypted,
    )


def _strict_date(stated: str) -> datetime | None:
    """Read the date by mail-parser, where the header is well formed."""
    try:
        moment = parse_mail_date(stated).value
        if not isinstance(moment, datetime):
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


class _MailDates(parserinfo):
    """Years of two digits by RFC 5322 4.3, and not by the clock."""

    def convertyear(self, year: int, century_specified: bool = False) -> int:
        return year if century_specified or year >= 100 else year + (1900 if year >= 50 else 2000)


def read_header_date(value: str) -> datetime | None:
    """Read the instant (UTC) that a Date header means where a strict reader gives up; None where no day can be made out.

    Time of day and zone may be missing. It is the sender's claim and decides nothing (rule T3).
    """
    # dateutil takes `GMT+01:00` for one hour west, as POSIX has it; what is missing it takes from a default
    text = re.sub(r"\b(?:GMT|UTC|UT)\s*(?=[+-]\d)", "", " ".join(value[:200].split()))
    defaults = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 2, 2, tzinfo=UTC))
    try:
        moment, *other = {_DATES.parse(text, default=default, tzinfos=_zone, fuzzy=True) for default in defaults}
        if other or not _MONTH_OR_YEAR.search(text):
            return None
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, ArithmeticError, TypeError, AttributeError, LookupError):
        return None


def _zone(name: str | None, offset: int | None) -> int:
    return offset if offset is not None else int(_ZONES.get(name or "", 0) * 3600)


_DATES = parser(_MailDates())


def _flaws_of_senders(headers: list[tuple[str, str]]) -> list[str]:
    """Say what mail-parser finds wrong with a From or Reply-To that is not of the usual form."""
    found: list[tuple[str, dict[str, str]]] = []
    for key, value in headers:
        defects: list[dict[str, str]] = []
        if key in ("from", "reply-to") and len(value) < 2000 and not _PLAIN_SENDER.fullmatch(value):
            with contextlib.suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
                get_addresses(value, defects=defects)
        found += [(key, defect) for defect in defects]
    return [f"{key}: {defect['reason']}" for key, defect in found]


def _addresses(headers: list[tuple[str, str]], name: str, hint: str | None) -> tuple[Address, ...]:
    """Read all mailboxes of all headers of that name: a second From is a second author (case 53)."""
    found = [address for key, value in headers if key == name for address in read_addresses(value, hint)]
    return tuple(dict.fromkeys([address for address in found if address.address] or found))


def _message_ids(value: str) -> tuple[str, ...]:
    """Read the ids of In-Reply-To or References without brackets, each once, in order; bare words where no brackets stand."""
    found = _MESSAGE_ID.findall(value) or [word for word in value.split() if "@" in word]
    return tuple(dict.fromkeys(re.sub(r"\s+", "", one) for one in found[:1000]))


def read_route(mail: Mail) -> tuple[Hop, ...]:
    """Read the servers that passed the mail on, first one first, by mail-parser: of a long way the last 50, blank where unclear."""
    hops: list[Hop] = []
    for stamp in receiveds_parsing([value[:_LONGEST_HOP] for value in mail.all_headers("received")[:_MOST_HOPS]]):
        at = datetime.fromisoformat(stamp["date_utc"]) if stamp.get("date_utc") else None
        before = hops[-1].at if hops else None
        delay = int((at - before).total_seconds()) if at and before else None
        from_host, by_host, protocol = (stamp.get(key, "")[:_LONGEST_HOST] for key in ("from", "by", "with"))
        hops.append(Hop(from_host, by_host, protocol, at, delay))
    return tuple(hops)
