"""The customer's plain yes to a question of ours, alone on a line."""

from __future__ import annotations

import re
import unicodedata

_MOST_LINES = 20
_LONGEST_LINE = 60
_YES = frozenset(
    (
        *("yes", "yes please", "yes i confirm", "yes confirmed", "yes i agree", "yes that is correct", "yes correct", "yes ok", "ok yes"),
        *("confirm", "confirmed", "i confirm", "we confirm", "agreed", "i agree", "we agree", "approved", "ok confirm", "ok confirmed"),
        *("ok i confirm", "ok we confirm", "yes we confirm", "yes we agree"),
        *("tak", "tak prosze", "tak potwierdzam", "tak potwierdzamy", "tak zgoda", "tak zgadza sie", "potwierdzam", "potwierdzamy"),
        *("potwierdzone", "zgoda", "zgadzam sie", "zgadzamy sie", "ok potwierdzam", "ok potwierdzamy", "ok zgoda", "wyrazam zgode"),
        *(
            "是",
            "是的",
            "同意",
            "我同意",
            "我们同意",
            "是的同意",
            "是的我同意",
            "确认",
            "我确认",
            "是的确认",
            "好的确认",
            "可以",
            "同意确认",
            "确认同意",
        ),
        *("ja", "ja bitte", "ja bestatigt", "oui", "oui je confirme", "si", "da"),
    )
)
_POLITE = re.compile(r"(?: (?:please|thanks|thank you|many thanks|dziekuje|dzieki|danke|merci)|谢谢)$")
_NO_LETTER = re.compile(r"[^\w\s]|_")


def is_yes(text: str) -> bool:
    """Does one of the first lines of the new text say yes and nothing else? A line that says no before it decides too."""
    for line in [line.strip() for line in text[:4000].split("\n") if line.strip()][:_MOST_LINES]:
        if len(line) <= _LONGEST_LINE and _plain(line) in _YES:
            return True
        if _plain(line[:_LONGEST_LINE]) in _NO:
            return False
    return False


_NO = frozenset(("no", "not yes", "no thanks", "nie", "不", "不是", "不同意", "否", "nein", "non"))


def _plain(line: str) -> str:
    """Lower case, without marks over letters and without punctuation."""
    spelled = unicodedata.normalize("NFKD", line.lower().replace("ł", "l"))
    letters = "".join(char for char in spelled if not unicodedata.combining(char))
    words = " ".join(_NO_LETTER.sub(" ", letters).split())
    if not words.isascii():
        words = re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", words)
    return _POLITE.sub("", words) or words
