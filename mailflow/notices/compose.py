"""A rendered notice as the bytes of a mail (RFC 5322): 7-bit, CRLF, lines under 998 octets. Built by hand, since EmailMessage is slow."""

from __future__ import annotations

import base64
import hashlib
import re
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from mailflow.notices.header_text import (
    AddressLike,
    UnsendableNotice,
    address_field,
    file_name_parameters,
    message_id_field,
    reference_ids,
    text_field,
)
from mailflow.notices.render import Rendered
from mailflow.notices.slots import clean_text

MOST_REFERENCES = 24
"""Ids kept of a long thread: the first, which founds it, and the newest."""
LONGEST_PLAIN_LINE = 900
"""Octets of a line up to which ASCII text goes out as it is; longer lines are quoted-printable, which breaks them."""

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII)
_TOKEN = re.compile(r"[\w.+-]+", re.ASCII)

__all__ = ["AddressLike", "NoticeAttachment", "UnsendableNotice", "compose_notice"]


@dataclass(frozen=True, slots=True)
class NoticeAttachment:
    """A file that goes with a notice. `name` may hold any text; `content_type` may carry parameters."""

    name: str
    content_type: str
    content: bytes


def compose_notice(
    rendered: Rendered,
    *,
    sender: AddressLike,
    to: Sequence[AddressLike],
    cc: Sequence[AddressLike] = (),
    reply_to: Sequence[AddressLike] | AddressLike | None = None,
    message_id: str,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    date: datetime,
    auto_submitted: str = "auto-generated",
    desk: str,
    language: str,
    attachments: Sequence[NoticeAttachment] = (),
) -> bytes:
    """The mail, the same bytes for the same values (OUT2).

    Message ids with or without angle brackets; ids in `in_reply_to` and `references` that RFC 5322 does not allow are left out.
    `auto_submitted` is a keyword of RFC 3834, '' where a person wrote the text. Raises UnsendableNotice for an address or
    Message-ID of our own that no server would take; odd names and texts are cleaned instead (case 60).
    """
    if not to and not cc:
        raise UnsendableNotice("a notice without a recipient")
    own_id = message_id_field(message_id)
    lines = [
        address_field("From", [sender]),
        address_field("To", to),
        address_field("Cc", cc),
        address_field("Reply-To", _as_list(reply_to)),
        text_field("Subject", rendered.subject),
        f"Date: {format_datetime(date)}",
        f"Message-ID: {own_id}",
        *_threading(in_reply_to, references),
        f"Auto-Submitted: {_keyword(auto_submitted)}" if auto_submitted else "",
        f"Content-Language: {_keyword(language)}",
        text_field("X-Mailflow-Desk", desk),
        "MIME-Version: 1.0",
    ]
    head = "\r\n".join(line for line in lines if line).encode("ascii")
    return head + b"\r\n" + _body(rendered, attachments, own_id)


def _as_list(addresses: Sequence[AddressLike] | AddressLike | None) -> Sequence[AddressLike]:
    if addresses is None:
        return ()
    return addresses if isinstance(addresses, Sequence) and not isinstance(addresses, str) else (addresses,)


def _keyword(value: str) -> str:
    found = _TOKEN.match(value)
    return found[0] if found else "und"


def _threading(in_reply_to: str, references: Sequence[str]) -> tuple[str, ...]:
    answered = reference_ids([in_reply_to])
    thread = reference_ids([*references, in_reply_to])
    if len(thread) > MOST_REFERENCES:
        thread = (thread[0], *thread[1 - MOST_REFERENCES :])
    return (
        "In-Reply-To: " + answered[0] if answered else "",
        "References: " + "\r\n ".join(thread) if thread else "",
    )


def _body(rendered: Rendered, attachments: Sequence[NoticeAttachment], own_id: str) -> bytes:
    parts = [_text_part("plain", rendered.text), _text_part("html", rendered.html)]
    alternative = _multipart("alternative", parts, own_id)
    if not attachments:
        return alternative
    return _multipart("mixed", [alternative, *(_file_part(attachment) for attachment in attachments)], own_id)


def _multipart(kind: str, parts: Sequence[bytes], own_id: str) -> bytes:
    boundary = _boundary(kind + own_id, parts)
    line = b"--" + boundary
    inner = b"\r\n".join(line + b"\r\n" + part for part in parts)
    return b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n%b\r\n%b--\r\n' % (kind.encode(), boundary, inner, line)


def _boundary(seed: str, parts: Sequence[bytes]) -> bytes:
    """A delimiter that no part holds; `=_` cannot stand in quoted-printable or base64 (RFC 2045 6.7)."""
    for turn in range(1000):
        boundary = b"=_" + hashlib.sha256(f"{turn}{seed}".encode()).hexdigest()[:28].encode()
        if not any(boundary in part for part in parts):
            return boundary
    raise UnsendableNotice("a part holds every boundary")


def _text_part(subtype: str, text: str) -> bytes:
    content = clean_text(text).replace("\n", "\r\n").encode("utf-8")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    encoding, encoded = _encode_text(content)
    return b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (subtype.encode(), encoding, encoded)


def _encode_text(content: bytes) -> tuple[bytes, bytes]:
    if content.isascii() and max(map(len, content.split(b"\r\n"))) <= LONGEST_PLAIN_LINE:
        return b"7bit", content
    foreign = len(content.translate(None, bytes(range(128))))
    if foreign * 5 > len(content):
        return b"base64", _base64_lines(content)
    return b"quoted-printable", b2a_qp(content, istext=True)


def _base64_lines(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _file_part(attachment: NoticeAttachment) -> bytes:
    name = attachment.name
    kind = attachment.content_type.strip()
    if not _CONTENT_TYPE.fullmatch(kind) or kind.lower().startswith(
        ("multipart/", "message/")
    ):  # a base64 message/* is forbidden (RFC 2046 5.2.1)
        kind = "application/octet-stream"
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment{file_name_parameters(name)}\r\n\r\n"
    )
    return head.encode("ascii") + _base64_lines(attachment.content)
