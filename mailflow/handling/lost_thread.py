"""Answers of staff that a relay took out of their thread by rewriting Message-IDs: whom they are for (SR5, BX7)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from mailflow.handling.finding import BY_ADDRESS, BY_NUMBER, Found
from mailflow.message.model import Mail
from mailflow.message.reply_words import ANSWERED, FORWARDED
from mailflow.policy.case import Case
from mailflow.policy.decision import SendNotice
from mailflow.policy.event import RELAYED_NOTICES, VENDOR_NOTICE, MailReceived
from mailflow.store import notice
from mailflow.store.notice import NoticeRow

PASSED_ON = (*RELAYED_NOTICES, VENDOR_NOTICE)
"""The notices whose answers leave the desk."""

SURELY = 0.8
"""Share of a letter's lines that a mail has to repeat to be an answer to it, of 1."""

FEWEST_LETTERS = 8
"""Letters and digits of a line that says something."""


def has_lost_thread(found: Found, mail: Mail) -> bool:
    """Whether a mail is an answer by its headers or subject, names the case, and names no mail that we know."""
    is_answer = bool(mail.in_reply_to or mail.references or ANSWERED.match(mail.subject))
    return is_answer and not found.answers_notice and found.how in (BY_ADDRESS, BY_NUMBER)


def quoted_notice(c: Connection, found: Found, mail: Mail) -> str:
    """Name of the relayed mail that an answer repeats below its text, '' where that is not certain.

    Only with the case's signed address: what is relayed by mistake cannot be taken back, a note can be sent again.
    """
    if found.case is None or found.how != BY_ADDRESS or FORWARDED.match(mail.subject):
        return ""
    body = _bare(mail.text or mail.alternative_text)
    repeated = {row.name for row in _letters_to(c, found.case, mail.sender.address) if _repeats(body, row.text.splitlines())}
    return repeated.pop() if len(repeated) == 1 and repeated <= set(PASSED_ON) else ""


def tell_note_kept(c: Connection, case: Case, event: MailReceived) -> SendNotice:
    """The word to the sender that nobody outside saw the mail, with the mail to answer instead."""
    relayed = [row for row in _letters_to(c, case, event.sender) if row.name in PASSED_ON]
    values = {
        "note": event.new_text.strip(),
        "answer_to": relayed[-1].subject if relayed else "",
        "written_at": relayed[-1].created_at if relayed else None,
    }
    return SendNotice(notice="staff/note_kept", to=(event.sender,), to_staff=True, values=values)


def _letters_to(c: Connection, case: Case, address: str) -> list[NoticeRow]:
    return [row for row in notice.list_of_case(c, case.number) if address in row.to]


def _repeats(body: str, lines: Sequence[str]) -> bool:
    said = [bare for line in lines if len(bare := _bare(line)) >= FEWEST_LETTERS]
    return bool(said) and sum(one in body for one in said) >= SURELY * len(said)


def _bare(text: str) -> str:
    """Letters and digits alone: mail programs wrap and mark what they quote."""
    return "".join(filter(str.isalnum, text))
