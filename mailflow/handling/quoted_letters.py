"""The letters of a case that a mail may quote, and what of the mail is new beside them (IN6)."""

from __future__ import annotations

from collections.abc import Sequence

from mailflow.handling.errand import Errand
from mailflow.handling.finding import Found
from mailflow.message.answers import read_typed, repeats
from mailflow.message.reply import split_reply
from mailflow.store import notice


def quotable_letters(errand: Errand, found: Found) -> tuple[str, ...]:
    """Texts of the case's letters, newest first. What only staff got, no customer can quote."""
    desk, is_staff = errand.desk, bool(errand.desk.roles_of(errand.mail.sender.address))
    letters = [letter for case in (found.case, found.merged) if case for letter in notice.texts_of_case(errand.c, case.number)]
    return tuple(text for to, text in letters if is_staff or not all(map(desk.roles_of, to)))


def find_new_text(body: str, rough: str, letters: Sequence[str], *, is_staff: bool) -> str:
    """The new text without unmarked copies of our letters, and with what a customer typed on and between their quoted lines.

    `rough` is the new text as the marks of mail programs tell it. Orders of staff never stand inside a quotation.
    """
    sent = [letter for letter in letters if repeats(rough, letter)]
    new_text = split_reply(body, sent).new_text if sent else rough
    inside = "" if is_staff or not letters else read_typed(body, letters).inside
    return "\n\n".join(filter(None, (new_text, inside)))
