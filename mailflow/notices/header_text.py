"""Texts, addresses and ids as header fields: folded, encoded (RFC 2047, RFC 2231) and without a control character (case 60)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from typing import Protocol
from urllib.parse import quote

from mailflow.message.addr_spec import sendable_address
from mailflow.notices.slots import one_line

LONGEST_NAME = 150
LONGEST_ID = 500
FOLD_AT = 76

_MESSAGE_ID = re.compile(r"<?([^\s<>\x00-\x20\x7f-\uffff]+)>?")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")
_FORMAT_CHARACTERS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class UnsendableNotice(ValueError):
    """A mail that no server would take; the text says what is wrong."""


class NamedAddress(Protocol):
    """Anything with a bare address and a display name ('' for none), e.g. message.model.Address."""

    @property
    def address(self) -> str: ...

    @property
    def name(self) -> str: ...


AddressLike = str | NamedAddress
"""A bare address, or one with a name."""


def text_field(name: str, value: str) -> str:
    """An unstructured field such as Subject, folded."""
    value = one_line(value)
    if value.isascii() and "=?" not in value and all(len(word) < 200 for word in value.split(" ")):
        return _fold(name + ":", value.split(" "))
    return _fold(name + ":", _encoded_words(value))


def address_field(name: str, addresses: Iterable[AddressLike]) -> str:
    """An address list, one mailbox a line; '' for an empty list. Raises UnsendableNotice."""
    written = [_mailbox(address) for address in addresses]
    return f"{name}: " + ",\r\n ".join(written) if written else ""


def message_id_field(message_id: str) -> str:
    """One message id in angle brackets. Raises UnsendableNotice."""
    known = reference_ids([message_id])
    if not known:
        raise UnsendableNotice(f"not a Message-ID: {message_id!r}")
    return known[0]


def reference_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids that can stand in a header, in angle brackets, each once and in their order."""
    found = (_MESSAGE_ID.fullmatch(one.strip()) for one in ids if len(one) <= LONGEST_ID)
    return tuple(dict.fromkeys(f"<{match[1]}>" for match in found if match))


def file_name_parameters(name: str) -> str:
    """The `filename` parameter of Content-Disposition, after RFC 2231 where the name is not plain ASCII."""
    shown = re.sub(r'[/\\:"]', "_", _FORMAT_CHARACTERS.sub("", one_line(name))).strip(". ") or "attachment"
    shown = _shorten_name(shown)
    # Many programs read an encoded word there, though RFC 2047 forbids it.
    if shown.isascii() and "=?" not in shown:
        return f';\r\n filename="{shown}"'
    pieces = _percent_pieces(shown)
    if len(pieces) == 1:
        return f";\r\n filename*=utf-8''{pieces[0]}"
    return "".join(
        f";\r\n filename*{place}*={'' if place else chr(39).join(('utf-8', '', ''))}{piece}" for place, piece in enumerate(pieces)
    )


def _shorten_name(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:LONGEST_NAME]
    return stem[: LONGEST_NAME - len(ending) - 1] + "." + ending


def _percent_pieces(text: str) -> list[str]:
    pieces = [""]
    for character in text:
        coded = quote(character, safe="")
        if len(pieces[-1]) + len(coded) > 50:
            pieces.append("")
        pieces[-1] += coded
    return pieces


def _mailbox(address: AddressLike) -> str:
    text, shown = (address, "") if isinstance(address, str) else (address.address, address.name)
    try:
        bare = sendable_address(text)
    except ValueError as wrong:
        raise UnsendableNotice(str(wrong)) from None
    name = _FORMAT_CHARACTERS.sub("", one_line(shown))[:LONGEST_NAME].strip()
    if not name:
        return bare
    return f"{_display_name(name)}\r\n <{bare}>" if len(name) + len(bare) > 60 else f"{_display_name(name)} <{bare}>"


def _display_name(name: str) -> str:
    if not name.isascii() or "=?" in name:
        return "\r\n ".join(_encoded_words(name))
    if _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded_words(text: str) -> list[str]:
    """RFC 2047 words of at most 75 characters, each whole characters of UTF-8."""
    pieces: list[bytes] = [b""]
    for character in text:
        coded = character.encode("utf-8")
        if len(pieces[-1]) + len(coded) > 42:
            pieces.append(b"")
        pieces[-1] += coded
    return [f"=?utf-8?b?{base64.b64encode(piece).decode('ascii')}?=" for piece in pieces]


def _fold(head: str, words: Sequence[str]) -> str:
    lines = [head]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > FOLD_AT and lines[-1] != head:
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines)
