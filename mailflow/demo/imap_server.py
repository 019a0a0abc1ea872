"""An IMAP server of our own with a mailbox for each account, on a free loopback port. Mails live in memory and end with it.

What it does not do: TLS, quotas, anything durable. It keeps no keywords, so mailflow marks stored mail with `\\Seen`.
"""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Identity
from pymap.imap import IMAPServer, IMAPService
from pymap.user import UserMetadata
from pysasl.hashing import BuiltinHash

HOST = "127.0.0.1"


class _Config(Config):
    @property
    def greeting(self) -> bytes:
        """Without the machine's full name: asking for it may wait for a name server that is not there."""
        return b"mailflow demo"


def _arguments() -> Namespace:
    parser = ArgumentParser()
    IMAPService.add_arguments(parser)
    DictBackend.add_subparser("dict", parser.add_subparsers())
    parser.set_defaults(debug=False, passlib_cfg=None)
    return parser.parse_args(["--no-tls", "dict"])


async def start_imap_server(accounts: Mapping[str, str]) -> asyncio.Server:
    """Listen on the running loop; `accounts` maps user names to passwords. Log-ins are cheap: the passwords guard nothing."""
    config = _Config.from_args(_arguments(), hash_context=BuiltinHash(rounds=1))
    backend, _ = await _backend(config)
    config.apply_context()
    for user, password in accounts.items():
        hashed = config.hash_context.hash(password)
        await Identity(user, backend.login, None, frozenset()).set(UserMetadata(config, user, password=hashed))
    reader = ProxyProtocolReader(config.proxy_protocol)
    return await asyncio.start_server(reader.get_callback(IMAPServer(backend.login, config)), host=HOST, port=0)


async def _backend(config: Config) -> tuple[DictBackend, Config]:
    from pymap.backend.dict import Login

    return DictBackend(Login(config), config), config
