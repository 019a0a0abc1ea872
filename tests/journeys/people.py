"""What people write, as their mail programs send it."""

from __future__ import annotations

import email
import email.policy
import itertools
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses

from mailflow.scenario.mail_client import write_answer, write_mail

ANNA = "Anna Ionescu <anna@carpathia.example>"
MAREK = "Marek Nowak <marek@wisla.example>"
CSE = "Support Engineering <cse@tac.example>"
WAREHOUSE = "Receiving <warehouse@tac.example>"

ANNAS_SERIAL = "2102359583N0K8000017"
ANNAS_SECOND_SERIAL = "2102359583N0K8000018"
ANNAS_PART = "02359583"
MAREKS_SERIAL = "210305TYNCN0L3000123"

_numbers = itertools.count(1)


def _message_id(sender: str) -> str:
    return f"journey-{next(_numbers)}@{address_of(sender).rpartition('@')[2]}"


def write(sender: str, to: str, subject: str, body: str) -> EmailMessage:
    """A fresh mail."""
    return write_mail(sender=sender, to=(to,), subject=subject, body=body, at=datetime.now(UTC), message_id=_message_id(sender))


def request(sender: str, serial: str, symptoms: str = "The board restarts every ten minutes since this morning.") -> EmailMessage:
    """A request; without a serial number it is incomplete."""
    named = f"Serial number: {serial}\n" if serial else ""
    return write(sender, "tac@tac.example", "Board keeps restarting", f"Hello,\n\n{named}Symptoms: {symptoms}\n\nBest regards\n")


def follow_up(mail: EmailMessage, sender: str, body: str) -> EmailMessage:
    """A second mail in the thread of a mail that the desk has not answered yet."""
    second = write(sender, str(mail["To"]), f"Re: {mail['Subject']}", body)
    second["In-Reply-To"] = second["References"] = str(mail["Message-ID"])
    return second


def answer(notice: bytes, sender: str, body: str) -> EmailMessage:
    """An answer to a notice, in its thread, with its text quoted below."""
    return write_answer(notice, sender=sender, body=body, at=datetime.now(UTC), message_id=_message_id(sender))


def stamped(mail: EmailMessage, *, genuine: bool) -> bytes:
    """As it lies in the mailbox: our border server's verdict on the sender on top."""
    domain = address_of(str(mail["From"])).rpartition("@")[2]
    verdict = f"Authentication-Results: mx.tac.example; dmarc={'pass' if genuine else 'fail'} header.from={domain}\r\n"
    return verdict.encode() + mail.as_bytes(policy=email.policy.SMTP)


def mailbox_of(raw: bytes) -> str:
    """The mailbox that a mail server would put it in: its To without the part after a plus."""
    to = str(email.message_from_bytes(raw, policy=email.policy.compat32)["To"])
    local, _, domain = address_of(to).rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def address_of(header: str) -> str:
    return getaddresses([header])[0][1]
