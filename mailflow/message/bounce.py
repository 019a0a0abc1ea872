"""Non-delivery reports: who failed and which mail of ours it was (RFC 3464, RFC 3463; flufl.bounce for what has no such form).

Only called for mails whose nature is a bounce: text rules on an ordinary mail would be fooled by a forged notice.
"""

from __future__ import annotations

import contextlib
import email
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from flufl.bounce import all_failures

from mailflow.message.model import Bounce, BouncedRecipient, Mail
from mailflow.message.sender import FAILURE
from mailflow.message.words import any_of

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ID = re.compile(rb"\nmessage-id:[ \t]*(?:\r?\n[ \t]+)?<?([^\s<>]{3,990})>?", re.I)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPORT_LINE = re.compile(r"^[ \t]*(original-recipient|final-recipient|action|status|diagnostic-code):[ \t]*(.{0,500})", re.I | re.M)
_RETURNED = re.compile(
    rf"^(?:[-_=* >]{{3,80}}{any_of('bounce', 'returned_line')}|{any_of('bounce', 'returned_sentence')}"
    r"|(?:Received|Return-Path|Message-ID|From|Date) ?:|From \S+ )",
    re.M | re.I,
)
_RETURNED_TO = re.compile(r"^(?:To|Recipient|RCPT TO): *(.{1,400})", re.M | re.I)
_HELPDESK = re.compile(r"(?:post_?master|mailer-daemon|abuse|support|helpdesk|info|noreply|no-reply)@", re.I)
_HELP = re.compile(rf"{any_of('bounce', 'help')}|https?://", re.I)
_TEMPORARY = re.compile(any_of("bounce", "temporary"), re.I)
_CODE = re.compile(r"\b[45]\d\d\b|\b[45]\.\d\.\d")
_SCANNED = 40_000
_RETURNED_TYPES = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})

Recipients = tuple[BouncedRecipient, ...]


def read_bounce(mail: Mail, raw: bytes) -> Bounce | None:
    """Find the failed recipients and the original Message-ID; None where nobody failed (a success report, no address found)."""
    recipients = next(filter(None, (reader(mail, raw) for reader in READERS)), None)
    if recipients is None:
        return None
    # the returned mail's id: from the attached message or headers, else from the text below the notice
    parts = (b"\n" + part.content[:262_144] for part in mail.attachments if part.content_type in _RETURNED_TYPES)
    inside = (found[1] for part in parts if (found := _ID.search(part)))
    own = mail.message_id.encode("ascii", "replace")
    below = (found[1] for found in _ID.finditer(raw) if found[1] != own)
    returned = next(inside, None) or next(below, b"")
    stated = mail.references[-1:] or mail.in_reply_to[:1] or ("",)
    return Bounce(recipients, returned.decode("ascii", "replace") or stated[0])


def from_report(mail: Mail, _: bytes) -> Recipients:
    """Read the fields of the report, or those of a filter's rejection (RFC 5429)."""
    notes = [
        part.content[:20_000].decode("latin-1") for part in mail.attachments if part.content_type == "message/disposition-notification"
    ]
    return _failed(mail.report) or _failed(field for note in notes for field in _REPORT_LINE.findall(note))


def from_header(mail: Mail, _: bytes) -> Recipients:
    """Read Exim's header, which names the failed recipients."""
    return _recipients(_ADDRESS.findall(" ".join(mail.all_headers("x-failed-recipients"))), mail, permanent=True)


def from_report_text(mail: Mail, _: bytes) -> Recipients:
    """Read the fields of a report whose MIME structure was lost on the way."""
    return _failed(_REPORT_LINE.findall(_text_of(mail)))


def from_flufl(mail: Mail, raw: bytes) -> Recipients:
    """Ask flufl.bounce. It raises on a mail without a usable From, so it gets a copy with one of its own.

    Its text rules look at each line about seventy times, so the copy ends after 500 lines or 64 kB of the body: notices stand above
    what they return.
    """
    start = next((at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0), 0)
    lines = raw[start : start + 65_536].split(b"\n", 500)[:500]
    message = email.message_from_bytes(raw[:start] + b"\n".join([line[:1000] for line in lines]))
    del message["From"]
    message["From"] = "MAILER-DAEMON <mailer-daemon@bounce.invalid>"
    temporary: Collection[bytes] = ()
    permanent: Collection[bytes] = ()
    # its text rules raise all sorts of errors on odd mails; then the next reader has its turn
    with contextlib.suppress(Exception):
        temporary, permanent = all_failures(message)
    lasting = _usable(permanent, mail)
    passing = [address for address in _usable(temporary, mail) if address not in lasting]
    return _recipients(lasting, mail, permanent=True) + _recipients(passing, mail, permanent=False)


def from_text(mail: Mail, _: bytes) -> Recipients:
    """Read addresses in the notice's words, above the returned mail: those on a line that tells a failure, else the first.

    Where the notice names none, the failed one is whom the returned mail was written to.
    """
    text = _text_of(mail)
    begins = found.start() if (found := _RETURNED.search(text)) else len(text)
    ours = {address.address for address in (*mail.to, *mail.senders)}
    addresses, named = [], []
    for line in text[:begins].split("\n"):
        if _HELP.search(line) and not _CODE.search(line):
            continue
        usable = [one.lower() for one in _ADDRESS.findall(line[:1000]) if one.lower() not in ours and not _HELPDESK.match(one)]
        named += usable
        addresses += usable if _CODE.search(line) or FAILURE.search(line) else []
    if not named and (to := _RETURNED_TO.search(text, begins)):
        named = _ADDRESS.findall(to[1])
    permanent = not _TEMPORARY.search(mail.subject + text[: min(begins, 2000)])
    return _recipients(addresses or named[:1], mail, permanent=permanent)


READERS: tuple[Callable[[Mail, bytes], Recipients], ...] = (from_report, from_header, from_report_text, from_flufl, from_text)
"""From the surest to the most lenient; the first that finds somebody decides."""


def _text_of(mail: Mail) -> str:
    return (mail.text or mail.alternative_text)[:_SCANNED]


def _failed(fields: Iterable[tuple[str, str]]) -> Recipients:
    found: dict[str, BouncedRecipient] = {}
    for block in _blocks(fields):
        action = block.get("action", "").lower().split(" ")[0].strip(";")
        statuses = (_STATUS.search(block.get(key, "")) for key in ("status", "diagnostic-code"))
        status = next((one[1] for one in statuses if one), "")
        if action in ("delivered", "relayed", "expanded") or (not action and status.startswith("2")):
            continue
        # as we wrote it where the report has it, else the address at which delivery ended
        keys = ("original-recipient", "final-recipient", "x-actual-recipient")
        addresses = (_ADDRESS.search(block.get(key, "").rpartition(";")[2].strip().strip("<>")) for key in keys)
        if address := next((one[0].lower() for one in addresses if one), ""):
            permanent = action != "delayed" and not status.startswith("4")
            found[address] = BouncedRecipient(address, permanent, status, block.get("diagnostic-code", "")[:1000])
    return tuple(found.values())


def _blocks(fields: Iterable[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """Part blocks by their empty lines; some reports have none, there the next recipient starts a block."""
    block: dict[str, str] = {}
    for name, value in (*fields, ("", "")):
        key = name.lower()
        if not key or (key in ("original-recipient", "final-recipient") and (key in block or "action" in block)):
            yield block
            block = {}
        if key:
            block.setdefault(key, value.strip())


def _usable(found: Collection[bytes], mail: Mail) -> list[str]:
    """Leave out what only looks like a recipient: ids, and the address that got this notice."""
    ids = {one.decode("ascii", "replace").lower() for one in _ID.findall(b"\n" + _text_of(mail).encode("utf-8", "replace"))}
    ours = {address.address for address in mail.to}
    addresses = sorted(address.decode("utf-8", "replace").lower() for address in found)
    usable = [address for address in addresses if _ADDRESS.fullmatch(address) and address not in ids]
    return [address for address in usable if address not in ours] or usable


def _recipients(addresses: list[str], mail: Mail, *, permanent: bool) -> Recipients:
    status = _STATUS.search(_text_of(mail))
    code = status[1] if status and not status[1].startswith("2") else ""
    return tuple(BouncedRecipient(address.lower(), permanent, code) for address in dict.fromkeys(addresses))
