"""What of a mail its sender wrote: above what is passed on, before a quotation, between our quoted lines; and what that says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date
from functools import partial

from mailflow.message.answers import quotes_ours, read_typed, repeats
from mailflow.message.customer.one_line import CustomerLine, read_customer_lines
from mailflow.message.customer.request import extract_request
from mailflow.message.documents.pdf_form import read_pdf_form
from mailflow.message.documents.text_form import read_text_form
from mailflow.message.documents.xlsx_form import read_xlsx_form
from mailflow.message.forwarded import without_forwarding_lines
from mailflow.message.model import Extracted, Mail, ReturnNotification
from mailflow.message.reply import split_reply
from mailflow.message.reply_words import ANSWERED, BEGIN_FORWARDED, FORWARDED, HEADER_FROM, ORIGINAL

MOST_LINES = 4000
"""Lines of a mail in which the beginning of a forwarded one is looked for."""
FORM_READERS = {b"%PDF-": read_pdf_form, b"PK\x03\x04": read_xlsx_form}
"""By the first bytes of a file."""


def before_quotation(mail: Mail, new_text: str) -> str:
    """Cut the new text at the first thing quoted: only what stands before may give orders (contract: Staff commands)."""
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
    """Cut the text where a mail that is passed on begins."""
    lines = text.splitlines()
    heads = (line[:500] for line in lines)
    begins = (at for at, head in enumerate(heads) if BEGIN_FORWARDED.match(head) or ORIGINAL.match(head) or HEADER_FROM.match(head))
    return "\n".join(lines[: next(begins, len(lines))])


def find_new_text(body: str, rough: str, letters: Sequence[str], *, is_staff: bool) -> str:
    """Return the new text without unmarked copies of our letters, and with what a customer typed on and between their quoted lines (IN6).

    `rough` is the new text as the marks of mail programs tell it. Orders of staff never stand inside a quotation.
    """
    sent = [letter for letter in letters if repeats(rough, letter)]
    new_text = split_reply(body, sent).new_text if sent else rough
    inside = "" if is_staff or not letters else read_typed(body, letters).inside
    return "\n\n".join(filter(None, (new_text, inside)))


def find_request(
    mail: Mail,
    known_serials: Callable[[str], bool],
    nearly_serials: Callable[[str], bool],
    *,
    sent: Sequence[str] | None = None,
    answers_question: bool = False,
) -> Extracted:
    """Read what the mail says of its request (IN4): the sender's own words, and those of a mail that it passes on.

    `sent` are the texts of the case's letters that it may quote, None for a mail that opens a request. Nothing else that is quoted is
    read: the sender did not write it now (IN6). `answers_question`: answers may stand on and between our quoted lines (IN5).
    `known_serials` and `nearly_serials` as for extract_request.
    """
    extract = partial(extract_request, known_serials=known_serials, nearly_serials=nearly_serials)
    body = mail.text or mail.alternative_text
    letters = sent or ()
    begins = any(BEGIN_FORWARDED.match(line[:500]) for line in body.split("\n")[:MOST_LINES])
    passes_on = (bool(FORWARDED.match(mail.subject)) or begins) and not quotes_ours(body, letters)
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
    first, then = (whole, own) if FORWARDED.match(mail.subject) else (own, whole)
    return replace(first, **{one.name: getattr(then, one.name) for one in fields(Extracted) if not getattr(first, one.name)})


def find_return_notifications(mail: Mail, new_text: str, today: date, language: str) -> tuple[ReturnNotification, ...]:
    """Read every filled PDF or XLSX, else the same fields as text (RM4). `today` and `language` tell what "yesterday" is.

    A form in both shapes counts once, and one that travels along unfilled beside a filled one announces nothing.
    """
    read = (reader(one.content) for one in mail.attachments for mark, reader in FORM_READERS.items() if one.content.startswith(mark))
    forms = [form for form in read if form is not None]
    if filled := [form for form in forms if form.carrier or form.tracking] or forms:
        gists = [(form.rma, form.tracking, tuple((line.part_number, line.quantity, line.serial) for line in form.lines)) for form in filled]
        return tuple(form for at, form in enumerate(filled) if gists[at] not in gists[:at])
    typed = read_text_form(new_text, today=today, language=language)
    return (typed,) if typed else ()


def find_customer_lines(text: str, languages: Sequence[str], today: date, prefixes: Sequence[str]) -> tuple[CustomerLine, ...]:
    """Read the one-line answers in the language of those in which most of them can be read (BX6, BX12)."""
    return max((read_customer_lines(text, language, today, prefixes) for language in languages), key=len, default=())
