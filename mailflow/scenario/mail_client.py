"""Mails as people's mail clients write them: fresh ones, and answers with threading headers, Reply-To and the quoted text."""

from __future__ import annotations

import email
import email.policy
import mimetypes
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import getaddresses

from mailflow.message.documents.pdf_form import fill_pdf_form
from mailflow.message.model import UnreadableMail
from mailflow.message.parse import parse_mail

SIGNER = "border.mailflow.invalid"
"""The authserv-id of the border server that rehearsals pretend to have; `.invalid` is nobody's (RFC 2606)."""


def write_mail(
    *, sender: str, to: Sequence[str], subject: str, body: str, at: datetime, message_id: str, cc: Sequence[str] = ()
) -> EmailMessage:
    """A fresh mail."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Subject"] = subject
    mail["Date"] = at
    mail["Message-ID"] = f"<{message_id}>"
    mail.set_content(body.rstrip("\n") + "\n")
    return mail


def write_answer(notice: bytes, *, sender: str, body: str, at: datetime, message_id: str) -> EmailMessage:
    """An answer to a notice: to its Reply-To, in its thread, with its text quoted below."""
    original = email.message_from_bytes(notice, policy=email.policy.default)
    answer_to = original["Reply-To"] or original["From"]
    subject = str(original["Subject"])
    part = original.get_body(("plain",))
    quoted = "\n".join(f"> {line}".rstrip() for line in (part.get_content() if part else "").splitlines())
    author = getaddresses([str(original["From"])])[0]
    stamp = original["Date"].datetime.strftime("%Y-%m-%d %H:%M")
    text = f"{body.rstrip()}\n\nOn {stamp}, {author[0] or author[1]} wrote:\n{quoted}\n"
    mail = write_mail(
        sender=sender,
        to=[address for _, address in getaddresses([str(answer_to)])],
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
        body=text,
        at=at,
        message_id=message_id,
    )
    references = f"{original['References'] or ''} {original['Message-ID']}".split()
    mail["In-Reply-To"] = str(original["Message-ID"])
    mail["References"] = " ".join(references)
    return mail


def attach(mail: EmailMessage, name: str, content: bytes) -> None:
    """Add a file, typed by its name."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    main, _, sub = kind.partition("/")
    mail.add_attachment(content, maintype=main, subtype=sub, filename=name)


def fill_form(notice: bytes, values: Mapping[str, str]) -> tuple[str, bytes]:
    """The PDF form attached to a notice, filled in: (name, content). Raises LookupError where it carries none, UnknownField."""
    original = email.message_from_bytes(notice, policy=email.policy.default)
    for part in original.iter_attachments():
        name = part.get_filename() or ""
        if part.get_content_type() == "application/pdf" and "label" not in name:
            return name, fill_pdf_form(part.get_content(), values)
    raise LookupError(f"the notice {str(original['Subject'])!r} has no PDF form to fill")


def stamp(raw: bytes, authenticated: bool) -> bytes:
    """What a border server of ours would add on top: its verdict on the sender (RFC 8601)."""
    domain = _author_domain(raw)
    verdict = f"dmarc=pass header.from={domain}" if authenticated and domain else f"dmarc=none{f' header.from={domain}' if domain else ''}"
    newline = b"\r\n" if b"\r\n" in raw[:2000] else b"\n"
    return f"Authentication-Results: {SIGNER}; {verdict}".encode() + newline + raw


def _author_domain(raw: bytes) -> str:
    """Of the first author, as handling will read it; '' where there is none."""
    try:
        return parse_mail(raw).sender.domain
    except UnreadableMail:
        return ""
