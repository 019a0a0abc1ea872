"""The mail servers of the story's little world: SMTP for everybody, IMAP for the mailboxes that are read. Both on loopback.

Mail to a mailbox passes the border and is appended over IMAP before SMTP says 250; mail to people is kept as they received it.
What it does not do: refuse anybody, relay to the outside.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import smtplib
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from mailflow.demo.border import stamp, write_bounce
from mailflow.demo.imap_server import HOST, start_imap_server

PATIENCE = 20.0
"""Seconds that a server of this machine may take for one answer."""
LINE_END = re.compile(rb"\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One mail to one recipient: its place in the order of all, when it was taken, and for which of mailflow's mailboxes ('' for none)."""

    number: int
    at: datetime
    envelope_from: str
    recipient: str
    mailbox: str
    raw: bytes


class PostOffice:
    """Starts its servers when entered. `accounts` maps IMAP users (addresses) to passwords; `read` are those that mailflow reads.

    `vanished` addresses bounce. `clock` gives the moment at which a mail is taken (its INTERNALDATE).
    """

    def __init__(
        self,
        accounts: Mapping[str, str],
        *,
        read: Collection[str],
        vanished: Collection[str],
        authserv_id: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._accounts, self._read, self._vanished = accounts, frozenset(read), frozenset(vanished)
        self._authserv_id, self._clock = authserv_id, clock
        self._carried: list[Carried] = []
        self._clients: dict[str, imaplib.IMAP4] = {}
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="post office", daemon=True)
        self.smtp_port = self.imap_port = 0

    def __enter__(self) -> PostOffice:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.shutdown()
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def carried(self, after: int = 0) -> list[Carried]:
        """Everything that was carried after a number, in order."""
        with self._lock:
            return self._carried[after:]

    def send(self, raw: bytes, *, envelope_from: str, to: Collection[str]) -> None:
        """Hand a mail in as a person's mail client does: over SMTP. It lies in the mailbox when this returns."""
        with smtplib.SMTP(HOST, self.smtp_port, local_hostname="client.example", timeout=PATIENCE) as client:
            client.sendmail(envelope_from, list(to), LINE_END.sub(b"\r\n", raw))

    async def _start(self) -> None:
        self._imap = await start_imap_server(self._accounts)
        handler = SimpleNamespace(handle_DATA=self._carry)
        self._smtp = await self._loop.create_server(lambda: SMTP(handler, hostname="demo.invalid", loop=self._loop), host=HOST, port=0)
        self.imap_port = self._imap.sockets[0].getsockname()[1]
        self.smtp_port = self._smtp.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._imap.close()
        self._smtp.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _carry(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Takes a whole mail from the SMTP server; its answer to the sender."""
        content: Any = envelope.content
        sender = (envelope.mail_from or "").strip("<>")
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self._take, bytes(content), sender, recipient.lower())
        return "250 2.0.0 Ok: carried"

    def _take(self, raw: bytes, sender: str, recipient: str) -> None:
        address = bare_address(recipient)
        inside = address in self._read
        kept = stamp(raw, authserv_id=self._authserv_id, envelope_from=sender, at=self._clock()) if inside else raw
        self._note(sender, recipient, address if inside else "", kept)
        if address in self._accounts:
            self._append(address, kept)
        if address in self._vanished and sender:
            self._take(self._bounce(raw, recipient), "", sender)

    def _note(self, sender: str, recipient: str, mailbox: str, raw: bytes) -> None:
        with self._lock:
            number = len(self._carried) + 1
            self._carried.append(
                Carried(number=number, at=self._clock(), envelope_from=sender, recipient=recipient, mailbox=mailbox, raw=raw)
            )

    def _bounce(self, raw: bytes, recipient: str) -> bytes:
        server = f"mx.{recipient.rpartition('@')[2]}"
        return write_bounce(raw, recipient=recipient, at=self._clock(), server=server, number=len(self._carried))

    def _append(self, address: str, raw: bytes) -> None:
        """One connection a mailbox, kept open; the library speaks for one thread at a time."""
        with self._lock:
            client = self._clients.get(address) or self._clients.setdefault(address, self._log_in(address))
            answer, detail = client.append("INBOX", "", imaplib.Time2Internaldate(self._clock()), raw)
        if answer != "OK":
            raise OSError(f"the IMAP server did not take the mail: {detail}")

    def _log_in(self, address: str) -> imaplib.IMAP4:
        client = imaplib.IMAP4(HOST, self.imap_port, PATIENCE)
        # Or each mail waits 40 ms for the acknowledgement of its first half.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(address, self._accounts[address])
        return client


def bare_address(address: str) -> str:
    """Without the part after the plus sign, which mail servers pass over (RFC 5233)."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
