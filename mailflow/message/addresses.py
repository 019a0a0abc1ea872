"""Address lists of RFC 5322 3.4, as they really come: commas in bare names, `@` in names, missing brackets, open quotes.

One pass over the characters, no regular expression over the whole list, no recursion.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from mailflow.message.encoded_words import decode_words, one_line, word_at
from mailflow.message.model import Address

_BARE = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+|\"[^\"]{1,64}\"@[^\s<>()\[\],;:\"]+")


@dataclass(slots=True)
class _Item:
    """One entry of the list while it is read."""

    phrase: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    has_at: bool = False


def read_addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of a header value (raw bytes already text, encoded words still encoded), in order, group names dropped."""
    found: list[Address] = []
    kept = ""
    for item in _items(value):
        phrase = "".join(item.phrase).strip()
        if not item.angles and "@" not in phrase and phrase and not item.comments:
            kept = f"{kept}, {phrase}" if kept else phrase
            continue
        if kept and item.angles:
            item.phrase.insert(0, kept + ", ")
        elif kept:
            found.append(_bare_word(kept))
        kept = ""
        found += _addresses(item)
    if kept:
        found.append(_bare_word(kept))
    return tuple(address for address in found if address.address or address.name)


def clean_name(text: str) -> str:
    """A display name: decoded, without invisible characters, quotes or line ends, blanks squeezed."""
    text = decode_words(text)
    if not text.isascii():
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = re.sub(r"\s+", " ", one_line(text)).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def _items(value: str) -> list[_Item]:
    items = [_Item()]
    at, length = 0, len(value)
    plain: set[str] = set()
    while at < length:
        char, item = value[at], items[-1]
        if char == "=" and (word := word_at(value, at)):
            item.phrase.append(word)
            at += len(word)
            continue
        if char == '"' and char not in plain:
            end = _quote_end(value, at)
            if end < 0:
                plain.add(char)
                continue
            item.phrase.append(value[at : end + 1])
            at = end
        elif char == "(" and char not in plain:
            end = _comment_end(value, at)
            if end < 0:
                plain.add(char)
                continue
            item.comments.append(value[at + 1 : end])
            at = end
        elif char == "<":
            end = value.find(">", at)
            end = length if end < 0 else end
            item.angles.append(value[at + 1 : end])
            at = end
        elif char in ",;":
            items.append(_Item())
        elif char == ":" and not item.angles and not item.has_at:
            items[-1] = _Item()
        else:
            item.has_at = item.has_at or char == "@"
            item.phrase.append(char)
        at += 1
    return items


def _quote_end(value: str, start: int) -> int:
    """Index of the closing quote, -1 where there is none: then quotes are ordinary characters from here on."""
    at = start + 1
    while at < len(value):
        if value[at] == "\\":
            at += 1
        elif value[at] == '"':
            return at
        at += 1
    return -1


def _comment_end(value: str, start: int) -> int:
    """Index of the closing bracket, nested ones counted, -1 where there is none."""
    depth, at = 0, start
    while at < len(value):
        char = value[at]
        if char == "\\":
            at += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return -1


def _addresses(item: _Item) -> list[Address]:
    phrase = "".join(item.phrase).strip()
    comment = " ".join(item.comments)
    angles = [text for text in item.angles if "@" in text] or item.angles[:1]
    if angles:
        return [Address(_addr_spec(text), clean_name(_unquote(phrase) or comment)) for text in angles]
    bare = _BARE.search(phrase)
    if bare is None:
        return [_bare_word(phrase)] if phrase else []
    name = (phrase[: bare.start()] + phrase[bare.end() :]).strip(" '\"[]")
    return [Address(_addr_spec(bare[0]), clean_name(_unquote(name) or comment))]


def _addr_spec(text: str) -> str:
    """`@a,@b:user@host` is a route of RFC 822; blanks and comments inside the brackets go."""
    text = decode_words(text) if "=?" in text else text
    text = text.rpartition(":")[2] if text.lstrip().startswith("@") else text.strip().removeprefix("mailto:")
    if not text.lstrip().startswith('"'):
        text = re.sub(r"\([^()]*\)|[\s\"'<>]", "", text)
    return one_line(text).strip().lower()[:320]


def _bare_word(phrase: str) -> Address:
    """An entry without `@`: one word is a local user (`root`), more are a name without an address."""
    plain = _unquote(phrase)
    if re.fullmatch(r"[A-Za-z0-9._+-]{1,64}", plain):
        return Address(plain.lower())
    return Address("", clean_name(plain))


def _unquote(text: str) -> str:
    """Quoted strings within a phrase lose their quotes and back-slashes."""
    if '"' not in text and "\\" not in text:
        return text
    text = re.sub(r'"((?:[^"\\]|\\.){0,500})"', lambda found: re.sub(r"\\(.)", r"\1", found[1]), text, flags=re.S)
    return text.strip()
