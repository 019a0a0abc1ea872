"""What the border mail server of an installation does before mailflow sees a mail: its verdict on the sender, and bounces.

What it does not do: look at keys or name servers. Here a sender is genuine when envelope and author are of one domain.
"""

from __future__ import annotations

import email
import email.policy
from datetime import datetime
from email.message import EmailMessage, Message
from email.utils import format_datetime, parseaddr


def stamp(raw: bytes, *, authserv_id: str, envelope_from: str, at: datetime) -> bytes:
    """The mail with the server's own header lines on top (RFC 8601, RFC 5321 section 4.4); forged ones are taken off."""
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    author = parseaddr(str(mail.get("From", "")))[1].rpartition("@")[2].lower() or "unknown.invalid"
    verdict = "pass" if author == envelope_from.rpartition("@")[2].lower() else "fail"
    lines = (
        f"Return-Path: <{envelope_from}>",
        f"Authentication-Results: {authserv_id}; dmarc={verdict} header.from={author}",
        f"Received: from {author} by {authserv_id} with ESMTP; {format_datetime(at)}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode() + _without_forgeries(mail, raw, authserv_id)


def _without_forgeries(mail: Message, raw: bytes, authserv_id: str) -> bytes:
    """RFC 8601 section 5: what claims to be our own verdict and comes from outside goes."""
    values = mail.get_all("Authentication-Results", [])
    if not any(str(value).strip().lower().startswith(authserv_id.lower()) for value in values):
        return raw
    del mail["Authentication-Results"]
    return mail.as_bytes(policy=email.policy.SMTP)


def write_bounce(raw: bytes, *, recipient: str, at: datetime, server: str, number: int) -> bytes:
    """The report that a mail reached nobody (RFC 3464), for its envelope sender."""
    original = email.message_from_bytes(raw, policy=email.policy.default)
    report = EmailMessage(policy=email.policy.SMTP)
    report["From"] = f"Mail Delivery System <mailer-daemon@{server}>"
    report["To"] = str(original.get("Reply-To", original["From"]))
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = at
    report["Message-ID"] = f"<bounce-{number}@{server}>"
    report["Auto-Submitted"] = "auto-replied"
    report.set_content(f"Nobody lives at {recipient}. Your mail comes back with this one.\n")
    report.make_mixed()
    report.attach(_status(recipient, server))
    headers = EmailMessage(policy=email.policy.SMTP)
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        if original[name]:
            headers[name] = str(original[name])
    returned = EmailMessage(policy=email.policy.SMTP)
    returned.set_content(headers.as_string(), subtype="rfc822-headers")
    report.attach(returned)
    report.replace_header("Content-Type", 'multipart/report; report-type="delivery-status"; boundary="=_returned"')
    return report.as_bytes()


def _status(recipient: str, server: str) -> EmailMessage:
    status = EmailMessage(policy=email.policy.SMTP)
    status["Content-Type"] = "message/delivery-status"
    of_server, of_recipient = Message(policy=email.policy.SMTP), Message(policy=email.policy.SMTP)
    of_server["Reporting-MTA"] = f"dns; {server}"
    of_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    of_recipient["Action"] = "failed"
    of_recipient["Status"] = "5.1.1"
    of_recipient["Diagnostic-Code"] = "smtp; 550 5.1.1 User unknown"
    status.set_payload([of_server, of_recipient])
    return status
