# ruff: noqa: N802  (aiosmtpd finds its hooks by these names)
"""Real SMTP servers: a recording one with faults by stage (aiosmtpd on a thread), and Postfix's own fault peer."""

from __future__ import annotations

import asyncio
import email
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.process import as_user, find_program, free_port, server_folder, server_user, start, stop, wait_for_port, wait_until


@dataclass(frozen=True, slots=True)
class Reception:
    """One mail that the server answered with 250 (or cut before it could)."""

    message_id: str
    envelope_from: str
    recipients: tuple[str, ...]
    raw: bytes
    mail_options: tuple[str, ...] = ()
    rcpt_options: tuple[str, ...] = ()


@dataclass
class Faults:
    """What the server does wrong. Answers are whole reply texts such as `451 4.7.1 later`; stages: MAIL, RCPT, DATA, DOT."""

    stages: dict[str, str] = field(default_factory=dict)
    recipients: dict[str, str] = field(default_factory=dict)
    cut_before: str = ""
    """Drop the connection in place of the answer to this stage; for DOT the mail is recorded first."""
    delay_dot: float = 0.0
    times: int = -1
    """How often the stage faults happen; -1: always."""

    def take(self, stage: str, recipient: str = "") -> str | None:
        """The fault for this stage, counted down: an answer, `cut`, or None."""
        if recipient in self.recipients:
            return self.recipients[recipient]
        if self.times == 0 or (stage not in self.stages and self.cut_before != stage):
            return None
        self.times -= 1
        return "cut" if self.cut_before == stage else self.stages[stage]


def _abort(server: SMTP) -> None:
    """Drop the connection without a word."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


class _Server(SMTP):
    """aiosmtpd with a place for faults before DATA's 354."""

    faults: Faults

    async def smtp_DATA(self, arg: str) -> None:
        fault = self.faults.take("DATA")
        if fault == "cut":
            _abort(self)
        elif fault is not None:
            await self.push(fault)
        else:
            await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    def _answer(self, server: SMTP, stage: str, recipient: str = "") -> str | None:
        fault = self._sink.faults.take(stage, recipient)
        if fault == "cut":
            _abort(server)
            return "421 4.3.0 gone"
        return fault

    async def handle_MAIL(self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        self._sink.connections.add(id(_session))
        fault = self._answer(server, "MAIL")
        if fault is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return fault or "250 2.1.0 Ok"

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        fault = self._answer(server, "RCPT", address)
        if fault is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return fault or "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        fault = self._sink.faults.take("DOT")
        if self._sink.faults.delay_dot:
            await asyncio.sleep(self._sink.faults.delay_dot)
        if fault is None or fault == "cut":
            self._sink.record(envelope)
        if fault == "cut":
            _abort(server)
        return fault or f"250 2.0.0 Ok: queued as {len(self._sink.receptions):08X}"


class _Controller(Controller):
    def __init__(self, *args: Any, faults: Faults, starttls_context: ssl.SSLContext | None, **kwargs: Any) -> None:
        self._faults = faults
        self._starttls_context = starttls_context
        super().__init__(*args, **kwargs)

    def factory(self) -> SMTP:
        with warnings.catch_warnings():
            # It warns of AUTH without TLS, which is on loopback here.
            warnings.simplefilter("ignore", UserWarning)
            server = _Server(self.handler, tls_context=self._starttls_context, **self.SMTP_kwargs)
        server.faults = self._faults
        return server


class SmtpSink:
    """Keeps what it received. `stop` and `start` keep the port and the receptions."""

    host = "127.0.0.1"

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
    ) -> None:
        self.port = free_port()
        self.faults = Faults()
        self.receptions: list[Reception] = []
        self.connections: set[int] = set()
        self._tls, self._starttls, self._login = tls, starttls, login
        self._lock = threading.Lock()
        self._controller: _Controller | None = None

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False)

    def start(self) -> None:
        options: dict[str, Any] = {"enable_SMTPUTF8": False, "decode_data": False, "data_size_limit": 40_000_000}
        if self._login is not None:
            # Loopback in a test: log-in without TLS is what some of them are about.
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        self._controller = _Controller(
            _Handler(self), hostname=self.host, port=self.port, ssl_context=self._tls,
            faults=self.faults, starttls_context=self._starttls, **options,
        )  # fmt: skip
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def record(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        message_id = email.message_from_bytes(envelope.content).get("Message-ID", "").strip()
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        options = (tuple(map(str, envelope.mail_options)), tuple(map(str, envelope.rcpt_options)))
        with self._lock:
            self.receptions.append(Reception(message_id, sender, tuple(map(str, envelope.rcpt_tos)), envelope.content, *options))

    def by_message_id(self) -> dict[str, list[Reception]]:
        with self._lock:
            found: dict[str, list[Reception]] = {}
            for reception in self.receptions:
                found.setdefault(reception.message_id, []).append(reception)
            return found

    def clear(self) -> None:
        with self._lock:
            self.receptions.clear()
            self.connections.clear()

    def wait_for(self, count: int, patience: float = 10.0) -> None:
        wait_until(lambda: len(self.receptions) >= count, patience, f"{count} receptions")


@contextmanager
def run_smtp_sink(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
) -> Iterator[SmtpSink]:
    """A recording server; with `login` it demands AUTH, with `starttls` it offers STARTTLS, with `tls` it speaks TLS from the start."""
    sink = SmtpSink(tls=tls, starttls=starttls, login=login)
    sink.start()
    try:
        yield sink
    finally:
        sink.stop()


@contextmanager
def run_postfix_sink(*options: str) -> Iterator[int]:
    """Postfix's `smtp-sink` with its own fault options (`-q .`, `-r rcpt`, `-f .`, `-w 5` and others). Yields the port."""
    port = free_port()
    user = server_user("nobody")
    program = find_program("smtp-sink", "postfix")
    with server_folder("sink", user) as folder:
        log = folder / "sink.log"
        process: subprocess.Popen[bytes] = start(as_user(user, [program, *options, f"127.0.0.1:{port}", "100"]), log, cwd=Path(folder))
        try:
            wait_for_port(port, process, log)
            yield port
        finally:
            stop(process)
