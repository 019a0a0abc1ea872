"""A customer's wish for the manager, in a sentence of its own words (SR6). What is only possibly one is none: ESCALATE always works.

Before it in the sentence no word may deny it, and no other meaning of the word may follow.
"""

from __future__ import annotations

import re

from mailflow.message.reply_words import BEGIN_FORWARDED, HEADER_FROM, ORIGINAL
from mailflow.message.words import any_of

_MOST_LINES, _LONGEST_TEXT, _LONGEST_SENTENCE = 60, 6000, 400

_WISH, _DENIED, _CONDITION, _OTHER_MEANING = (
    re.compile(any_of("escalation", key), re.IGNORECASE) for key in ("wish", "denied", "condition", "other_meaning")
)
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?](?=\S)[^.!?。！？\n]*)*[.!?。！？]*")


def find_escalation_wish(text: str) -> str:
    """The sentence that asks for the manager, '' where none clearly does. `text` is the new text of a mail, without quotations."""
    for line in text[:_LONGEST_TEXT].split("\n", _MOST_LINES)[:_MOST_LINES]:
        head = line[:500]
        if BEGIN_FORWARDED.match(head) or ORIGINAL.match(head) or HEADER_FROM.match(head):
            return ""
        if line.lstrip().startswith((">", "|", '"', "“", "„", "«", "「", "『")):
            continue
        sentences = (found[0].strip() for found in _SENTENCE.finditer(line))
        if wish := next((one for one in sentences if len(one) <= _LONGEST_SENTENCE and _is_wish(one)), ""):
            return wish
    return ""


def _is_wish(sentence: str) -> bool:
    found = _WISH.search(sentence)
    if found is None or _OTHER_MEANING.search(sentence) or _CONDITION.search(sentence[: found.start()]):
        return False
    clause = re.split(r"[,;:，；：]", sentence[: found.start()])[-1] + found[0]
    return not _DENIED.search(clause)
