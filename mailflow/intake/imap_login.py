"""Which server, how it is protected, and how we say who we are. Speaks to a connected client; opens no connection itself."""

from __future__ import annotations

import ipaddress
import json
import ssl
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from mailflow.intake.source import InsecureConnection, LoginRefused, SourceUnavailable

TlsMode = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """One mailbox on one server.

    `token` fetches a fresh OAuth 2 access token (then `password` is not used). `after_storing`: `flag` (keyword
    `$MailflowStored`, or `\\Seen` where the server keeps no keywords), `move:FOLDER` or `nothing`. `max_size` is in octets;
    of a larger message only the header is fetched. `read_only` opens the folder with EXAMINE and changes nothing. Times are in seconds.
    """

    host: str
    port: int
    user: str
    password: str = field(default="", repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)
    tls: TlsMode = "tls"
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)
    folder: str = "INBOX"
    after_storing: str = "flag"
    read_only: bool = False
    max_size: int = 30_000_000
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    operation_limit: float = 180.0
    poll_interval: float = 30.0

    def __post_init__(self) -> None:
        if self.tls == "none" and not is_loopback(self.host):
            raise InsecureConnection(f"{self.host}: reading mail without TLS is allowed on this machine's loopback only")
        if self.after_storing not in {"flag", "nothing"} and not self.after_storing.removeprefix("move:").strip():
            raise ValueError("after_storing is `flag`, `move:FOLDER` or `nothing`")
        if self.after_storing not in {"flag", "nothing"} and not self.after_storing.startswith("move:"):
            raise ValueError(f"after_storing is `flag`, `move:FOLDER` or `nothing`, not {self.after_storing!r}")


def is_loopback(host: str) -> bool:
    """Tell whether a host names this machine without asking the network."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def verifying_context(given: ssl.SSLContext | None) -> ssl.SSLContext:
    """Make the TLS context: chain and host name are verified unless the caller made a context that does otherwise."""
    if given is not None:
        return given
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def log_in(client: Any, account: ImapAccount) -> None:
    """Authenticate an IMAPClient. Raises `LoginRefused` when the credential is wrong, `SourceUnavailable` for any other reason.

    RFC 5530: UNAVAILABLE, LIMIT and INUSE say "later", not "wrong".
    """
    try:
        if account.token is not None:
            _log_in_by_token(client, account.user, account.token())
        elif client.has_capability("AUTH=PLAIN"):
            # Base64 carries any character, and nothing in it can end the command line.
            client.plain_login(account.user, account.password)
        elif client.has_capability("LOGINDISABLED"):
            raise SourceUnavailable("the server offers no way to log in on this connection (LOGINDISABLED)")
        else:
            client.login(_quoted(account.user), _printable(account.password))
    except client.Error as error:
        text = str(error)
        # The library dresses a broken connection as a failed log-in too; only a spoken NO is a refusal.
        if isinstance(error, client.AbortError) or isinstance(error.__context__, client.AbortError):
            raise SourceUnavailable(f"log-in: {text}") from error
        if any(code in text.upper() for code in ("[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "[SERVERBUG]", "[CONTACTADMIN]")):
            raise SourceUnavailable(f"log-in: {text}") from error
        raise LoginRefused(f"log-in of {account.user} refused: {text}") from error


def _log_in_by_token(client: Any, user: str, token: str) -> None:
    """Log in by XOAUTH2; the reason of a refusal comes as a challenge in JSON, which must be answered with an empty line."""
    challenges: list[bytes] = []

    def respond(challenge: bytes) -> bytes:
        if challenge:
            challenges.append(challenge)
            return b""
        return f"user={user}\1auth=Bearer {token}\1\1".encode()

    try:
        client.sasl_login("XOAUTH2", respond)
    except client.Error as error:
        if not challenges:
            raise
        raise LoginRefused(f"log-in of {user} by token refused: {_challenge_text(challenges[-1])}") from error


def _challenge_text(challenge: bytes) -> str:
    try:
        decoded = json.loads(challenge if challenge.lstrip().startswith(b"{") else b64decode(challenge))
    except ValueError:
        return challenge.decode("ascii", "replace")
    return json.dumps(decoded, sort_keys=True)


def _printable(value: str) -> str:
    """Let a value into a command line: characters that could end it are refused (CVE-2025-15366)."""
    if not value.isascii() or not value.isprintable():
        raise SourceUnavailable("user or password has characters that LOGIN cannot carry, and the server offers no AUTH=PLAIN")
    return value


def _quoted(value: str) -> str:
    escaped = _printable(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
