"""Bare e-mail addresses (addr-spec of RFC 5322, without quotes and comments): one reader for desk, register, staff and letters."""

from __future__ import annotations

import email_validator

# Intranets use .local and .test, and a relay of ours may well deliver there.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def sendable_address(text: str) -> str:
    """The address as SMTP without SMTPUTF8 takes it, its domain in ASCII (IDNA) and small letters. Raises ValueError."""
    try:
        checked = email_validator.validate_email(
            text, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False, strict=True
        )
    except email_validator.EmailNotValidError as wrong:
        raise ValueError(f"{text!r} is not an address to send to: {wrong}") from None
    return checked.ascii_email or checked.normalized


def is_sendable(text: str) -> bool:
    """Whether `sendable_address` takes it."""
    try:
        return bool(sendable_address(text))
    except ValueError:
        return False


def parse_address(text: str) -> str:
    """An address as people write it down, e.g. in desk.toml, in lower case: a domain without a dot is a slip. Raises ValueError."""
    if not is_sendable(text) or "." not in text.rpartition("@")[2]:
        raise ValueError(f"{text!r} is not an address like anna@customer.example")
    return text.lower()
