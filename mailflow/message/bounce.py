"""Non-delivery reports: who failed and which mail of ours it was (RFC 3464, RFC 3463; flufl.bounce for what has no such form).

Only called for mails whose nature is a bounce: text rules on an ordinary mail would be fooled by a forged notice.
"""

from __future__ import annotations

import contextlib
import email
import re
from collections.abc import Collection, Iterator, Sequence
from email.message import Message

from flufl.bounce import all_failures

from mailflow.message.model import Bounce, BouncedRecipient, Mail
from mailflow.message.phrases import FAILURE

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ID = re.compile(rb"\nmessage-id:[ \t]*(?:\r?\n[ \t]+)?<?([^\s<>]{3,990})>?", re.I)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPORT_LINE = re.compile(r"^[ \t]*(original-recipient|final-recipient|action|status|diagnostic-code):[ \t]*(.{0,500})", re.I | re.M)
_RETURNED = re.compile(
    r"^(?:[-_=* >]{3,80}.{0,40}(?:original|returned|unsent|copy|header|message (?:follows|text)|begin)"
    r"|(?:below is a copy|original message|the header|a copy of)|(?:Received|Return-Path|Message-ID|From|Date) ?:|From \S+ )",
    re.M | re.I,
)
_HELPDESK = re.compile(r"(?:post_?master|mailer-daemon|abuse|support|helpdesk|info|noreply|no-reply)@", re.I)
_CODE = re.compile(r"\b[45]\d\d\b|\b[45]\.\d\.\d")
_SCANNED = 40_000
_RETURNED_TYPES = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})


def read_bounce(mail: Mail, raw: bytes) -> Bounce | None:
    """The failed recipients and the original Message-ID; None where nobody failed (a success report, no address to be found)."""
    recipients = _from_report(mail) or _from_header(mail) or _from_report_text(mail) or _from_flufl(mail, raw) or _from_text(mail)
    if not recipients:
        return None
    return Bounce(recipients, _original_id(mail, raw))


def _from_report(mail: Mail) -> tuple[BouncedRecipient, ...]:
    return _failed(_blocks(mail.report)) or _failed(_blocks(_rejection_fields(mail)))


def _rejection_fields(mail: Mail) -> list[tuple[str, str]]:
    notes = [
        part.content[:20_000].decode("latin-1") for part in mail.attachments if part.content_type == "message/disposition-notification"
    ]
    return [(key.lower(), value.strip()) for note in notes for key, value in _REPORT_LINE.findall(note)]


def _from_report_text(mail: Mail) -> tuple[BouncedRecipient, ...]:
    """The fields of a report whose MIME structure was lost on the way."""
    lines = _REPORT_LINE.findall((mail.text or mail.alternative_text)[:_SCANNED])
    return _failed(_blocks([(key.lower(), value.strip()) for key, value in lines]))


def _failed(blocks: Iterator[dict[str, str]]) -> tuple[BouncedRecipient, ...]:
    found: dict[str, BouncedRecipient] = {}
    for block in blocks:
        action = block.get("action", "").lower().split(" ")[0].strip(";")
        status = _status(block)
        if action in ("delivered", "relayed", "expanded") or (not action and status.startswith("2")):
            continue
        address = _recipient(block)
        if address:
            permanent = action != "delayed" and not status.startswith("4")
            found[address] = BouncedRecipient(address, permanent, status, block.get("diagnostic-code", "")[:1000])
    return tuple(found.values())


def _blocks(fields: Sequence[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """Blocks by their empty lines; some reports have none, there the next recipient starts a block."""
    block: dict[str, str] = {}
    for key, value in (*fields, ("", "")):
        if not key or (key in ("original-recipient", "final-recipient") and (key in block or "action" in block)):
            yield block
            block = {}
        if key:
            block.setdefault(key, value)


def _recipient(block: dict[str, str]) -> str:
    """The address as we wrote it where the report has it, else the one at which delivery ended."""
    for key in ("original-recipient", "final-recipient", "x-actual-recipient"):
        text = block.get(key, "").rpartition(";")[2].strip().strip("<>")
        if found := _ADDRESS.search(text):
            return found[0].lower()
    return ""


def _status(block: dict[str, str]) -> str:
    for key in ("status", "diagnostic-code"):
        if found := _STATUS.search(block.get(key, "")):
            return found[1]
    return ""


def _from_header(mail: Mail) -> tuple[BouncedRecipient, ...]:
    """Exim names the failed recipients in a header of its own."""
    text = " ".join(mail.all_headers("x-failed-recipients"))
    return _recipients(_ADDRESS.findall(text), mail, permanent=True)


def _from_flufl(mail: Mail, raw: bytes) -> tuple[BouncedRecipient, ...]:
    """flufl.bounce raises on a mail without a usable From: it gets a copy with one of its own.

    Its text rules look at each line about seventy times, so the copy ends early: notices stand above what they return.
    """
    message = email.message_from_bytes(_opening(raw))
    _replace_from(message)
    temporary: Collection[bytes] = ()
    permanent: Collection[bytes] = ()
    # its text rules raise all sorts of errors on odd mails; then the next reader has its turn
    with contextlib.suppress(Exception):
        temporary, permanent = all_failures(message)
    lasting = _usable(permanent, mail)
    passing = [address for address in _usable(temporary, mail) if address not in lasting]
    return _recipients(lasting, mail, permanent=True) + _recipients(passing, mail, permanent=False)


def _opening(raw: bytes) -> bytes:
    """The header and the first 500 lines or 64 kB of the body."""
    start = next((at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0), 0)
    return raw[:start] + b"\n".join([line[:1000] for line in raw[start : start + 65_536].split(b"\n", 500)[:500]])


def _usable(found: Collection[bytes], mail: Mail) -> list[str]:
    """Without what only looks like a recipient: ids, and the address that got this notice."""
    ids = {
        one.decode("ascii", "replace").lower()
        for one in _ID.findall(b"\n" + (mail.text or mail.alternative_text)[:_SCANNED].encode("utf-8", "replace"))
    }
    ours = {address.address for address in mail.to}
    addresses = sorted(address.decode("utf-8", "replace").lower() for address in found)
    usable = [address for address in addresses if _ADDRESS.fullmatch(address) and address not in ids]
    return [address for address in usable if address not in ours] or usable


def _replace_from(message: Message) -> None:
    del message["From"]
    message["From"] = "MAILER-DAEMON <mailer-daemon@bounce.invalid>"


def _from_text(mail: Mail) -> tuple[BouncedRecipient, ...]:
    """Addresses in the notice's own words, above the returned mail: those on a line that tells a failure, else the first.

    Where the notice names none, the failed one is whom the returned mail was written to.
    """
    whole = (mail.text or mail.alternative_text)[:_SCANNED]
    notice, returned = _split_notice(whole)
    ours = {address.address for address in (*mail.to, *mail.senders)}
    told, named = [], []
    for line in notice.split("\n"):
        usable = [one.lower() for one in _ADDRESS.findall(line[:1000]) if one.lower() not in ours and not _HELPDESK.match(one)]
        if re.search(r"for (?:further )?(?:assistance|help)|contact|https?://", line, re.I) and not _CODE.search(line):
            continue
        named += usable
        if _CODE.search(line) or FAILURE.search(line):
            told += usable
    if not named and (to := re.search(r"^(?:To|Recipient|RCPT TO): *(.{1,400})", returned, re.M | re.I)):
        named = [one.lower() for one in _ADDRESS.findall(to[1])]
    permanent = not re.search(r"delay|warning|still (?:trying|being)|not yet|deferred", mail.subject + notice[:2000], re.I)
    return _recipients(told or named[:1], mail, permanent=permanent)


def _split_notice(text: str) -> tuple[str, str]:
    found = _RETURNED.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def _recipients(addresses: list[str], mail: Mail, *, permanent: bool) -> tuple[BouncedRecipient, ...]:
    status = _STATUS.search((mail.text or mail.alternative_text)[:_SCANNED])
    code = status[1] if status and not status[1].startswith("2") else ""
    return tuple(BouncedRecipient(address.lower(), permanent, code) for address in dict.fromkeys(addresses))


def _original_id(mail: Mail, raw: bytes) -> str:
    """The Message-ID of the returned mail: from the attached message or headers, else from the text below the notice."""
    for part in mail.attachments:
        if part.content_type in _RETURNED_TYPES and (found := _ID.search(b"\n" + part.content[:262_144])):
            return found[1].decode("ascii", "replace")
    own = mail.message_id.encode("ascii", "replace")
    for found in _ID.finditer(raw):
        if found[1] != own:
            return found[1].decode("ascii", "replace")
    return mail.references[-1] if mail.references else (mail.in_reply_to[0] if mail.in_reply_to else "")
