"""Read a stored mail once: everything that handling wants to know of it before a case is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mailflow.handling.office import Office
from mailflow.message.customer_line import CustomerLine, read_customer_line
from mailflow.message.forms.pdf_form import read_pdf_form
from mailflow.message.forms.text_form import read_text_form
from mailflow.message.forms.xlsx_form import read_xlsx_form
from mailflow.message.model import Attachment, Authentication, Mail, Nature, ReturnNotification
from mailflow.message.nature import find_nature
from mailflow.message.parse import parse_mail
from mailflow.message.sender import read_authentication

XLSX = b"PK\x03\x04"
PDF = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail with its nature and what our border server said of its sender."""

    mail: Mail
    nature: Nature
    authentication: Authentication


def read(raw: bytes, office: Office) -> Reading:
    """Raises UnreadableMail."""
    mail = parse_mail(raw)
    return Reading(mail, find_nature(mail, office.own_addresses), read_authentication(mail, office.authserv_id))


def find_return_notification(mail: Mail, new_text: str) -> ReturnNotification | None:
    """The filled PDF or XLSX, else the same fields as text (RM4)."""
    forms = (_read_form(attachment) for attachment in mail.attachments)
    return next((form for form in forms if form is not None), None) or read_text_form(new_text)


def _read_form(attachment: Attachment) -> ReturnNotification | None:
    if attachment.content.startswith(PDF):
        return read_pdf_form(attachment.content)
    return read_xlsx_form(attachment.content) if attachment.content.startswith(XLSX) else None


def find_customer_line(text: str, languages: Sequence[str], today: date) -> CustomerLine | None:
    lines = (read_customer_line(text, language, today) for language in languages)
    return next((line for line in lines if line is not None), None)
