"""A rendered notice as the bytes of a mail (RFC 5322): 7-bit, CRLF, lines under 998 octets. Built by hand, since EmailMessage is slow.

Texts, addresses and ids become header fields here: folded, encoded (RFC 2047, RFC 2231) and without a control character (case 60).
"""

from __future__ import annotations

import base64
import hashlib
import re
from binascii import b2a_qp
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from mailflow.message.mime.header import sendable_address
from mailflow.message.model import Address
from mailflow.notices.environment import clean_text, one_line
from mailflow.notices.render import Rendered

MOST_REFERENCES = 24
"""Ids kept of a long thread: the first, which founds it, and the newest."""
LONGEST_PLAIN_LINE = 900
"""Octets of a line up to which ASCII text goes out as it is; longer lines are quoted-printable, which breaks them."""
LONGEST_NAME = 150
LONGEST_ID = 500
FOLD_AT = 76

_MESSAGE_ID = re.compile(r"<?([^\s<>\x00-\x20\x7f-\uffff]+)>?")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_FORMAT_CHARACTERS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTENT_TYPE = re.compile(r"(?!multipart/|message/)[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII | re.IGNORECASE)
"""A file's type; a base64 message/* is forbidden (RFC 2046 5.2.1)."""
_TOKEN = re.compile(r"[\w.+-]+", re.ASCII)

AddressLike = str | Address
"""A bare address, or one with a name."""


class UnsendableLetter(ValueError):
    """A mail that no server would take; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class LetterAttachment:
    """A file that goes with a notice. `name` may hold any text; `content_type` may carry parameters."""

    name: str
    content_type: str
    content: bytes


def compose_letter(
    rendered: Rendered,
    *,
    sender: AddressLike,
    to: Sequence[AddressLike],
    cc: Sequence[AddressLike] = (),
    reply_to: AddressLike | None = None,
    message_id: str,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    date: datetime,
    auto_submitted: str = "auto-generated",
    desk: str,
    language: str,
    attachments: Sequence[LetterAttachment] = (),
) -> bytes:
    """Write the letter of a notice, the same bytes for the same values (OUT2).

    `in_reply_to` and `references`: ids that RFC 5322 does not allow are left out. `auto_submitted`: a keyword of RFC 3834, '' where a
    person wrote the text. Raises UnsendableLetter for an address or Message-ID of ours that no server takes; odd texts are cleaned.
    """
    if not to and not cc:
        raise UnsendableLetter("a notice without a recipient")
    own_id = _ids([message_id])
    if not own_id:
        raise UnsendableLetter(f"not a Message-ID: {message_id!r}")
    lines = [
        _address_field("From", [sender]),
        _address_field("To", to),
        _address_field("Cc", cc),
        _address_field("Reply-To", [reply_to] if reply_to is not None else []),
        _text_field("Subject", rendered.subject),
        f"Date: {format_datetime(date)}",
        f"Message-ID: {own_id[0]}",
        *_threading(in_reply_to, references),
        f"Auto-Submitted: {_keyword(auto_submitted)}" if auto_submitted else "",
        f"Content-Language: {_keyword(language)}",
        _text_field("X-Mailflow-Desk", desk),
        "MIME-Version: 1.0",
    ]
    plain, markup = map(clean_text, (rendered.text, rendered.html))
    body = _multipart("alternative", [_text_part("plain", plain), _text_part("html", markup)], own_id[0])
    if attachments:
        body = _multipart("mixed", [body, *map(_file_part, attachments)], own_id[0])
    return "\r\n".join(line for line in lines if line).encode("ascii") + b"\r\n" + body


def _ids(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids that can stand in a header, in angle brackets, each once and in their order."""
    found = (_MESSAGE_ID.fullmatch(one.strip()) for one in ids if len(one) <= LONGEST_ID)
    return tuple(dict.fromkeys(f"<{match[1]}>" for match in found if match))


def _threading(in_reply_to: str, references: Sequence[str]) -> tuple[str, str]:
    """In-Reply-To and References, '' for what there is not."""
    answered, thread = _ids([in_reply_to]), _ids([*references, in_reply_to])
    if len(thread) > MOST_REFERENCES:
        thread = (thread[0], *thread[1 - MOST_REFERENCES :])
    return f"In-Reply-To: {answered[0]}" if answered else "", "References: " + "\r\n ".join(thread) if thread else ""


def _keyword(value: str) -> str:
    found = _TOKEN.match(value)
    return found[0] if found else "und"


def _address_field(name: str, addresses: Iterable[AddressLike]) -> str:
    """An address list, one mailbox a line; '' for an empty list. Raises UnsendableLetter."""
    written = []
    for address in addresses:
        try:
            bare = sendable_address(address if isinstance(address, str) else address.address)
        except ValueError as wrong:
            raise UnsendableLetter(str(wrong)) from None
        shown = "" if isinstance(address, str) else _FORMAT_CHARACTERS.sub("", one_line(address.name))[:LONGEST_NAME].strip()
        gap = "\r\n " if len(shown) + len(bare) > 60 else " "
        if not shown.isascii() or "=?" in shown:
            shown = "\r\n ".join(_encoded_words(shown))
        elif not _PLAIN_NAME.fullmatch(shown):
            shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
        written.append(f"{shown}{gap}<{bare}>" if shown else bare)
    return f"{name}: " + ",\r\n ".join(written) if written else ""


def _text_field(name: str, value: str) -> str:
    """An unstructured field such as Subject, folded."""
    value = one_line(value)
    words = value.split(" ")
    if not value.isascii() or "=?" in value or any(len(word) >= 200 for word in words):
        words = _encoded_words(value)
    head = f"{name}:"
    lines = [head]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > FOLD_AT and lines[-1] != head:
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines)


def _encoded_words(text: str) -> list[str]:
    """RFC 2047 words of at most 75 characters, each whole characters of UTF-8."""
    pieces = _pieces([character.encode("utf-8") for character in text], 42)
    return [f"=?utf-8?b?{base64.b64encode(piece).decode('ascii')}?=" for piece in pieces]


def _pieces(characters: Sequence[bytes], most: int) -> list[bytes]:
    """Coded characters joined to pieces of at most so many octets."""
    pieces = [b""]
    for coded in characters:
        if len(pieces[-1]) + len(coded) > most:
            pieces.append(b"")
        pieces[-1] += coded
    return pieces


def _multipart(kind: str, parts: Sequence[bytes], own_id: str) -> bytes:
    """The parts between delimiters that none of them holds; `=_` cannot stand in quoted-printable or base64 (RFC 2045 6.7)."""
    boundaries = (b"=_" + hashlib.sha256(f"{turn}{kind}{own_id}".encode()).hexdigest()[:28].encode() for turn in range(1000))
    boundary = next((one for one in boundaries if not any(one in part for part in parts)), None)
    if boundary is None:
        raise UnsendableLetter("a part holds every boundary")
    line = b"--" + boundary
    inner = b"\r\n".join(line + b"\r\n" + part for part in parts)
    return b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n%b\r\n%b--\r\n' % (kind.encode(), boundary, inner, line)


def _text_part(subtype: str, text: str) -> bytes:
    content = text.replace("\n", "\r\n").encode("utf-8")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if content.isascii() and max(map(len, content.split(b"\r\n"))) <= LONGEST_PLAIN_LINE:
        encoding, encoded = b"7bit", content
    elif len(content.translate(None, bytes(range(128)))) * 5 > len(content):
        encoding, encoded = b"base64", _base64_lines(content)
    else:
        encoding, encoded = b"quoted-printable", b2a_qp(content, istext=True)
    return b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (subtype.encode(), encoding, encoded)


def _base64_lines(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _file_part(attachment: LetterAttachment) -> bytes:
    """An attachment as a part, its name after RFC 2231 where it is not plain ASCII."""
    kind = attachment.content_type.strip()
    if not _CONTENT_TYPE.fullmatch(kind):
        kind = "application/octet-stream"
    name = re.sub(r'[/\\:"]', "_", _FORMAT_CHARACTERS.sub("", one_line(attachment.name))).strip(". ") or "attachment"
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        keeps_ending = dot and len(ending) <= 10
        name = f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if keeps_ending else name[:LONGEST_NAME]
    # Many programs read an encoded word there, though RFC 2047 forbids it.
    if name.isascii() and "=?" not in name:
        parameters = [f'filename="{name}"']
    else:
        pieces = [piece.decode() for piece in _pieces([quote(character, safe="").encode() for character in name], 50)]
        marks = [f"*{place}*" for place in range(len(pieces))] if len(pieces) > 1 else ["*"]
        parameters = [f"filename{mark}={piece}" for mark, piece in zip(marks, ["utf-8''" + pieces[0], *pieces[1:]], strict=True)]
    disposition = ";\r\n ".join(["attachment", *parameters])
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: {disposition}\r\n\r\n"
    return head.encode("ascii") + _base64_lines(attachment.content)
