"""Read a stored mail once: everything that handling wants to know of it before a case is looked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial

from mailflow.handling.office import Office
from mailflow.message.answers import quotes_ours, read_typed
from mailflow.message.customer.customer_line import CustomerLine, read_customer_lines
from mailflow.message.customer.extract import extract_request
from mailflow.message.documents.pdf_form import read_pdf_form
from mailflow.message.documents.text_form import read_text_form
from mailflow.message.documents.xlsx_form import read_xlsx_form
from mailflow.message.forwarded import without_forwarding_lines
from mailflow.message.model import Attachment, Authentication, Extracted, Mail, Nature, ReturnNotification
from mailflow.message.nature import find_nature
from mailflow.message.parse import parse_mail
from mailflow.message.reply_words import ANSWERED, BEGIN_FORWARDED, FORWARDED, HEADER_FROM, ORIGINAL
from mailflow.message.sender import read_authentication
from mailflow.policy.case_address import without_token
from mailflow.policy.desk import Desk

_MOST_LINES = 4000
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


def find_return_notifications(mail: Mail, new_text: str, today: date, language: str) -> tuple[ReturnNotification, ...]:
    """Every filled PDF or XLSX, else the same fields as text (RM4). `today` and `language` tell what "yesterday" is.

    A form in both shapes counts once, and one that travels along unfilled beside a filled one announces nothing.
    """
    forms = [form for attachment in mail.attachments if (form := _read_form(attachment)) is not None]
    if filled := [form for form in forms if form.carrier or form.tracking] or forms:
        gists = [_gist(form) for form in filled]
        return tuple(form for at, form in enumerate(filled) if gists[at] not in gists[:at])
    typed = read_text_form(new_text, today=today, language=language)
    return (typed,) if typed else ()


def _gist(form: ReturnNotification) -> tuple[object, ...]:
    return form.rma, form.tracking, tuple((line.part_number, line.quantity, line.serial) for line in form.lines)


def find_request(
    mail: Mail,
    known_serials: Callable[[str], bool],
    nearly_serials: Callable[[str], bool],
    *,
    sent: Sequence[str] | None = None,
    answers_question: bool = False,
) -> Extracted:
    """What the mail says of its request (IN4): the sender's own words, and those of a mail that it passes on.

    `sent` are the texts of the case's letters that it may quote, None for a mail that opens a request. Nothing else that is quoted is
    read: the sender did not write it now (IN6). `answers_question`: answers may stand on and between our quoted lines (IN5).
    `known_serials` and `nearly_serials` as for extract_request.
    """
    extract = partial(extract_request, known_serials=known_serials, nearly_serials=nearly_serials)
    body = mail.text or mail.alternative_text
    letters = sent or ()
    passes_on = _passes_on(mail.subject, body) and not quotes_ours(body, letters)
    is_reply = bool(ANSWERED.match(mail.subject) or mail.in_reply_to)
    # The subject of a reply in a case is the one that we answered with.
    subject = "" if sent is not None and is_reply else mail.subject
    typed = read_typed(body, letters)
    if answers_question and not passes_on:
        # A direct answer first: behind the signature it would be taken for a part of that.
        return extract(subject, f"{typed.inside}\n\n{typed.words}")
    own = extract(subject, typed.words)
    if not passes_on and (is_reply or sent is not None):
        return own
    whole = extract(subject, without_forwarding_lines(body))
    return _filled(whole, own) if FORWARDED.match(mail.subject) else _filled(own, whole)


def _passes_on(subject: str, body: str) -> bool:
    return bool(FORWARDED.match(subject)) or any(BEGIN_FORWARDED.match(line[:500]) for line in body.split("\n")[:_MOST_LINES])


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
