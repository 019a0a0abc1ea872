"""From a MIME tree to what the person wrote: the body text, the text of its HTML form, and everything else as attachments.

The walk stops at attached messages and at attachments: their text is never the sender's own words. Nothing is rendered or opened.
"""

from __future__ import annotations

import email
import re
from dataclasses import dataclass, field
from email.message import Message

from mailflow.message.mime.charset import decode_text, storable
from mailflow.message.mime.header import header_text
from mailflow.message.mime.html_text import html_to_text
from mailflow.message.mime.part import (
    Part,
    children_of,
    display_name,
    header_value,
    message_bytes,
    parameters,
    part_text,
    payload,
    read_part,
    split_uuencoded,
)
from mailflow.message.mime.raw import DEFAULT_CAPS
from mailflow.message.mime.tnef import TNEF_TYPES, read_tnef
from mailflow.message.model import Attachment, Mail

_DELIMITER = re.compile(
    rb"\s{0,200}(?:boundary=[^\r\n]{1,300}\s{1,200})?--([^\r\n\"]{1,200})\r?\n(?:content-[a-z-]{2,40}[ \t]*:|\r?\n)", re.I
)
_REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
_BODY_TYPES = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/x-markdown", "text/markdown", "text/x-amp-html")
_SMIME_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_NOT_ENCRYPTED = ("signed-data", "certs-only", "compressed-data")
_PGP_BEGINS = re.compile(r"^[ \t]{0,8}-----BEGIN PGP MESSAGE-----[ \t]*$", re.M)
_PGP_ENDS = re.compile(r"^[ \t]{0,8}-----END PGP MESSAGE-----[ \t]*$", re.M)
_FEW_LETTERS = 20
_HEAD = 40
_ENVELOPED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))
_OTHER_CONTENT = (bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("060b2a864886f70d0109100109"))
"""Object identifiers that open a CMS file: (authenticated) enveloped data; signed and compressed data (RFC 5652, 5083, 3274)."""


@dataclass(slots=True)
class Contents:
    """What the walk has found so far. `named` are texts with a file name that are the body where nothing else is."""

    hint: str | None = None
    """The charset to believe for raw bytes in names."""
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    report: list[tuple[str, str]] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    encrypted: bool = False
    mended_multiparts: int = 0

    def texts(self) -> tuple[str, str]:
        """Return (body, text of the HTML form where both exist); the HTML form is the body where the plain one says nothing."""
        plain = "\n".join(part.strip("\n") for part in self.plain if part.strip())
        html = "\n".join(part for part in self.html if part.strip())
        if not plain.strip() and not html:
            return "\n".join(self.named), ""
        return (plain, html) if plain.strip() else (html, "")


def read_contents(message: Message) -> Contents:
    """Walk the tree of a mail. The charset that its first text part names is what raw bytes in headers are most likely written in."""
    texts = (part for part in message.walk() if part.get_content_maintype() == "text")
    labels = (parameters(header_value(part, "Content-Type")).get("charset") for part in texts)
    contents = Contents(next((label for label in labels if label and label.lower() not in ("us-ascii", "ascii")), None))
    _walk(message, contents, root=True)
    return contents


def _walk(message: Message, contents: Contents, *, root: bool = False) -> None:
    part = read_part(message, contents.hint)
    kind, disposition, name = part.kind, part.disposition, part.name
    if kind.startswith("multipart/"):
        is_whole = message.is_multipart()
        contents.encrypted = contents.encrypted or (is_whole and kind == "multipart/encrypted")
        for child in children_of(message) if is_whole else _lost_parts(part, contents):
            _walk(child, contents)
    elif kind.startswith("message/"):
        contents.report += _report_fields(message) if kind in _REPORT_TYPES else []
        if name is None and kind in ("message/rfc822", "message/global") and (inner := children_of(message)):
            name = header_text(header_value(inner[0], "Subject", contents.hint)[:2000])[:200] or None
        contents.attachments.append(Attachment(name, kind, message_bytes(message)))
    elif kind not in _BODY_TYPES and not (root and kind.startswith("text/") and disposition != "attachment"):
        _take_attachment(part, contents)
    elif name is None and disposition != "attachment":
        _take_text(part, contents)
    else:
        contents.attachments.append(Attachment(name, kind, payload(message)))
        if disposition != "attachment" and kind in ("text/plain", "text/html"):
            text = _text(part, contents)
            contents.named.append(html_to_text(text) if kind == "text/html" else text)


def _lost_parts(part: Part, contents: Contents) -> list[Message]:
    """Find the parts of a multipart whose header was cut before its boundary: the first delimiter of its text tells it (some gateways).

    Tried three times a mail at most, since each try parses the rest anew. Where nothing is found it is text.
    """
    raw = payload(part.message)
    found = _DELIMITER.match(raw)
    if found and contents.mended_multiparts < 3 and raw.count(b"\n--" + found[1].rstrip()) <= DEFAULT_CAPS.parts:
        contents.mended_multiparts += 1
        head = b'Content-Type: %s; boundary="%s"\n\n' % (part.kind.encode(), found[1].rstrip())
        mended = email.message_from_bytes(head + raw[found.start(1) - 2 :])
        if mended.is_multipart():
            contents.flaws.append(f"{part.kind} without its boundary, taken from its text")
            return children_of(mended)
    contents.flaws.append(f"{part.kind} without its boundary, read as text")
    contents.plain.append(_text(part, contents))
    return []


def _take_text(part: Part, contents: Contents) -> None:
    text = _text(part, contents)
    if part.kind == "text/html":
        contents.html.append(html_to_text(text))
        return
    if part.kind in ("text/enriched", "text/richtext"):
        text = re.sub(r"</?[A-Za-z][\w-]{0,30}>", "", text)
    # the encoded lines stay in the body, as every mail program shows them; replies and requests are read without them
    files = split_uuencoded(text).files
    contents.attachments += [Attachment(display_name(file) or None, "application/octet-stream", content) for file, content in files]
    contents.plain.append(text)


def _text(part: Part, contents: Contents) -> str:
    text, flaw = part_text(part)
    contents.flaws += [flaw] if flaw else []
    return text


def _take_attachment(part: Part, contents: Contents) -> None:
    """Keep a file. What winmail.dat holds stands in its place; its text is the body only where the mail has no other."""
    content = payload(part.message)
    if part.kind in _SMIME_TYPES:
        contents.encrypted = contents.encrypted or is_enveloped(content, part.settings.get("smime-type", "").lower())
    is_tnef = part.kind in TNEF_TYPES or (part.name or "").lower() == "winmail.dat"
    opened = read_tnef(content) if is_tnef else None
    if opened is None:
        shown_inside = part.kind.startswith("image/") and part.disposition != "attachment"
        embedded = shown_inside and bool(header_value(part.message, "Content-ID"))
        contents.attachments.append(Attachment(part.name, part.kind, content, embedded))
        return
    contents.attachments += [Attachment(display_name(file.name) or None, file.content_type, file.content) for file in opened.files]
    contents.named += [opened.text] if opened.text else []
    contents.flaws += [] if opened.files else ["winmail.dat holds no files"]
    contents.flaws += [] if opened.whole else ["winmail.dat ends too early"]


def _report_fields(message: Message) -> list[tuple[str, str]]:
    """Read the fields of RFC 3464, block by block, each block closed by ('', '')."""
    blocks = children_of(message)
    found = [[(key.lower(), header_text(str(value)[:4000])) for key, value in block.raw_items()] for block in blocks]
    texts = [vars(block)["_payload"] if not pairs else "" for block, pairs in zip(blocks, found, strict=True)]
    if not blocks:
        texts = re.split(r"\n[ \t]*\n", decode_text(payload(message))[0].replace("\r\n", "\n"))
        found = [[] for _ in texts]
    # the fields of a block that the parser took for its body
    loose = re.compile(r"^([A-Za-z][A-Za-z-]{2,60}):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)", re.M)
    fields: list[tuple[str, str]] = []
    for pairs, text in zip(found, texts, strict=True):
        lines = loose.findall(text) if isinstance(text, str) else []
        if block := pairs or [(key.lower(), header_text(storable(value)[:4000])) for key, value in lines]:
            fields += [*block, ("", "")]
    return fields


def is_encrypted(mail: Mail) -> bool:
    """Tell PGP/MIME (RFC 3156), also taken apart by a server, a PGP message as text, and S/MIME enveloped data (RFC 8551).

    Signed mail can be read, whatever program signed it (IN9). An armoured message behind quotation marks was somebody else's.
    """
    for text in (mail.text, mail.alternative_text):
        begin = _PGP_BEGINS.search(text)
        if begin and _PGP_ENDS.search(text, begin.end()):
            return True
    if mail.encrypted or any(part.content_type == "application/pgp-encrypted" for part in mail.attachments):
        return True
    # some servers turn multipart/encrypted into multipart/mixed; the parts are the same
    says_nothing = sum(map(str.isalpha, f"{mail.text}{mail.alternative_text}"[:2000])) < _FEW_LETTERS
    return says_nothing and any(part.content[:400].lstrip().startswith(b"-----BEGIN PGP MESSAGE-----") for part in mail.attachments)


def is_enveloped(content: bytes, smime_type: str) -> bool:
    """Tell whether an S/MIME file is encrypted: the file itself says it; where it is not whole the parameter `smime-type` does."""
    head = content[:_HEAD]
    if any(one in head for one in _ENVELOPED):
        return True
    return not any(one in head for one in _OTHER_CONTENT) and smime_type not in _NOT_ENCRYPTED
