"""What the desk wrote, as it lies in people's own mailboxes: taken from the SMTP server, named with the database's help."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from tests.journeys.oracle import Oracle
from tests.servers.process import wait_until
from tests.servers.smtp import SmtpSink

PATIENCE = 30.0


class Letters:
    """Each notice is handed out once, in the order in which the server took them."""

    def __init__(self, sink: SmtpSink, oracle: Oracle) -> None:
        self._sink, self._oracle = sink, oracle
        self._opened: set[tuple[str, str]] = set()
        self._names: dict[str, str] = {}

    def next(self, notice: str, recipient: str) -> bytes:
        """The next notice of that name to a recipient, waited for."""
        found: list[bytes] = []

        def look() -> bool:
            for one in list(self._sink.receptions):
                key = (one.message_id, recipient)
                if recipient in one.recipients and key not in self._opened and self._name_of(one.message_id) == notice:
                    self._opened.add(key)
                    found.append(one.raw)
                    return True
            return False

        wait_until(look, PATIENCE, f"{notice} to {recipient}")
        return found[0]

    def unopened(self) -> list[tuple[str, str]]:
        """(notice, recipient) of everything that was never asked for."""
        received = [(one.message_id, recipient) for one in self._sink.receptions for recipient in one.recipients]
        return sorted(
            (self._name_of(message_id), recipient) for message_id, recipient in received if (message_id, recipient) not in self._opened
        )

    def _name_of(self, message_id: str) -> str:
        if message_id not in self._names:
            rows = self._oracle.rows("SELECT name FROM notice WHERE message_id = :id", id=message_id.strip("<>"))
            self._names[message_id] = str(rows[0][0]) if rows else "unknown"
        return self._names[message_id]


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def decoded(raw: bytes) -> bytes:
    """The mail as it is on the wire, and behind it the content of every part without its transfer encoding."""
    parts = (part.get_payload(decode=True) for part in parsed(raw).walk() if not part.is_multipart())
    return b"\n".join([raw, *(part for part in parts if isinstance(part, bytes))])


def attachments(raw: bytes) -> list[tuple[str, str]]:
    """(file name, media type)."""
    return [(part.get_filename() or "", part.get_content_type()) for part in parsed(raw).iter_attachments()]


def in_thread_of(raw: bytes) -> list[str]:
    """The Message-IDs of its References."""
    return str(parsed(raw)["References"] or "").split()
