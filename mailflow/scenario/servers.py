"""The mail servers of a demonstration: SMTP for everybody, IMAP for the mailboxes that are read. Both on loopback, mails in memory.

Mail to a mailbox passes the border and is appended over IMAP before SMTP says 250; mail to people is kept as they received it.
What they do not do: refuse anybody, relay to the outside, TLS, keywords (so mailflow marks stored mail with `\\Seen`).
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import smtplib
import socket
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session
from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, DictBackend, Identity, Login
from pymap.imap import IMAPServer, IMAPService
from pymap.user import UserMetadata
from pysasl.hashing import BuiltinHash

from mailflow.scenario.mail_client import author_domain, bare_address, stamp, write_bounce

HOST = "127.0.0.1"
PATIENCE = 20.0
"""Seconds that a server of this machine may take for one answer."""
LINE_END = re.compile(rb"\r?\n")


@dataclass(frozen=True, slots=True)
class Carried:
    """One mail to one recipient: when it was taken, and for which of the mailboxes that mailflow reads ('' for none)."""

    at: datetime
    recipient: str
    mailbox: str
    raw: bytes


class MailServers:
    """Starts its servers when entered. `accounts` are IMAP users (addresses), all with one password; `read` those that mailflow reads.

    Mail to `vanished` addresses bounces. `border` signs what our border server says; `clock` gives the moment at which a mail is taken.
    """

    def __init__(
        self,
        accounts: Collection[str],
        password: str,
        *,
        read: Collection[str],
        vanished: Collection[str],
        border: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._accounts, self._password, self._read, self._vanished = accounts, password, read, vanished
        self._border, self._clock = border, clock
        self._carried: list[Carried] = []
        self._clients: dict[str, imaplib.IMAP4] = {}
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail servers", daemon=True)
        self.smtp_port = self.imap_port = 0

    def __enter__(self) -> MailServers:
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
        """List everything that was carried after the first so many, in order."""
        with self._lock:
            return self._carried[after:]

    def send(self, raw: bytes, *, envelope_from: str, to: Collection[str]) -> None:
        """Hand a mail in as a person's mail client does: over SMTP. It lies in the mailbox when this returns."""
        with smtplib.SMTP(HOST, self.smtp_port, local_hostname="client.example", timeout=PATIENCE) as client:
            client.sendmail(envelope_from, list(to), LINE_END.sub(b"\r\n", raw))

    async def _start(self) -> None:
        self._imap = await start_imap_server(self._accounts, self._password)
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
        """Take a whole mail from the SMTP server; its answer to the sender."""
        raw, sender = envelope.original_content or b"", (envelope.mail_from or "").strip("<>")
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self._take, raw, sender, recipient.lower())
        return "250 2.0.0 Ok: carried"

    def _take(self, raw: bytes, sender: str, recipient: str) -> None:
        """Keep a mail, stamped where mailflow reads it: genuine is whose envelope and author are of one domain (DMARC in small)."""
        address, now = bare_address(recipient), self._clock()
        is_read = address in self._read
        if is_read:
            raw = stamp(raw, author_domain(raw) == sender.rpartition("@")[2].lower(), self._border)
        with self._lock:
            self._carried.append(Carried(now, recipient, address if is_read else "", raw))
            number = len(self._carried)
        if address in self._accounts:
            # One connection a mailbox, kept open; the library speaks for one thread at a time.
            with self._lock:
                if address not in self._clients:
                    client = self._clients[address] = imaplib.IMAP4(HOST, self.imap_port, PATIENCE)
                    # Or each mail waits 40 ms for the acknowledgement of its first half.
                    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    client.login(address, self._password)
                answer, detail = self._clients[address].append("INBOX", "", imaplib.Time2Internaldate(now), raw)
            if answer != "OK":
                raise OSError(f"the IMAP server did not take the mail: {detail}")
        if address in self._vanished and sender:
            self._take(write_bounce(raw, recipient=recipient, at=now, number=number), "", sender)


class _Config(Config):
    @property
    def greeting(self) -> bytes:
        """Greet without the machine's full name: asking for it may wait for a name server that is not there."""
        return b"mailflow demo"


class _WholeAnswers:
    """A stream writer that sends an answer in one piece. The library writes lines in pieces, and a client that reads between two
    of them takes the connection for broken."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer, self._pieces = writer, bytearray()

    def write(self, data: bytes) -> None:
        self._pieces += data

    async def drain(self) -> None:
        self._writer.write(bytes(self._pieces))
        self._pieces.clear()
        await self._writer.drain()

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._writer, name)
        return found


async def start_imap_server(accounts: Collection[str], password: str) -> asyncio.Server:
    """Listen on the running loop, with a mailbox for each user name. Log-ins are cheap: the password guards nothing."""
    parser = ArgumentParser()
    IMAPService.add_arguments(parser)
    DictBackend.add_subparser("dict", parser.add_subparsers())
    parser.set_defaults(debug=False, passlib_cfg=None)
    config = _Config.from_args(parser.parse_args(["--no-tls", "dict"]), hash_context=BuiltinHash(rounds=1))
    backend = DictBackend(Login(config), config)
    config.apply_context()
    for user in accounts:
        hashed = config.hash_context.hash(password)
        await Identity(user, backend.login, None, frozenset()).set(UserMetadata(config, user, password=hashed))
    speak = IMAPServer(backend.login, config)
    kept: set[asyncio.Task[None] | None] = set()

    async def serve_kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: SocketInfo) -> None:
        # The library starts this as a task that nobody holds: the garbage collector would end the connection.
        task = asyncio.current_task()
        kept.add(task)
        try:
            await speak(reader, writer, place)
        finally:
            kept.discard(task)

    serve = ProxyProtocolReader(config.proxy_protocol).get_callback(serve_kept)

    async def serve_whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, cast("asyncio.StreamWriter", _WholeAnswers(writer)))

    return await asyncio.start_server(serve_whole, host=HOST, port=0)
