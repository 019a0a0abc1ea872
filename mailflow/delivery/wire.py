"""What may stand on the wire: addresses, lines and bytes as SMTP wants them (RFC 5321, RFC 3461). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Neither blanks nor brackets nor controls: nothing of an address can end its command (no quoted local parts with blanks).
_ADDRESS = re.compile(r"[^\s<>@\x00-\x20\x7f]+@[^\s<>@\x00-\x20\x7f]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT_LINE = re.compile(rb"(?m)^\.")
LONGEST_LINE = 998
"""Octets of a line without its end (RFC 5321 section 4.5.3.1.6)."""


def why_unsendable(envelope_from: str, recipient: str, body: bytes) -> str:
    """Why a mail cannot be put on the wire, or an empty string. `body` has normal line ends."""
    if _ADDRESS.fullmatch(recipient) is None:
        return f"{recipient!r} is not an address that can be sent to"
    if envelope_from and _ADDRESS.fullmatch(envelope_from) is None:
        return f"{envelope_from!r} is not a sender address"
    if b"\0" in body:
        return "the mail contains a NUL"
    if max(map(len, body.split(b"\r\n"))) > LONGEST_LINE:
        return f"the mail has a line of more than {LONGEST_LINE} octets"
    return ""


def envelope_parameters(
    offered: Mapping[str, str], sender: str, recipient: str, body: bytes, envelope_id: str
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]] | str:
    """Parameters of MAIL and RCPT for a server that `offered` these extensions, or why it cannot take this mail.

    Delivery reports are asked for (RFC 3461), except with the null sender, to which none would go.
    """
    mail: list[bytes] = []
    rcpt: list[bytes] = []
    if "size" in offered:
        limit = offered["size"].strip()
        if limit.isdigit() and 0 < int(limit) < len(body):
            return f"552 5.3.4 the mail has {len(body)} octets, the server takes {limit}"
        mail.append(f"SIZE={len(body)}".encode())
    if not body.isascii():
        if "8bitmime" not in offered:
            return "the mail has 8-bit characters and the server does not take them"
        mail.append(b"BODY=8BITMIME")
    if not (sender + recipient).isascii():
        if "smtputf8" not in offered:
            return "the address has characters that the server does not take"
        mail.append(b"SMTPUTF8")
    if "dsn" in offered and sender:
        mail += [b"RET=HDRS", *([f"ENVID={xtext(envelope_id)}".encode()] if envelope_id else [])]
        rcpt += [b"NOTIFY=FAILURE,DELAY", *([f"ORCPT=rfc822;{xtext(recipient)}".encode()] if recipient.isascii() else [])]
    return tuple(mail), tuple(rcpt)


def with_normal_line_ends(raw: bytes) -> bytes:
    """Every line, the last included, ends with CR LF; a lone CR or LF is a line end too, so that no server can read one into it."""
    is_normal = raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    body = raw if is_normal else _LINE_END.sub(b"\r\n", raw)
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def dot_stuffed(body: bytes) -> bytes:
    """The body as it follows 354, without the final dot (RFC 5321 section 4.5.2)."""
    return _DOT_LINE.sub(b"..", body) if b"\n." in body or body.startswith(b".") else body


def xtext(value: str) -> str:
    """The encoding of ENVID and ORCPT (RFC 3461 section 4); characters beyond ASCII are left out."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in value if ord(c) < 128)
