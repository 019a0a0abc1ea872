"""What protects us from a bad IMAP server: no memory for boundless answers, and a line that the kernel keeps watch over."""

from __future__ import annotations

import socket
from typing import Any


def limit_literals(reader: Any, limit: int) -> None:
    """Refuse a literal that is announced larger than anything we asked for, before memory is spent on it."""
    read = reader.read

    def read_limited(size: int) -> bytes:
        if size > limit:
            raise OSError(f"the server announced {size} octets in one piece")
        data: bytes = read(size)
        if len(data) < size:
            raise OSError("the connection ended within a message")
        return data

    reader.read = read_limited


def keep_alive(connection: socket.socket) -> None:
    """Let the kernel find a vanished peer within about two minutes."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4), ("TCP_USER_TIMEOUT", 90_000)):
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
