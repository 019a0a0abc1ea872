"""The lines of mail programs around quoted text; their words stand in `words/`, a new program or language is a word there."""

from __future__ import annotations

import re

from mailflow.message.words import any_of

_FROM = any_of("header", "from")
_OTHERS = any_of("header", "other")
_WROTE = any_of("reply", "wrote")
HEADER_FROM = re.compile(rf"^[>\s*|_]*{_FROM}\s*\*?\s*[:：]\s*\*?\s*\S", re.I)
HEADER_OTHER = re.compile(rf"^[>\s*|_]*{_OTHERS}\s*\*?\s*[:：]", re.I)
HEADER_ANY_BOLD = re.compile(rf"^\s*\*(?:{_FROM}|{_OTHERS})\s*[:：]?\s*\*", re.I)
HEADER_SUBJECT = re.compile(rf"^[>\s*|_]*{any_of('header', 'subject')}\s*\*?\s*[:：]", re.I)
FORWARDED = re.compile(rf"^\s*\[?{any_of('subject', 'forwarded')}\s*\]?\s*[:：]", re.I)
ANSWERED = re.compile(rf"^\s*{any_of('subject', 'answered')}\s*(?:\[\d{{1,3}}\])?\s*[:：]", re.I)
BEGIN_FORWARDED = re.compile(rf"^[\s>*_=—–-]*{any_of('reply', 'begin_forwarded')}", re.I)
ORIGINAL = re.compile(rf"^[\s>*]*[-_=—–]{{2,}}\s*{any_of('reply', 'original')}.{{0,60}}?[-_=—–]{{2,}}\s*$", re.I)
REPLY_LINE = re.compile(rf"^[\s>#*=_—–-]*{any_of('reply', 'above_line')}", re.I)
WROTE_END = re.compile(rf"{_WROTE}(?:\s+(?:{any_of('reply', 'wrote_end')}|:).{{0,60}})?\s*[:：]\s*(?:\*|_)?\s*$", re.I)
WROTE_BY = re.compile(rf"\b{_WROTE}\s+[^\s:：][^:：]{{0,80}}[:：]\s*$", re.I)
"""`Am 20.11.2026 um 09:00 schrieb Anna:`, where the verb comes before the name."""
WROTE_START = re.compile(rf"^[\s>*_]*(?:{any_of('reply', 'wrote_start')}|2\d{{3}}|\d{{1,2}}[./ -]|\d{{4}}[-/年])", re.I)
DATE_LIKE = re.compile(
    r"\b\d{1,2}[:.h]\d{2}\b|\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}\s?[年년]|\b(?:19|20)\d{2}\b"
)
ADDRESS_LIKE = re.compile(r"[<\[(]?[^\s<>@]{1,80}@[^\s<>@]{2,80}[>\])]?")

MOBILE = re.compile(rf"^\W{{0,4}}{any_of('reply', 'sent_from_device')}", re.I)
OWN_DEVICE = re.compile(r"^(?:Sent|sent) (?:from|via) my [A-Z0-9][\w .+-]{1,40}$")
CLOSING = re.compile(rf"^\W{{0,3}}{any_of('reply', 'closing')}\s*[,.!，。！]?\s*$", re.I)
BARE_GREETING = re.compile(rf"^\W*(?:{any_of('reply', 'greeting')}(?:\s+{any_of('reply', 'greeted')})?)?\W*$", re.I)
LIST_FOOTER = re.compile(r"^_{20,}\s*$|^-{40,}\s*$")
# No slash before the name: `/reopen` on the last line is an order of staff, not a signature.
NAME_ONLY = re.compile(r"^[-–—~]\s?[^\W\d_][\w.'’-]{1,24}(?:\s[^\W\d_][\w.'’-]{0,24}){0,2}\s*$")
RULE_ONLY = re.compile(r"^[\s*_=~—–-]{3,}$")
