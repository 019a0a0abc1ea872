"""Read a stored mail once: everything that handling wants to know of it before a case is looked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from mailflow.handling.office import Office
from mailflow.message.customer_line import CustomerLine, read_customer_lines
from mailflow.message.extract import extract_request, read_answers
from mailflow.message.forms.pdf_form import read_pdf_form
from mailflow.message.forms.text_form import read_text_form
from mailflow.message.forms.xlsx_form import read_xlsx_form
from mailflow.message.forwarded import without_forwarding_lines
from mailflow.message.model import Attachment, Authentication, Extracted, Mail, Nature, ReturnNotification
from mailflow.message.nature import find_nature
from mailflow.message.parse import parse_mail
from mailflow.message.reply import without_quotations
from mailflow.message.reply_words import BEGIN_FORWARDED, FORWARDED, HEADER_FROM, ORIGINAL
from mailflow.message.sender import read_authentication
from mailflow.policy.case_address import without_token
from mailflow.policy.desk import Desk

FEWEST_REPEATED = 3
"""Lines of a mail of ours that make an answer a quotation of it."""

XLSX = b"PK\x03\x04"
PDF = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail with its nature and what our border server said of its sender."""

    mail: Mail
    nature: Nature
    authentication: Authentication


def read(raw: bytes, office: Office, desk: Desk) -> Reading:
    """Raises UnreadableMail. What comes from a mailbox of another desk of ours is no echo: desks write to each other (DK1)."""
    mail = parse_mail(raw)
    mailboxes = {box.address for box in desk.mailboxes}
    own = mailboxes | {one.address for one in mail.senders if without_token(one.address) in mailboxes}
    return Reading(mail, find_nature(mail, frozenset(own)), read_authentication(mail, office.authserv_id))


def find_return_notification(mail: Mail, new_text: str, today: date, language: str) -> ReturnNotification | None:
    """The filled PDF or XLSX, else the same fields as text (RM4). `today` and `language` tell what "yesterday" is."""
    forms = (_read_form(attachment) for attachment in mail.attachments)
    return next((form for form in forms if form is not None), None) or read_text_form(new_text, today=today, language=language)


def find_request(mail: Mail, known_serials: Callable[[str], bool], *, answers_question: bool) -> Extracted:
    """What the mail says of its request (IN4), the sender's own words first.

    An answer to our question is also read under the quoted names (IN5); a mail that opens a request also in what it forwards.
    """
    body = mail.text or mail.alternative_text
    own = extract_request(mail.subject, without_quotations(body), known_serials=known_serials)
    if answers_question:
        return _filled(read_answers(body), own)
    whole = extract_request(mail.subject, without_forwarding_lines(body), known_serials=known_serials)
    return _filled(whole, own) if FORWARDED.match(mail.subject) else _filled(own, whole)


def before_quotation(mail: Mail, new_text: str) -> str:
    """The part of the new text that stands before anything quoted: the only place for orders of staff (contract: Staff commands)."""
    body = [line.rstrip() for line in (mail.text or mail.alternative_text).splitlines() if line.strip()]
    kept: list[str] = []
    at = 0
    for line in new_text.splitlines():
        if line.strip():
            if at >= len(body) or body[at] != line.rstrip():
                break
            at += 1
        kept.append(line)
    return "\n".join(kept)


def repeats(new_text: str, sent: str) -> bool:
    """Whether an answer quotes a mail of ours without any mark: one line in common may be the prepared answer that we offered."""
    said = {line.strip() for line in sent.splitlines() if line.strip()}
    return sum(line.strip() in said for line in new_text.splitlines() if line.strip()) >= FEWEST_REPEATED


def above_forwarded(text: str) -> str:
    """What stands above a mail that is passed on."""
    lines = text.splitlines()
    return "\n".join(lines[: next((at for at, line in enumerate(lines) if _begins_forwarded(line)), len(lines))])


def _begins_forwarded(line: str) -> bool:
    head = line[:500]
    return bool(BEGIN_FORWARDED.match(head) or ORIGINAL.match(head) or HEADER_FROM.match(head))


def _filled(first: Extracted, then: Extracted) -> Extracted:
    blanks = {one.name: getattr(then, one.name) for one in fields(Extracted) if not getattr(first, one.name)}
    return replace(first, **blanks)


def _read_form(attachment: Attachment) -> ReturnNotification | None:
    if attachment.content.startswith(PDF):
        return read_pdf_form(attachment.content)
    return read_xlsx_form(attachment.content) if attachment.content.startswith(XLSX) else None


def find_customer_lines(text: str, languages: Sequence[str], today: date, prefixes: Sequence[str]) -> tuple[CustomerLine, ...]:
    """The one-line answers, in the language of those in which most of them can be read (BX6, BX12)."""
    return max((read_customer_lines(text, language, today, prefixes) for language in languages), key=len, default=())
