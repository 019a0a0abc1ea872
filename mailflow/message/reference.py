"""References to a case in what a mail says: numbers in its text, signed tokens in the addresses it was sent to.

They find a case and give no rights (IN3); whether a token is genuine is decided where the key is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from mailflow.message.mime.header import read_addresses
from mailflow.message.mime.part import split_uuencoded
from mailflow.message.model import Mail
from mailflow.message.words import any_of

_SCANNED = 262_144
_BETWEEN = any_of("reference", "number")
_ENVELOPE = ("delivered-to", "x-original-to", "x-envelope-to", "envelope-to")


def find_case_numbers(text: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    """Case numbers in order of appearance, each once, as `SR-100001`; written `sr 100001`, `[SR#100001]`, `rma100001` too."""
    pattern = _numbers_of(tuple(prefixes))
    if pattern is None:
        return ()
    return tuple(dict.fromkeys(f"{found[1].upper()}-{found[2]}" for found in pattern.finditer(split_uuencoded(text[:_SCANNED]).text)))


def find_case_number(line: str, prefixes: Iterable[str]) -> tuple[str, int, int] | None:
    """The first case number of a line with the places where it starts and ends."""
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
    """The plus-parts of addresses of ours that the mail was written or delivered to, lower case, in order, each once."""
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
