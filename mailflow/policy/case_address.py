"""Signed case addresses (BX7): `tac+sr-100001.<signature>@tac.example`. The signature finds a case and gives no rights (IN3)."""

from __future__ import annotations

import base64
import hashlib
import hmac

SIGNATURE_BYTES = 16
"""128 bits of the HMAC, so that guessing is hopeless; 26 characters keep the local part under RFC 5321's 64."""


def sign_number(key: bytes, number: str) -> str:
    """Make the token of a case: its number in lower case, a dot, and the signature in lower-case base32."""
    digest = hmac.new(key, number.upper().encode(), hashlib.sha256).digest()[:SIGNATURE_BYTES]
    return f"{number.lower()}.{base64.b32encode(digest).decode().rstrip('=').lower()}"


def confirmation_code(key: bytes, number: str, version: int) -> str:
    """Make six characters that nobody without the key can guess, for the confirmation of a command (BX8); another one with each change."""
    digest = hmac.new(key, f"confirm {number} {version}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:6]


def case_address(key: bytes, mailbox: str, number: str) -> str:
    """Make the address that answers of a case go to."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{sign_number(key, number)}@{domain}"


def without_token(address: str) -> str:
    """Return the mailbox behind an address: lower case, without the part after a plus."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def verify_token(key: bytes, token: str) -> str | None:
    """Return the case number of a genuine token, None for any other; compared in constant time."""
    number, dot, _ = token.rpartition(".")
    if not dot or not hmac.compare_digest(sign_number(key, number).encode(), token.lower().encode("utf-8", "replace")):
        return None
    return number.upper()
