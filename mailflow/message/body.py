"""From a MIME tree to what the person wrote: the body text, the text of its HTML form, and everything else as attachments.

The walk stops at attached messages and at attachments: their text is never the sender's own words. Nothing is rendered or opened.
"""

from __future__ import annotations

import binascii
import email
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from mailflow.message.caps import DEFAULT_CAPS
from mailflow.message.charset import decode_text, storable
from mailflow.message.encoded_words import decode_base64, header_text
from mailflow.message.encryption import SMIME_TYPES, is_enveloped
from mailflow.message.flowed import unflow
from mailflow.message.html_text import html_to_text
from mailflow.message.model import Attachment
from mailflow.message.part_names import content_type, display_name, disposition, header_value, parameters, part_name
from mailflow.message.tnef import TNEF_TYPES, Tnef, read_tnef
from mailflow.message.uuencode import split_uuencoded

_DELIMITER = re.compile(
    rb"\s{0,200}(?:boundary=[^\r\n]{1,300}\s{1,200})?--([^\r\n\"]{1,200})\r?\n(?:content-[a-z-]{2,40}[ \t]*:|\r?\n)", re.I
)
_MOST_RUNS = 1000
_REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
_BODY_TYPES = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/x-markdown", "text/markdown", "text/x-amp-html")


@dataclass(slots=True)
class Contents:
    """What the walk has found so far. `named` are texts with a file name that are the body where nothing else is."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    report: list[tuple[str, str]] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    encrypted: bool = False
    mended_multiparts: int = 0


def read_contents(message: Message, hint: str | None) -> Contents:
    """Walk the tree of a mail. `hint` is the charset to believe for raw bytes in names."""
    contents = Contents()
    _walk(message, contents, hint, root=True)
    return contents


def _children(part: Message) -> list[Message]:
    """The parts of a multipart, the message within a message/rfc822, the blocks of a delivery report."""
    inside = part.get_payload() if part.is_multipart() else []
    return [child for child in inside if isinstance(child, Message)] if isinstance(inside, list) else []


def charset_of(part: Message) -> str | None:
    return parameters(header_value(part, "Content-Type")).get("charset")


def first_charset(message: Message) -> str | None:
    """The charset that the first text part names; what raw bytes in the header are most likely written in."""
    for part in message.walk():
        if part.get_content_maintype() == "text" and (label := charset_of(part)) and label.lower() not in ("us-ascii", "ascii"):
            return label
    return None


def _walk(part: Message, contents: Contents, hint: str | None, *, root: bool = False) -> None:
    kind = content_type(part)
    if kind.startswith("multipart/") and part.is_multipart():
        if kind == "multipart/encrypted":
            contents.encrypted = True
        for child in _children(part):
            _walk(child, contents, hint)
    elif kind.startswith("message/"):
        _take_message(part, kind, contents, hint)
    elif kind.startswith("multipart/"):
        _walk_lost_multipart(part, kind, contents, hint)
    elif kind in _BODY_TYPES or (root and kind.startswith("text/") and disposition(part) != "attachment"):
        _take_text(part, kind, contents, hint)
    else:
        _take_attachment(part, kind, contents, hint)


def _walk_lost_multipart(part: Message, kind: str, contents: Contents, hint: str | None) -> None:
    """A multipart whose header was cut before its boundary: the first delimiter of its text tells it (Outlook via some gateways).

    Tried three times a mail at most, since each try parses the rest anew.
    """
    raw = payload(part)
    found = _DELIMITER.match(raw)
    if found and contents.mended_multiparts < 3 and raw.count(b"\n--" + found[1].rstrip()) <= DEFAULT_CAPS.parts:
        contents.mended_multiparts += 1
        mended = email.message_from_bytes(
            b'Content-Type: %s; boundary="%s"\n\n' % (kind.encode(), found[1].rstrip()) + raw[found.start(1) - 2 :]
        )
        if mended.is_multipart():
            contents.flaws.append(f"{kind} without its boundary, taken from its text")
            for child in _children(mended):
                _walk(child, contents, hint)
            return
    contents.flaws.append(f"{kind} without its boundary, read as text")
    contents.plain.append(_text(part, contents))


def _take_text(part: Message, kind: str, contents: Contents, hint: str | None) -> None:
    name = part_name(part, hint)
    if disposition(part) == "attachment" or name is not None:
        contents.attachments.append(Attachment(name, kind, payload(part)))
        if disposition(part) != "attachment" and kind in ("text/plain", "text/html"):
            text = _text(part, contents)
            contents.named.append(html_to_text(text) if kind == "text/html" else text)
        return
    text = _text(part, contents)
    if kind == "text/html":
        contents.html.append(html_to_text(text))
        return
    if kind in ("text/enriched", "text/richtext"):
        text = re.sub(r"</?[A-Za-z][\w-]{0,30}>", "", text)
    # the encoded lines stay in the body, as every mail program shows them; replies and requests are read without them
    files = split_uuencoded(text).files
    contents.attachments += [Attachment(display_name(file) or None, "application/octet-stream", content) for file, content in files]
    contents.plain.append(text)


def _take_message(part: Message, kind: str, contents: Contents, hint: str | None) -> None:
    content = _inner_bytes(part)
    if kind in _REPORT_TYPES:
        contents.report += _report_fields(part)
    name = part_name(part, hint)
    inner = _children(part)
    if name is None and kind in ("message/rfc822", "message/global") and inner:
        name = header_text(header_value(inner[0], "Subject", hint)[:2000])[:200] or None
    contents.attachments.append(Attachment(name, kind, content))


def _take_attachment(part: Message, kind: str, contents: Contents, hint: str | None) -> None:
    name, content = part_name(part, hint), payload(part)
    if kind in SMIME_TYPES:
        smime = parameters(header_value(part, "Content-Type")).get("smime-type", "").lower()
        contents.encrypted = contents.encrypted or is_enveloped(content, smime)
    if (kind in TNEF_TYPES or (name or "").lower() == "winmail.dat") and (opened := read_tnef(content)):
        _take_tnef(opened, contents)
    else:
        embedded = kind.startswith("image/") and disposition(part) != "attachment" and bool(header_value(part, "Content-ID"))
        contents.attachments.append(Attachment(name, kind, content, embedded))


def _take_tnef(opened: Tnef, contents: Contents) -> None:
    """What winmail.dat holds stands in the place of winmail.dat; its text is the body only where the mail has no other."""
    contents.attachments += [Attachment(display_name(file.name) or None, file.content_type, file.content) for file in opened.files]
    contents.named += [opened.text] if opened.text else []
    if not opened.files:
        contents.flaws.append("winmail.dat holds no files")
    if not opened.whole:
        contents.flaws.append("winmail.dat ends too early")


def _text(part: Message, contents: Contents) -> str:
    settings = parameters(header_value(part, "Content-Type"))
    text, flaw = decode_text(payload(part), settings.get("charset"))
    if flaw:
        contents.flaws.append(flaw)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if settings.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=settings.get("delsp", "").lower() == "yes")
    return text


def payload(part: Message) -> bytes:
    """The bytes of a leaf, transfer encoding undone; damaged base64 and quoted-printable are read as far as they go."""
    # get_payload() would already decode 8-bit text by the part's own label and lose bytes on the way
    raw = vars(part).get("_payload")
    if isinstance(raw, bytes):
        data = raw
    elif isinstance(raw, str):
        data = raw.encode("ascii", "surrogateescape") if _escaped(raw) else raw.encode("utf-8", "replace")
    else:
        return b""
    encoding = header_value(part, "Content-Transfer-Encoding").strip("\"' ").lower()
    encoding = re.split(r"[\s;(]", encoding, maxsplit=1)[0]
    if encoding == "base64":
        return _base64(data)
    if encoding in ("quoted-printable", "quopri"):
        return quopri.decodestring(data)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        files = split_uuencoded(data.decode("latin-1")).files
        return files[0][1] if files else data
    return data


def _escaped(text: str) -> bool:
    """Did the email package keep every byte (surrogate escapes), or is there real text in the way?"""
    try:
        text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data, strict_mode=False) if b"=" not in data.rstrip(b"=\r\n \t") else decode_base64_runs(data)
    except binascii.Error:
        return decode_base64(data.decode("latin-1"))


def decode_base64_runs(data: bytes) -> bytes:
    """Base64 that was padded in the middle (two encoders joined): each run is read by itself."""
    *runs, rest = re.split(rb"=+", data, maxsplit=_MOST_RUNS)
    return b"".join(
        [decode_base64(run.decode("latin-1")) for run in runs] + [decode_base64(rest.translate(None, b"=\r\n").decode("latin-1"))]
    )


def _inner_bytes(part: Message) -> bytes:
    """An attached message as bytes; one that was itself transfer-encoded (RFC 2046 forbids it, some do) is decoded."""
    inner = _children(part)
    if not inner:
        return payload(part)
    encoding = header_value(part, "Content-Transfer-Encoding").lower()
    content = b"\n".join([b"".join([piece.encode("utf-8", "surrogateescape") for piece in _written(child)]) for child in inner])
    if encoding == "base64":
        return _base64(content.lstrip())
    return content


def _written(part: Message) -> Iterator[str]:
    """A part as it stood in the mail, in pieces. The email package's generator would fold and encode headers anew."""
    yield from (f"{key}: {value}\n" for key, value in part.raw_items())
    inside = vars(part).get("_payload")
    if not isinstance(inside, list):
        yield from ("\n", inside if isinstance(inside, str) else "")
        return
    is_multipart = part.get_content_maintype() == "multipart"
    mark = f"--{parameters(header_value(part, 'Content-Type')).get('boundary', '')}" if is_multipart else ""
    yield from ("\n", part.preamble or "") if is_multipart else ()
    for child in _children(part):
        yield f"{mark}\n"
        yield from _written(child)
        yield "\n"
    yield from (f"{mark}--\n", part.epilogue or "") if is_multipart else ()


def _report_fields(part: Message) -> list[tuple[str, str]]:
    """Fields of RFC 3464, block by block, each block closed by ('', '')."""
    blocks = _children(part)
    fields: list[tuple[str, str]] = []
    for block in blocks:
        pairs = [(key.lower(), header_text(str(value)[:4000])) for key, value in block.raw_items()]
        if not pairs and isinstance(text := vars(block)["_payload"], str):
            pairs = _loose_fields(text)
        if pairs:
            fields += [*pairs, ("", "")]
    if not blocks:
        text = decode_text(payload(part))[0]
        for block_text in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
            if pairs := _loose_fields(block_text):
                fields += [*pairs, ("", "")]
    return fields


def _loose_fields(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"^([A-Za-z][A-Za-z-]{2,60}):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)", text, re.M)
    return [(key.lower(), header_text(storable(value)[:4000])) for key, value in found]
