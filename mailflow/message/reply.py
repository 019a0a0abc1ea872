"""Cut a reply in two: what the person wrote now, and what is quoted or signature (IN6).

One pass over the lines, each looked at with bounded patterns, no dots across lines: linear on any input. In doubt the text is
kept as new; nothing is thrown away. The strongest evidence is the notice that is answered: give it as `sent`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from email_reply_extractor import strip_parent_content

from mailflow.message.mime.part import split_uuencoded
from mailflow.message.model import Reply
from mailflow.message.reply_words import (
    ADDRESS_LIKE,
    BARE_GREETING,
    CLOSING,
    DATE_LIKE,
    HEADER_ANY_BOLD,
    HEADER_FROM,
    HEADER_OTHER,
    LIST_FOOTER,
    MOBILE,
    NAME_ONLY,
    ORIGINAL,
    OWN_DEVICE,
    REPLY_LINE,
    RULE_ONLY,
    WROTE_BY,
    WROTE_END,
    WROTE_START,
)

_LONGEST_TEXT = 262_144
_LONGEST_LINE = 500
_MOST_LINES = 400
_MOST_SCANNED, _MOST_KEPT = 4000, 20_000
_LONGEST_SIGNATURE = 200
_QUOTED = re.compile(r"^\s{0,3}(?:>|＞|\|\s?>|[A-Z][A-Za-z]{0,2}> )")
_UNDERLINE = re.compile(r"^\s*_{20,}\s*$")
_SIGNATURE = re.compile(r"^(?:--|—)\s*$|^-- \S{0,40}$|^__\s*$")


@dataclass(frozen=True, slots=True)
class Cut:
    """A body in its parts: `reply` as split_reply gives it, `own_words` as without_quotations does."""

    reply: Reply
    own_words: str


def split_reply(text: str, sent: Sequence[str] = ()) -> Reply:
    """Cut a body in two. `sent` are the texts of letters that it may answer, newest first; their lines are never new."""
    lines, beyond = _lines(text)
    return _split(lines, _new_flags(lines), beyond, sent)


def without_quotations(text: str) -> str:
    """Return the writer's own words with the signature, which tells name and telephone (IN4), but without what is quoted."""
    lines, _ = _lines(text)
    return _chosen(lines, _new_flags(lines))


def own_lines(text: str) -> tuple[list[str], list[bool]]:
    """Return the lines that are looked at, and for each whether it is the writer's own and not quoted."""
    lines, _ = _lines(text)
    return lines, _new_flags(lines)


def begins_quotation(lines: list[str], at: int) -> bool:
    """Tell whether lines that introduce a quotation begin here."""
    return _quote_head(lines, at) > 0


def cut_reply(text: str, sent: Sequence[str] = ()) -> Cut:
    """Read a body both ways at once. `sent` as for split_reply."""
    lines, beyond = _lines(text)
    new = _new_flags(lines)
    own_words = _chosen(lines, new)
    return Cut(_split(lines, new, beyond, sent), own_words)


def _split(lines: list[str], new: list[bool], beyond: list[str], sent: Sequence[str]) -> Reply:
    _fold_signatures(lines, new)
    new_text = _chosen(lines, new)
    folded = [line for line, is_new in zip(lines, new, strict=True) if not is_new]
    for body in sent:
        new_text = _without_sent(new_text, body, folded)
    return Reply(new_text, _tidy([*folded, *beyond]))


def _lines(text: str) -> tuple[list[str], list[str]]:
    """Return the lines to look at, and what is folded unseen: uuencoded files, text beyond 262,144 characters or 20,000 lines."""
    parts = split_uuencoded(text)
    lines = parts.text[:_LONGEST_TEXT].replace("\r\n", "\n").split("\n", _MOST_KEPT)
    return lines[:_MOST_KEPT], [piece for piece in (parts.encoded, *lines[_MOST_KEPT:], parts.text[_LONGEST_TEXT:]) if piece]


def _chosen(lines: list[str], chosen: list[bool]) -> str:
    return _tidy([line for line, is_chosen in zip(lines, chosen, strict=True) if is_chosen])


def _new_flags(lines: list[str]) -> list[bool]:
    """Tell for each line whether it is the writer's. A quotation without marks runs to the end, one with `>` only where the marks are."""
    new = [True] * len(lines)
    at = 0
    written = False
    while at < min(len(lines), _MOST_SCANNED):
        line = lines[at][:_LONGEST_LINE]
        if _QUOTED.match(line):
            new[at] = False
            at += 1
            continue
        if (size := _quote_head(lines, at)) == 0:
            # a lone mark is nothing, an emoji is an answer
            written = written or any(char.isalnum() or ord(char) > 0x2FFF for char in line)
            at += 1
            continue
        after = _next_text(lines, at + size)
        if after is not None and _QUOTED.match(lines[after]) and not REPLY_LINE.search(line):
            new[at:after] = [False] * (after - at)
            at = after
            continue
        if written:
            new[at:] = [False] * (len(lines) - at)
            return new
        # nothing above it: a forwarded mail, or an answer written below an unmarked quotation; the text itself stays
        new[at : at + size] = [False] * size
        at += size
    return new


def _quote_head(lines: list[str], at: int) -> int:
    """Count the lines from here that introduce a quotation: 0 for none."""
    line = lines[at][:_LONGEST_LINE]
    start = line.lstrip()[:1]
    if not start:
        return 0
    if (start in "-_=*—–" and ORIGINAL.match(line)) or (len(line) < 160 and REPLY_LINE.search(line)):
        return 1 + header_block(lines, at + 1)
    if start == "_" and _UNDERLINE.match(line):
        following = _next_text(lines, at + 1)
        return following - at + header_block(lines, following) if following is not None and header_block(lines, following) else 0
    return header_block(lines, at) or _attribution(lines, at)


def header_block(lines: list[str], at: int) -> int:
    """Count the lines of a block `From: … Sent: … To: … Subject: …` in any known language; two at least besides From."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at >= len(lines):
        return 0
    first = lines[at][:_LONGEST_LINE]
    if ":" not in first and "：" not in first:
        return 0
    from_follows = HEADER_OTHER.match(first) and any(HEADER_FROM.match(line[:_LONGEST_LINE]) for line in lines[at + 1 : at + 4])
    if not (HEADER_FROM.match(first) or HEADER_ANY_BOLD.match(first) or from_follows):
        return 0
    others = blanks = 0
    last = at
    for number in range(at + 1, min(at + 14, len(lines))):
        line = lines[number][:_LONGEST_LINE]
        if HEADER_OTHER.match(line) or HEADER_FROM.match(line):
            others, blanks, last = others + 1, 0, number
        elif not line.strip():
            blanks += 1
            if blanks > 1 and others >= 2:
                break
        elif number - last > 2 or (others >= 2 and blanks):
            break
    return last - at + 1 if others >= 2 else 0


def _attribution(lines: list[str], at: int) -> int:
    """Count the lines of `On 20 Nov 2026, Anna <a@b> wrote:`, which clients break over up to four."""
    joined = ""
    for size in range(1, 5):
        if at + size > len(lines) or not lines[at + size - 1].strip():
            return 0
        joined = f"{joined} {lines[at + size - 1][:_LONGEST_LINE].strip()}".strip()
        if len(joined) > _LONGEST_LINE:
            return 0
        if joined.rstrip("*_ ").endswith((":", "：")):
            return size if _is_attribution(joined, lines, at + size) else 0
        if size == 1 and not (("@" in joined and ADDRESS_LIKE.search(joined)) or WROTE_START.match(joined)):
            return 0
    return 0


def _is_attribution(joined: str, lines: list[str], after: int) -> bool:
    dated, addressed, wrote = DATE_LIKE.search(joined), ADDRESS_LIKE.search(joined), WROTE_END.search(joined)
    if wrote and (addressed or (dated and WROTE_START.match(joined))):
        return True
    if (
        dated
        and addressed
        and (WROTE_START.match(joined) or re.match(r"^[^:]{0,80}\d", joined))
        and re.search(r"@[^\s<>]+[>\])]?\s*[:：]$", joined)
    ):
        return True
    following = _next_text(lines, after)
    wrote = wrote or (dated and WROTE_START.match(joined) and WROTE_BY.search(joined))
    return bool(wrote and following is not None and _QUOTED.match(lines[following]))


def _next_text(lines: list[str], at: int) -> int | None:
    return next((number for number in range(at, min(at + 6, len(lines))) if lines[number].strip()), None)


def _fold_signatures(lines: list[str], new: list[bool]) -> None:
    """Fold the signature that ends a run of the writer's own lines; each run is looked at by itself."""
    start = 0
    while start < len(lines):
        if not new[start]:
            start += 1
            continue
        end = start
        while end < len(lines) and new[end]:
            end += 1
        cut = _signature_start(lines, start, end)
        if not _says_something(lines[start:cut]) and not _says_something(
            [line for line, is_new in zip(lines[:start], new, strict=False) if is_new]
        ):
            cut = end
        new[cut:end] = [False] * (end - cut)
        start = end


def _says_something(lines: list[str]) -> bool:
    """Tell whether there is a word besides a greeting; below a bare "Hello" the rest may be the message: in doubt it is kept."""
    return any(any(map(str.isalnum, line)) and not BARE_GREETING.match(line[:_LONGEST_LINE]) for line in lines)


def _signature_start(lines: list[str], start: int, end: int) -> int:
    """Find where the signature of lines[start:end] begins, `end` where there is none. The writer's own text above it must remain."""
    texts = [number for number in range(start, end) if lines[number].strip()]
    for place in range(max(0, len(texts) - _LONGEST_SIGNATURE), len(texts)):
        number = texts[place]
        line = lines[number][:_LONGEST_LINE]
        left = len(texts) - place - 1
        if (_SIGNATURE.match(line) or _SIGNATURE.match(line.rstrip())) and left <= 25:
            return number
        if (place or left <= 3) and len(line) < 120 and (MOBILE.match(line) or OWN_DEVICE.match(line)):
            return number
        if place and left == 0 and (NAME_ONLY.match(line) or (RULE_ONLY.match(line) and end < len(lines))):
            return number
        if (place or start) and left <= 8 and end == len(lines) and LIST_FOOTER.match(line):
            return number
        if place and left <= 10 and CLOSING.match(line) and all(len(lines[below]) <= 90 for below in texts[place + 1 :]):
            return number
    return end


def _without_sent(new_text: str, body: str, folded: list[str]) -> str:
    """Leave out the lines that provably come from a mail of ours; those join the folded ones."""
    if not body.strip() or not new_text or new_text.count("\n") > _MOST_LINES or body.count("\n") > _MOST_LINES:
        return new_text
    kept = strip_parent_content(new_text, body, continuation=True)
    missing = Counter(new_text.split("\n")) - Counter(kept.split("\n"))
    folded += [line for line in missing.elements() if line.strip()]
    return kept


def _tidy(lines: list[str]) -> str:
    """Join lines, without empty ones at the ends and with at most one between two texts."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(map(str.rstrip, lines))).strip("\n")
