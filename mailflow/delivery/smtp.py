"""An SMTP server as relay (RFC 5321). The only file that knows the client library.

Speaks each command itself, so that every answer has one meaning, and knows exactly whether the final dot had left. Connections are
kept open between mails. What it does not do: retry, remember or decide what an outcome means for the mail.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException

from mailflow import failpoint
from mailflow.delivery.relay import Ambiguous, Outcome, OwnFault, PermanentFailure, Sent, TemporaryFailure, classify
from mailflow.delivery.settings import RelaySettings
from mailflow.delivery.wire import dot_stuffed, envelope_parameters, why_unsendable, with_normal_line_ends

_TROUBLE = (SMTPException, OSError, asyncio.TimeoutError)
_PIECE = 65_536


@dataclass(slots=True)
class _Line:
    """One connection and when it was last of use (monotonic clock)."""

    client: aiosmtplib.SMTP
    used_at: float
    mails: int = 0


@dataclass(slots=True)
class _Dialogue:
    """One try on one line: what is known when it breaks."""

    line: _Line
    data_begun: bool = False
    dot_sent: bool = False


class _Broken(Exception):
    """The server answered something that ends this try."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason if not isinstance(outcome, Sent) else outcome.response)
        self.outcome = outcome


class SmtpRelay:
    """Implements `Relay`. Bound to the event loop in which it is first used."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._free: list[_Line] = []
        self._places = asyncio.Semaphore(settings.connections)
        self._busy = 0
        self._refused: tuple[float, str] = (0.0, "")

    async def send(
        self,
        envelope_from: str,
        recipient: str,
        raw: bytes,
        on_data: Callable[[], Awaitable[None]] | None = None,
        *,
        envelope_id: str = "",
    ) -> Outcome:
        body = with_normal_line_ends(raw)
        reason = why_unsendable(envelope_from, recipient, body)
        if reason:
            return PermanentFailure(reason)
        await self._places.acquire()
        try:
            while True:
                line = await self._line()
                if not isinstance(line, _Line):
                    return line
                self._busy += 1
                try:
                    outcome = await self._try(line, envelope_from, recipient, body, on_data, envelope_id)
                finally:
                    self._busy -= 1
                if outcome is not None:
                    return outcome
        finally:
            self._places.release()

    async def close(self) -> None:
        lines, self._free = self._free, []
        for line in lines:
            await _hang_up(line)

    async def probe(self) -> Outcome:
        """Connect, secure, log in and hang up, for `mailflow check`. `Sent` carries the server's extensions."""
        line = await self._open()
        if not isinstance(line, _Line):
            return line
        extensions = " ".join(sorted(line.client.esmtp_extensions))
        await _hang_up(line)
        return Sent(extensions)

    async def _line(self) -> _Line | Outcome:
        """A kept connection or a new one. A server that allows us fewer than we want gets fewer."""
        line: _Line | Outcome | None
        while True:
            self._busy += 1
            try:
                line = None
                while self._free and line is None:
                    kept = self._free.pop()
                    # Older ones are dropped: a server or a firewall may have forgotten them.
                    if kept.client.is_connected and time.monotonic() - kept.used_at < self._settings.keep_open:
                        line = kept
                    else:
                        kept.client.close()
                line = line or await self._open()
            finally:
                self._busy -= 1
            if not isinstance(line, TemporaryFailure):
                return line
            if not self._free:
                if self._busy == 0:
                    return line
                # Others have connections or are about to: this place is given up, and one of theirs is waited for.
                await self._places.acquire()

    async def _open(self) -> _Line | Outcome:
        until, reason = self._refused
        if time.monotonic() < until:
            return OwnFault(reason)
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.local_hostname,
            timeout=settings.command_timeout,
            use_tls=settings.tls == "tls",
            # None would try STARTTLS and go on in clear when somebody took the offer away.
            start_tls=settings.tls == "starttls",
            tls_context=settings.context() if settings.tls != "none" else None,
        )
        try:
            await client.connect(timeout=settings.connect_timeout)
            await client.ehlo()
            if settings.token is not None:
                await client.auth_xoauth2(settings.user, await asyncio.to_thread(settings.token))
            elif settings.user:
                await client.login(settings.user, settings.password)
        except _TROUBLE as error:
            client.close()
            return self._not_connected(error)
        return _Line(client, time.monotonic())

    def _not_connected(self, error: Exception) -> Outcome:
        where = f"{self._settings.host}:{self._settings.port}"
        if isinstance(error, SMTPResponseException) and error.code >= 500 and not isinstance(error, aiosmtplib.SMTPConnectError):
            self._refused = (time.monotonic() + self._settings.refused_pause, f"{where} refuses us: {error.code} {error.message}")
            return OwnFault(self._refused[1])
        if isinstance(error, SMTPResponseException):
            return TemporaryFailure(f"{where}: {error.code} {error.message}", relay_down=True)
        if isinstance(error.__cause__ or error, ssl.SSLError):
            return OwnFault(f"{where}: TLS failed: {error}")
        if isinstance(error, OSError):
            return TemporaryFailure(f"{where}: {error}", relay_down=True)
        # What the library says in words only: no STARTTLS, no AUTH, no common method.
        return OwnFault(f"{where}: {error}")

    async def _try(
        self, line: _Line, sender: str, recipient: str, body: bytes, on_data: Callable[[], Awaitable[None]] | None, envelope_id: str
    ) -> Outcome | None:
        """One mail on one connection. None: a connection that had been kept turned out dead before anything was said."""
        dialogue = _Dialogue(line)
        named = False
        try:
            found = envelope_parameters(line.client.esmtp_extensions, sender, recipient, body, envelope_id)
            if isinstance(found, str):
                raise _Broken(PermanentFailure(found))
            of_mail, of_rcpt = found
            await self._command(dialogue, "MAIL", b"MAIL", b"FROM:" + _bracketed(sender), *of_mail)
            named = True
            await failpoint.reach_in_loop("smtp.after_mail")
            await self._command(dialogue, "RCPT", b"RCPT", b"TO:" + _bracketed(recipient), *of_rcpt)
            await failpoint.reach_in_loop("smtp.after_rcpt")
            if on_data is not None:
                await on_data()
            outcome = await self._offer(dialogue, dot_stuffed(body))
        except _Broken as broken:
            if not named and line.mails > 0 and (not line.client.is_connected or _said_421(broken.outcome)):
                line.client.close()
                return None
            outcome = broken.outcome
        except _TROUBLE as error:
            line.client.close()
            if not named and line.mails > 0:
                return None
            reason = str(error) or type(error).__name__
            if dialogue.dot_sent:
                return Ambiguous(f"no answer to the final dot: {reason}")
            return TemporaryFailure(f"the connection broke: {reason}", before_data=not dialogue.data_begun)
        except BaseException:
            line.client.close()
            raise
        await self._keep(line, outcome)
        return outcome

    async def _command(self, dialogue: _Dialogue, stage: str, *words: bytes) -> SMTPResponse:
        """One command; raises `_Broken` unless the server agrees."""
        response = await dialogue.line.client.execute_command(*words, timeout=self._settings.command_timeout)
        wanted = 354 if stage == "DATA" else 250
        if response.code != wanted and not (stage == "RCPT" and response.code == 251):
            raise _Broken(classify(stage, response.code, response.message))
        return response

    async def _offer(self, dialogue: _Dialogue, stuffed: bytes) -> Outcome:
        """DATA to the answer to the final dot."""
        client = dialogue.line.client
        await self._command(dialogue, "DATA", b"DATA")
        dialogue.data_begun = True
        protocol = client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        for start in range(0, len(stuffed), _PIECE):
            if start:
                await failpoint.reach_in_loop("smtp.mid_data")
            protocol.write(stuffed[start : start + _PIECE])
            await self._flushed(client)
        if len(stuffed) <= _PIECE:
            await failpoint.reach_in_loop("smtp.mid_data")
        # From the write on nobody can say whether the server has seen the dot.
        dialogue.dot_sent = protocol.is_connected
        protocol.write(b".\r\n")
        # The reader must stand before the loop runs again: an answer without a reader is thrown away.
        answer = asyncio.ensure_future(protocol.read_response(timeout=self._settings.dot_timeout))
        try:
            await asyncio.sleep(0)
            await failpoint.reach_in_loop("smtp.after_dot")
            response = await answer
        finally:
            answer.cancel()
        if response.code != 250:
            return classify("DOT", response.code, response.message)
        await failpoint.reach_in_loop("smtp.after_250")
        return Sent(str(response))

    async def _flushed(self, client: aiosmtplib.SMTP) -> None:
        """Wait until the kernel has taken what was written, so that a break before the dot is known as such."""
        deadline = time.monotonic() + self._settings.data_timeout
        while isinstance(client.transport, asyncio.WriteTransport) and client.transport.get_write_buffer_size() > 0:
            if not client.is_connected:
                break
            if time.monotonic() > deadline:
                raise aiosmtplib.SMTPTimeoutError("the server stopped reading the mail")
            await asyncio.sleep(0.002)
        if not client.is_connected:
            raise aiosmtplib.SMTPServerDisconnected("the server hung up within the mail")

    async def _keep(self, line: _Line, outcome: Outcome) -> None:
        """Keep a connection that is in order; after a refusal the envelope is cleared first."""
        if isinstance(outcome, Ambiguous) or _said_421(outcome):
            line.client.close()
        if not isinstance(outcome, Sent) and line.client.is_connected:
            try:
                await line.client.rset(timeout=self._settings.command_timeout)
            except _TROUBLE:
                line.client.close()
        if line.client.is_connected:
            line.mails += 1
            line.used_at = time.monotonic()
            self._free.append(line)


def _said_421(outcome: Outcome) -> bool:
    return isinstance(outcome, TemporaryFailure) and outcome.reason.startswith("421")


def _bracketed(address: str) -> bytes:
    return b"<" + address.encode() + b">"


async def _hang_up(line: _Line) -> None:
    with suppress(*_TROUBLE):
        await line.client.quit(timeout=2)
    line.client.close()
