"""An IMAP server of our own with a mailbox for each account, on a free loopback port. Mails live in memory and end with it.

What it does not do: TLS, quotas, anything durable. It keeps no keywords, so mailflow marks stored mail with `\\Seen`.
"""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Identity, Login
from pymap.imap import IMAPServer, IMAPService
from pymap.user import UserMetadata
from pysasl.hashing import BuiltinHash

HOST = "127.0.0.1"


class _Config(Config):
    @property
    def greeting(self) -> bytes:
        """Without the machine's full name: asking for it may wait for a name server that is not there."""
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

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


def _arguments() -> Namespace:
    parser = ArgumentParser()
    IMAPService.add_arguments(parser)
    DictBackend.add_subparser("dict", parser.add_subparsers())
    parser.set_defaults(debug=False, passlib_cfg=None)
    return parser.parse_args(["--no-tls", "dict"])


async def start_imap_server(accounts: Mapping[str, str]) -> asyncio.Server:
    """Listen on the running loop; `accounts` maps user names to passwords. Log-ins are cheap: the passwords guard nothing."""
    config = _Config.from_args(_arguments(), hash_context=BuiltinHash(rounds=1))
    backend = DictBackend(Login(config), config)
    config.apply_context()
    for user, password in accounts.items():
        hashed = config.hash_context.hash(password)
        await Identity(user, backend.login, None, frozenset()).set(UserMetadata(config, user, password=hashed))
    speak, kept = IMAPServer(backend.login, config), set[Any]()

    async def serve_kept(*arguments: Any) -> None:
        # The library starts this as a task that nobody holds: the garbage collector would end the connection.
        task = asyncio.current_task()
        kept.add(task)
        try:
            await speak(*arguments)
        finally:
            kept.discard(task)

    serve = ProxyProtocolReader(config.proxy_protocol).get_callback(serve_kept)

    async def serve_whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        whole: Any = _WholeAnswers(writer)
        await serve(reader, whole)

    return await asyncio.start_server(serve_whole, host=HOST, port=0)
