"""What a mail refers to: a case, by its number or the signed token of an address (BX7); another mail, that it passes on (SR10).

Numbers and tokens find a case and give no rights (IN3); whether a token is genuine is decided where the key is. Mail programs attach
the original of a forwarded mail, or copy it under a few lines that name its author, date and subject; reply_words knows these lines.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mailflow.message.mime.header import read_addresses
from mailflow.message.mime.parse import parse_mail
from mailflow.message.mime.part import split_uuencoded
from mailflow.message.model import Address, Mail, UnreadableMail
from mailflow.message.reply import header_block
from mailflow.message.reply_words import ANSWERED, BEGIN_FORWARDED, FORWARDED, HEADER_FROM, HEADER_SUBJECT
from mailflow.message.words import any_of

_SCANNED = 262_144
_BETWEEN = any_of("reference", "number")
_ENVELOPE = ("delivered-to", "x-original-to", "x-envelope-to", "envelope-to")


def find_case_numbers(text: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    """Find case numbers in order, each once, as `SR-100001`; written `sr 100001`, `[SR#100001]`, `rma100001` too."""
    pattern = _numbers_of(tuple(prefixes))
    if pattern is None:
        return ()
    return tuple(dict.fromkeys(f"{found[1].upper()}-{found[2]}" for found in pattern.finditer(split_uuencoded(text[:_SCANNED]).text)))


def find_case_number(line: str, prefixes: Iterable[str]) -> tuple[str, int, int] | None:
    """Find the first case number of a line with the places where it starts and ends."""
    pattern = _numbers_of(tuple(prefixes))
    found = pattern.search(line) if pattern else None
    return (f"{found[1].upper()}-{found[2]}", found.start(), found.end()) if found else None


@lru_cache(maxsize=64)
def _numbers_of(prefixes: tuple[str, ...]) -> re.Pattern[str] | None:
    letters = sorted({prefix.rstrip("-").upper() for prefix in prefixes if prefix.rstrip("-")}, key=len, reverse=True)
    words = "|".join(re.escape(one) for one in letters)
    form = rf"(?<![A-Za-z0-9])({words})(?:\s?{_BETWEEN}\.?)?[\s:：#_\-‐-―－]{{0,3}}(\d{{3,12}})(?![0-9A-Za-z])"
    return re.compile(form, re.I) if letters else None


def find_case_tokens(mail: Mail, mailboxes: Iterable[str]) -> tuple[str, ...]:
    """Find the plus-parts of addresses of ours that the mail was written or delivered to, lower case, in order, each once."""
    ours = {tuple(box.lower().rpartition("@")[::2]) for box in mailboxes}
    written = [address.address for address in (*mail.to, *mail.cc)]
    written += [address.address for name in _ENVELOPE for value in mail.all_headers(name) for address in read_addresses(value)]
    tokens = []
    for address in written:
        local, _, domain = address.rpartition("@")
        base, plus, token = local.strip('"').partition("+")
        if plus and token and (base, domain) in ours:
            tokens.append(token)
    return tuple(dict.fromkeys(tokens))


_MOST_LINES, _LONGEST_LINE = 2000, 500
_DEEPEST = 5
_LINES_ABOVE = 3
"""A line that announces the original stands at most this far above its header lines."""
_MAILTO = re.compile(r"[\[<(]\s*mailto:\s*([^\s\])>]{3,254})\s*[\])>]", re.I)
_QUOTE_MARK = re.compile(r"^\s?(?:> ?)")
_MESSAGE_TYPES = ("message/rfc822", "message/global")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The original: its author, its subject, and its text without the header lines; older mails below it are still in."""

    sender: Address
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class _Block:
    """Header lines within a text: where they start and end, and whether a line above says that a mail is passed on."""

    start: int
    end: int
    announced: bool
    sender: Address
    subject: str


def find_forwarded(mail: Mail) -> Forwarded | None:
    """Find the innermost original of a forwarded mail, attached or in the text; None where nothing is passed on.

    A mail that was passed on several times is followed to its first author; what that author had answered to is not.
    """
    return _attached(mail, _DEEPEST) or _in_text(mail.subject, mail.text or mail.alternative_text)


def without_forwarding_lines(text: str) -> str:
    """Leave out the lines that name a passed-on mail's author, date and subject, and the line that announces them."""
    lines = text.split("\n")
    looked_at = [line[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
    dropped = {number for block in _blocks(looked_at) for number in range(block.start, block.end)}
    dropped |= {number for number, line in enumerate(looked_at) if BEGIN_FORWARDED.match(line)}
    return "\n".join(line for number, line in enumerate(lines) if number not in dropped)


def _attached(mail: Mail, depth: int) -> Forwarded | None:
    for part in mail.attachments if depth else ():
        inner = None
        if part.content_type in _MESSAGE_TYPES:
            with contextlib.suppress(UnreadableMail):
                inner = parse_mail(part.content)
        if inner is not None and inner.sender.address:
            text = inner.text or inner.alternative_text
            return _attached(inner, depth - 1) or _in_text(inner.subject, text) or Forwarded(inner.sender, inner.subject, text)
    return None


def _in_text(subject: str, text: str) -> Forwarded | None:
    lines = [line[:_LONGEST_LINE] for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]]
    chosen: _Block | None = None
    # below a subject that answers, header lines show what is answered, unless a line says that the mail is passed on
    passed_on = not ANSWERED.match(subject)
    for block in _blocks(lines):
        if not (block.announced or passed_on):
            break
        chosen = block
        passed_on = bool(FORWARDED.match(block.subject))
    if chosen is None:
        return None
    below = lines[chosen.end :]
    # where the program marked all of it as quoted, without these marks
    if _QUOTE_MARK.match(lines[chosen.start]):
        below = [_QUOTE_MARK.sub("", line, count=1) for line in below]
    return Forwarded(chosen.sender, chosen.subject, "\n".join(below).strip("\n"))


def _blocks(lines: list[str]) -> list[_Block]:
    plain = [_QUOTE_MARK.sub("", line, count=1) for line in lines]
    found = []
    at = 0
    while at < len(plain):
        size = header_block(plain, at) if plain[at].strip() else 0
        if size and (block := _block(plain, at, at + size)):
            found.append(block)
        at += size or 1
    return found


def _block(lines: list[str], start: int, end: int) -> _Block | None:
    author = next((number for number in range(start, end) if HEADER_FROM.match(lines[number])), None)
    sender = _author(_value(lines, author, end)) if author is not None else None
    if sender is None:
        return None
    title = next((number for number in range(start, end) if HEADER_SUBJECT.match(lines[number])), None)
    above = [line for line in lines[max(0, start - _LINES_ABOVE) : start] if line.strip()]
    return _Block(
        start, end, any(BEGIN_FORWARDED.match(line) for line in above), sender, _value(lines, title, end) if title is not None else ""
    )


def _value(lines: list[str], at: int, end: int) -> str:
    """Return the value of a header line; where the program broke the line after its name, it stands on the next."""
    value = re.split(r"[:：]", lines[at], maxsplit=1)[1].strip(" *_\t")
    following = lines[at + 1].strip() if not value and at + 1 < end else ""
    return value or following.strip(" *_")


def _author(value: str) -> Address | None:
    """Read `Anna <a@b>`, `Anna [mailto:a@b]`, `Anna <a@b<mailto:a@b>>`; None where an address book's name stands alone."""
    written = re.sub(r"<\s*mailto:[^<>]{1,300}>", "", value) if value.count("<") > 1 else value
    written = _MAILTO.sub(r"<\1>", written).rstrip("; ")
    found = next((one for one in read_addresses(written) if "@" in one.address), None)
    return Address(found.address, found.name.strip("*_ ")) if found else None


# Signed addresses


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
