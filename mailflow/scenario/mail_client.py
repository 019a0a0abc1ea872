"""Mails as people's mail clients write them: fresh ones, and answers with threading headers, Reply-To and the quoted text.

And what mail servers add on their way: our border's verdict on the sender, the report that a mail reached nobody.
"""

from __future__ import annotations

import email
import email.policy
import mimetypes
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses

from mailflow.message.documents.return_form import fill_pdf_form
from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import UnreadableMail

SIGNER = "border.mailflow.invalid"
"""The authserv-id of the border server that rehearsals pretend to have; `.invalid` is nobody's (RFC 2606)."""


def write_mail(
    *, sender: str, to: Sequence[str], subject: str, body: str, at: datetime, message_id: str, cc: Sequence[str] = ()
) -> EmailMessage:
    """Write a fresh mail."""
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


def write_answer(notice: bytes, *, sender: str, body: str, at: datetime, message_id: str, inline: bool = False) -> EmailMessage:
    """Write an answer to a notice: to its Reply-To, in its thread, with its text quoted below.

    With `inline` what follows a line `> words` of the body stands below the quoted line with these words. Raises LookupError.
    """
    original = email.message_from_bytes(notice, policy=email.policy.default)
    subject = str(original["Subject"])
    part = original.get_body(("plain",))
    quoted = [f"> {line}".rstrip() for line in (part.get_content() if part else "").splitlines()]
    author = getaddresses([str(original["From"])])[0]
    stamp = original["Date"].datetime.strftime("%Y-%m-%d %H:%M")
    if inline:
        body, quoted = _write_between(quoted, body)
    mail = write_mail(
        sender=sender,
        to=[address for _, address in getaddresses([str(original["Reply-To"] or original["From"])])],
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
        body="\n".join((body.rstrip(), "", f"On {stamp}, {author[0] or author[1]} wrote:", *quoted)),
        at=at,
        message_id=message_id,
    )
    references = f"{original['References'] or ''} {original['Message-ID']}".split()
    mail["In-Reply-To"] = str(original["Message-ID"])
    mail["References"] = " ".join(references)
    return mail


def _write_between(quoted: Sequence[str], body: str) -> tuple[str, list[str]]:
    """Split the body into what stands on top, and the quoted lines with the rest of it below those that it repeats."""
    top, *answers = re.split(r"(?m)^> *", body)
    between = list(quoted)
    for answer in answers:
        words, _, text = answer.partition("\n")
        place = next((number for number, line in enumerate(between) if line.startswith(">") and words.lower() in line.lower()), None)
        if place is None:
            raise LookupError(f"the notice does not say {words!r}")
        between[place + 1 : place + 1] = ["", *text.strip().splitlines(), ""]
    return top, between


def attach(mail: EmailMessage, name: str, content: bytes) -> None:
    """Add a file, typed by its name."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    main, _, sub = kind.partition("/")
    mail.add_attachment(content, maintype=main, subtype=sub, filename=name)


def fill_form(notice: bytes, values: Mapping[str, str]) -> tuple[str, bytes]:
    """Fill in the PDF form attached to a notice: (name, content). Raises LookupError where it carries none, UnknownField."""
    original = email.message_from_bytes(notice, policy=email.policy.default)
    for part in original.iter_attachments():
        name = part.get_filename() or ""
        if part.get_content_type() == "application/pdf" and "label" not in name:
            return name, fill_pdf_form(part.get_content(), values)
    raise LookupError(f"the notice {str(original['Subject'])!r} has no PDF form to fill")


def stamp(raw: bytes, authenticated: bool, signer: str = SIGNER) -> bytes:
    """Add on top what a border server of ours says of the sender (RFC 8601); forged lines in its name are taken off (section 5)."""
    domain = author_domain(raw)
    verdict = "pass" if authenticated and domain else "none"
    line = f"Authentication-Results: {signer}; dmarc={verdict}{f' header.from={domain}' if domain else ''}"
    mail = BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw)
    if any(str(value).strip().lower().startswith(signer.lower()) for value in mail.get_all("Authentication-Results", [])):
        del mail["Authentication-Results"]
        raw = mail.as_bytes(policy=email.policy.SMTP)
    return line.encode() + (b"\r\n" if b"\r\n" in raw[:2000] else b"\n") + raw


def author_domain(raw: bytes) -> str:
    """Read the domain of the first author, as handling will; '' where there is none."""
    try:
        return parse_mail(raw).sender.domain
    except UnreadableMail:
        return ""


def bare_address(address: str) -> str:
    """Take off the part after the plus sign, which mail servers pass over (RFC 5233)."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def write_bounce(raw: bytes, *, recipient: str, at: datetime, number: int) -> bytes:
    """Write the report that a mail reached nobody (RFC 3464), for its envelope sender."""
    original = email.message_from_bytes(raw, policy=email.policy.default)
    server = f"mx.{recipient.rpartition('@')[2]}"
    report = write_mail(
        sender=f"Mail Delivery System <mailer-daemon@{server}>",
        to=[str(original.get("Reply-To", original["From"]))],
        subject="Undelivered Mail Returned to Sender",
        body=f"Nobody lives at {recipient}. Your mail comes back with this one.",
        at=at,
        message_id=f"bounce-{number}@{server}",
    )
    report["Auto-Submitted"] = "auto-replied"
    status, of_server, of_recipient, headers, returned = EmailMessage(), Message(), Message(), EmailMessage(), EmailMessage()
    of_server["Reporting-MTA"] = f"dns; {server}"
    of_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    of_recipient["Action"], of_recipient["Status"] = "failed", "5.1.1"
    of_recipient["Diagnostic-Code"] = "smtp; 550 5.1.1 User unknown"
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([of_server, of_recipient])
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        if original[name]:
            headers[name] = str(original[name])
    returned.set_content(headers.as_string(), subtype="rfc822-headers")
    report.make_mixed()
    report.attach(status)
    report.attach(returned)
    report.replace_header("Content-Type", 'multipart/report; report-type="delivery-status"; boundary="=_returned"')
    return report.as_bytes()
