"""Which server takes our mail, how it is protected, and how long to wait for it."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


class InsecureRelay(ValueError):
    """The settings would send a credential in clear over a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """One SMTP server. Times are in seconds; `dot_timeout` is the wait for the answer to a whole mail (RFC 5321 section 4.5.3.2.6).

    `local_hostname` is our name in EHLO. `token` fetches a fresh OAuth 2 access token (then `password` is not used). `keep_open` is how
    long an unused connection is kept, `connections` how many at most, `refused_pause` how long we stay away after a refused log-in.
    """

    host: str
    port: int
    local_hostname: str
    tls: Literal["tls", "starttls", "none"] = "starttls"
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)
    connections: int = 2
    connect_timeout: float = 30.0
    command_timeout: float = 120.0
    data_timeout: float = 180.0
    dot_timeout: float = 600.0
    keep_open: float = 20.0
    refused_pause: float = 60.0

    def __post_init__(self) -> None:
        try:
            is_loopback = self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            is_loopback = False
        if self.tls == "none" and self.user and not is_loopback:
            raise InsecureRelay(f"{self.host}: logging in without TLS is allowed on this machine's loopback only")

    def context(self) -> ssl.SSLContext:
        """Verifies chain and host name, unless the caller gave a context that does otherwise."""
        return self.tls_context or ssl.create_default_context()
