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

from mailparser.dates import parse_mail_date
from mailparser.utils import get_addresses

from mailflow.message.addresses import read_addresses
from mailflow.message.body import Contents, first_charset, read_contents
from mailflow.message.caps import DEFAULT_CAPS, Caps, check_caps, check_size
from mailflow.message.encoded_words import decode_words, header_text, one_line, raw_text, unfold
from mailflow.message.encryption import is_encrypted
from mailflow.message.header_date import read_header_date
from mailflow.message.model import Address, Mail, UnreadableMail
from mailflow.message.repair import repair

TRUSTED = "authentication-results"
_MESSAGE_ID = re.compile(r"<\s*([^<>]{1,990}?)\s*>")
_SOMETHING = re.compile(rb"[^\r\n\t \x00]")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_PLAIN_SENDER = re.compile(r"(?:\"[\w .,'-]{0,100}\" |[\w '-]{1,100} )?<?[\w.+-]{1,64}@[A-Za-z0-9.-]{1,200}>?", re.ASCII)
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
        hint = first_charset(message)
        contents = read_contents(message, hint)
    except RecursionError as error:
        raise UnreadableMail("the mail is nested too deep") from error
    mail = _assemble(message, contents, hint, mended_flaws)
    return replace(mail, encrypted=is_encrypted(mail))


def _message(raw: bytes) -> Message:
    """The MIME tree. A mail of one part needs no parsing of its body, which spares the lines of a 30 MB text."""
    end = _HEADER_END.search(raw)
    if end is not None and not _HAS_PARTS.search(raw, 0, end.end()):
        head = email.message_from_bytes(raw[: end.end()])
        # get_payload() would decode by the stated charset, which may be none that Python takes
        if head.get_content_maintype() not in ("multipart", "message") and not vars(head)["_payload"]:
            vars(head)["_payload"] = raw[end.end() :]
            return head
    return email.message_from_bytes(raw)


def _assemble(message: Message, contents: Contents, hint: str | None, flaws: tuple[str, ...]) -> Mail:
    raw_headers = [(key.lower(), str(value)) for key, value in message.raw_items()]
    text, alternative = _texts(contents)
    date, envelope_flaws = _envelope(raw_headers)
    found = {name: _addresses(raw_headers, name, hint) for name in ("from", "to", "cc", "reply-to")}
    return Mail(
        senders=found["from"] or _addresses(raw_headers, "sender", hint)[:1],
        to=found["to"],
        cc=found["cc"],
        reply_to=found["reply-to"],
        subject=_first(raw_headers, "subject", hint),
        date=date,
        message_id=_message_id(_raw_first(raw_headers, "message-id")),
        in_reply_to=_message_ids(_raw_first(raw_headers, "in-reply-to")),
        references=_message_ids(" ".join(value for key, value in raw_headers if key == "references")),
        text=text,
        alternative_text=alternative,
        attachments=tuple(contents.attachments),
        headers=tuple((one_line(raw_text(key)), _header_value(key, value, hint)) for key, value in raw_headers),
        report=tuple(contents.report),
        flaws=tuple(dict.fromkeys((*flaws, *envelope_flaws, *contents.flaws))),
        encrypted=contents.encrypted,
    )


def _header_value(name: str, value: str, hint: str | None) -> str:
    """As a person reads it. In what a border server stamped an encoded word is none (RFC 8601 2.2): it came from a sender's address."""
    return one_line(unfold(raw_text(value, hint))).strip() if name == TRUSTED else header_text(value, hint)


def _texts(contents: Contents) -> tuple[str, str]:
    """(body, text of the HTML form where both exist); the HTML form is the body where the plain one says nothing."""
    plain = "\n".join(part.strip("\n") for part in contents.plain if part.strip())
    html = "\n".join(part for part in contents.html if part.strip())
    if not plain.strip() and not html:
        return "\n".join(contents.named), ""
    return (plain, html) if plain.strip() else (html, "")


def _envelope(headers: list[tuple[str, str]]) -> tuple[datetime | None, list[str]]:
    """The date, by mail-parser where the header is well formed, else by the lenient reader; and what is wrong with the address headers."""
    flaws = [
        flaw
        for key, value in headers
        if key in ("from", "reply-to") and len(value) < 2000 and not _PLAIN_SENDER.fullmatch(value)
        for flaw in _defects(key, value)
    ]
    stated = _raw_first(headers, "date")
    moment = _strict_date(stated) if stated else None
    if moment is not None or not stated.strip():
        return moment, flaws
    return read_header_date(header_text(stated)), [*flaws, "the Date header is malformed"]


def _strict_date(stated: str) -> datetime | None:
    try:
        moment = parse_mail_date(stated).value
        if not isinstance(moment, datetime):
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _defects(name: str, value: str) -> list[str]:
    found: list[dict[str, str]] = []
    with contextlib.suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
        get_addresses(value, defects=found)
    return [f"{name}: {defect['reason']}" for defect in found]


def _addresses(headers: list[tuple[str, str]], name: str, hint: str | None) -> tuple[Address, ...]:
    """All mailboxes of all headers of that name: a second From is a second author (case 53)."""
    found = [address for key, value in headers if key == name for address in read_addresses(unfold(raw_text(value, hint)))]
    return tuple(dict.fromkeys([address for address in found if address.address] or found))


def _raw_first(headers: list[tuple[str, str]], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


def _first(headers: list[tuple[str, str]], name: str, hint: str | None) -> str:
    return header_text(_raw_first(headers, name), hint)


def _message_ids(value: str) -> tuple[str, ...]:
    """The ids of In-Reply-To or References without brackets, each once, in order. Bare words count where no brackets stand."""
    text = one_line(decode_words(unfold(raw_text(value))))
    found = _MESSAGE_ID.findall(text) or [word for word in text.split() if "@" in word]
    return tuple(dict.fromkeys(re.sub(r"\s+", "", one) for one in found[:1000]))


def _message_id(value: str) -> str:
    text = one_line(decode_words(unfold(raw_text(value)))).strip()
    found = _MESSAGE_ID.search(text)
    return re.sub(r"\s+", "", found[1]) if found else text.strip("<> ")[:990]
