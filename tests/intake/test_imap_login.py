"""What counts as a refused log-in, against servers that speak a script."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.intake.source import LoginRefused, SourceUnavailable

Script = Callable[[bytes, bytes, list[bytes]], list[bytes] | None]
"""(tag, line, lines before) -> answers, or None to hang up."""


class ScriptedServer:
    """An IMAP server that says what a script tells it, for answers that no honest server gives."""

    def __init__(self, script: Script, greeting: bytes = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2] ready") -> None:
        self._script, self._greeting = script, greeting
        self.lines: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as reader:
            connection.sendall(self._greeting + b"\r\n")
            for line in reader:
                tag = line.split(b" ")[0]
                answers = self._script(tag, line.rstrip(b"\r\n"), list(self.lines))
                self.lines.append(line.rstrip(b"\r\n"))
                if answers is None:
                    return
                connection.sendall(b"".join(answer + b"\r\n" for answer in answers))

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedServer]]:
    started: list[ScriptedServer] = []

    def start(script: Script, **options: bytes) -> ScriptedServer:
        started.append(ScriptedServer(script, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


def account(server: ScriptedServer, **changes: object) -> ImapAccount:
    options: dict[str, object] = {"user": "tac", "password": "secret", "read_timeout": 5.0, **changes}
    return ImapAccount(host="127.0.0.1", port=server.port, tls="none", **options)  # type: ignore[arg-type]  # a test's keywords


def answering(login: Callable[[bytes], list[bytes] | None], capabilities: bytes = b"IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2") -> Script:
    def script(tag: bytes, line: bytes, _before: list[bytes]) -> list[bytes] | None:
        if b"CAPABILITY" in line:
            return [b"* CAPABILITY " + capabilities, tag + b" OK done"]
        if b"AUTHENTICATE" in line or b"LOGIN" in line:
            return login(tag)
        return [tag + b" BAD what"]

    return script


@pytest.mark.parametrize("code", [b"[UNAVAILABLE] later", b"[LIMIT] too many", b"[INUSE] busy", b"[SERVERBUG] oops"])
def test_a_server_in_trouble_does_not_refuse_the_password(scripted: Callable[..., ScriptedServer], code: bytes) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        ImapSource(account(scripted(answering(lambda tag: [tag + b" NO " + code]))))
    assert not isinstance(caught.value, LoginRefused)


@pytest.mark.parametrize("code", [b"[AUTHENTICATIONFAILED] wrong", b"[EXPIRED] old", b"Login failed"])
def test_a_spoken_no_is_a_refusal(scripted: Callable[..., ScriptedServer], code: bytes) -> None:
    with pytest.raises(LoginRefused, match=code.decode().split("] ")[-1]):
        ImapSource(account(scripted(answering(lambda tag: [tag + b" NO " + code]))))


def test_a_connection_that_ends_during_log_in_is_no_refusal(scripted: Callable[..., ScriptedServer]) -> None:
    for ending in (lambda _tag: None, lambda _tag: [b"* BYE shutting down"]):
        with pytest.raises(SourceUnavailable) as caught:
            ImapSource(account(scripted(answering(ending)), read_timeout=0.5))
        assert not isinstance(caught.value, LoginRefused)


def test_a_refused_token_shows_the_reason_and_is_sent_once(scripted: Callable[..., ScriptedServer]) -> None:
    reason = base64.b64encode(json.dumps({"status": "400", "scope": "https://mail.test.example/"}).encode())

    def script(tag: bytes, line: bytes, before: list[bytes]) -> list[bytes] | None:
        if b"CAPABILITY" in line:
            return [b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2", tag + b" OK done"]
        if b"AUTHENTICATE" in line:
            return [b"+ "]
        if b"AUTHENTICATE" in before[-1]:
            return [b"+ " + reason]
        return [before[-2].split(b" ")[0] + b" NO AUTHENTICATE failed."]

    server = scripted(script)
    with pytest.raises(LoginRefused, match='"status": "400"'):
        ImapSource(account(server, token=lambda: "TOKEN"))
    sent = base64.b64encode(b"user=tac\1auth=Bearer TOKEN\1\1")
    assert [line for line in server.lines if line == sent] == [sent]


def test_a_line_end_in_a_user_name_never_reaches_the_server(scripted: Callable[..., ScriptedServer]) -> None:
    server = scripted(answering(lambda tag: [tag + b" OK done"], capabilities=b"IMAP4rev1"), greeting=b"* OK [CAPABILITY IMAP4rev1] ready")
    with pytest.raises(SourceUnavailable, match="characters that LOGIN cannot carry"):
        ImapSource(account(server, user='tac"\r\nA2 DELETE INBOX'))
    assert [line for line in server.lines if b"DELETE" in line] == []


def test_a_server_that_forbids_log_in_gets_no_password(scripted: Callable[..., ScriptedServer]) -> None:
    capabilities = b"IMAP4rev1 LOGINDISABLED"
    server = scripted(answering(lambda tag: [tag + b" OK done"], capabilities), greeting=b"* OK [CAPABILITY " + capabilities + b"] ready")
    with pytest.raises(SourceUnavailable, match="LOGINDISABLED"):
        ImapSource(account(server))
    assert [line for line in server.lines if b"secret" in line] == []


def test_a_session_that_claims_to_be_logged_in_before_starttls_is_left(scripted: Callable[..., ScriptedServer]) -> None:
    greeting = b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] welcome"
    server = scripted(answering(lambda tag: [tag + b" OK done"], b"IMAP4rev1 STARTTLS AUTH=PLAIN"), greeting=greeting)
    secured = ImapAccount(host="127.0.0.1", port=server.port, user="tac", password="secret", tls="starttls")
    with pytest.raises(SourceUnavailable):
        ImapSource(secured)
    assert [line for line in server.lines if b"AUTHENTICATE" in line or b"secret" in line] == []


def test_a_literal_beyond_all_limits_is_not_read(scripted: Callable[..., ScriptedServer]) -> None:
    def script(tag: bytes, line: bytes, _before: list[bytes]) -> list[bytes] | None:
        if b"AUTHENTICATE" in line:
            return [b"+ "]
        if b"SELECT" in line:
            return [b"* 1 EXISTS", b"* OK [UIDVALIDITY 7] ok", b"* OK [UIDNEXT 2] ok", tag + b" OK [READ-WRITE] done"]
        if b"SEARCH" in line:
            return [b"* SEARCH 1", tag + b" OK done"]
        if b"RFC822.SIZE" in line:
            return [b"* 1 FETCH (UID 1 RFC822.SIZE 10)", tag + b" OK done"]
        if b"BODY.PEEK" in line:
            return [b"* 1 FETCH (UID 1 BODY[] {2147483647}"]
        if b"CAPABILITY" in line:
            return [b"* CAPABILITY IMAP4rev1 AUTH=PLAIN", tag + b" OK done"]
        return [tag + b" OK done"]

    def with_login(tag: bytes, line: bytes, before: list[bytes]) -> list[bytes] | None:
        if before and b"AUTHENTICATE" in before[-1]:
            return [before[-1].split(b" ")[0] + b" OK done"]
        return script(tag, line, before) if b"NOOP" not in line else [tag + b" OK done"]

    with ImapSource(account(scripted(with_login))) as source, pytest.raises(SourceUnavailable, match="2147483647 octets"):
        list(source.fetch_new(lambda _validity, _uids: ()))


def test_a_folder_that_the_server_opens_read_only_is_read_and_its_mails_stay_untold(scripted: Callable[..., ScriptedServer]) -> None:
    def script(tag: bytes, line: bytes, before: list[bytes]) -> list[bytes] | None:
        if before and b"AUTHENTICATE" in before[-1]:
            return [before[-1].split(b" ")[0] + b" OK done"]
        if b"AUTHENTICATE" in line:
            return [b"+ "]
        if b"SELECT" in line or b"EXAMINE" in line:
            return [b"* 0 EXISTS", b"* OK [UIDVALIDITY 7] ok", b"* OK [UIDNEXT 2] ok", tag + b" OK [READ-ONLY] done"]
        if b"SEARCH" in line:
            return [b"* SEARCH", tag + b" OK done"]
        return [b"* CAPABILITY IMAP4rev1 AUTH=PLAIN", tag + b" OK done"]

    server = scripted(script)
    with ImapSource(account(server)) as source:
        assert list(source.fetch_new(lambda _validity, _uids: ())) == []
        assert source.acknowledge([1]) == []
    assert [line for line in server.lines if b"STORE" in line] == []
