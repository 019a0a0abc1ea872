"""A TCP proxy on loopback that can cut, swallow or delay what passes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class FaultProxy:
    """Stands between a client and `target_port`. Faults take effect for bytes that arrive after they were set."""

    host = "127.0.0.1"

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._closed = threading.Event()
        self.accepted = 0
        self.swallow = False
        """Drop all bytes both ways and keep the connections open: a half-open network."""
        self.cut_down_after: int | None = None
        """Cut a connection once so many octets went from server to client on it."""
        self.cut_at: bytes | None = None
        """Cut when the client's bytes contain this; they are passed on to the server first, its answer is not."""
        self.delay = 0.0
        self.sent_up = bytearray()
        """All that clients sent, over all connections."""
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut all connections."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _shut(pair)

    def close(self) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                server = socket.create_connection((self.host, self._target), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            pair = (client, server)
            self._pairs.append(pair)
            threading.Thread(target=self._pump_up, args=pair, daemon=True).start()
            threading.Thread(target=self._pump_down, args=pair, daemon=True).start()

    def _pump_up(self, client: socket.socket, server: socket.socket) -> None:
        seen = b""
        for data in _read(client):
            if self.swallow:
                continue
            self.sent_up += data
            seen = (seen + data)[-4096:]
            with contextlib.suppress(OSError):
                if self.cut_at is not None and self.cut_at in seen:
                    # The answer must not overtake the cut: the way down is closed before the bytes go up.
                    _shut((client,))
                    server.sendall(data)
                    time.sleep(0.3)
                    break
                server.sendall(data)
        _shut((client, server))

    def _pump_down(self, client: socket.socket, server: socket.socket) -> None:
        passed = 0
        for data in _read(server):
            if self.swallow:
                continue
            if self.delay:
                time.sleep(self.delay)
            limit = self.cut_down_after
            kept = data if limit is None else data[: max(0, limit - passed)]
            passed += len(kept)
            try:
                client.sendall(kept)
            except OSError:
                # The server must still get what the client already sent.
                return
            if limit is not None and passed >= limit:
                break
        _shut((client, server))


def _read(source: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data


def _shut(pair: tuple[socket.socket, ...]) -> None:
    for one in pair:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def run_proxy(target_port: int) -> Iterator[FaultProxy]:
    proxy = FaultProxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()
