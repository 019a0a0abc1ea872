"""What makes two mails the same one: their bytes, or their Message-ID, sender and body (IN2)."""

from __future__ import annotations

import hashlib
import re

LONGEST_KEY = 500
"""Bytes. PostgreSQL refuses index entries above about 2,700; a hostile Message-ID may be longer than any limit."""

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


def content_sha256(raw: bytes) -> str:
    """Hex digest of the mail as it came."""
    return hashlib.sha256(raw).hexdigest()


def body_sha256(raw: bytes) -> str:
    """Hex digest of all after the header block, '' where that is blank.

    The headers stay out, since a copy that came through another mailbox has other Received lines. A blank body proves nothing.
    """
    end = _END_OF_HEADERS.search(raw)
    body = raw[end.end() :] if end else b""
    return hashlib.sha256(body).hexdigest() if body.strip() else ""


def index_key(text: str) -> str:
    """The text itself, or where it is too long for an index a digest that stands for it."""
    encoded = text.encode("utf-8", "surrogatepass")
    return text if len(encoded) <= LONGEST_KEY else "sha256:" + hashlib.sha256(encoded).hexdigest()
