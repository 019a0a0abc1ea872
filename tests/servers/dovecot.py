"""A real Dovecot on loopback: plain IMAP and IMAP over TLS, any user, one password."""

from __future__ import annotations

import grp
import imaplib
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.servers.certificate import LOOPBACK_NAMES, Certificate, make_certificate
from tests.servers.process import as_user, find_program, free_port, server_folder, server_user, start, stop, wait_for_port

PASSWORD = "correct-horse"

_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = {name}
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = {tls_only}
auth_failure_delay = 0
mail_fsync = never
mail_max_userip_connections = {connections}
{extra}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  # Wrong passwords are part of the tests; their penalty would slow down every later one.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """One instance; `stop` and `start` keep its ports and mailboxes."""

    host = "127.0.0.1"
    password = PASSWORD

    def __init__(self, folder: Path, user: str, *, tls_only: bool = False, connections: int = 50, names: str = "", extra: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.tls_port = free_port()
        self.certificate: Certificate = make_certificate(folder, names or LOOPBACK_NAMES)
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._configuration = folder / "dovecot.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(
                folder=folder, name=folder.name, user=user, group=grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name,
                certificate=self.certificate.certificate, key=self.certificate.key, password=PASSWORD, port=self.port,
                tls_port=self.tls_port, tls_only="yes" if tls_only else "no", connections=connections, extra=extra,
            )
        )  # fmt: skip

    def start(self) -> None:
        program = find_program("dovecot", "dovecot-imapd")
        log = self.folder / "start.log"
        self._process = start(as_user(self._user, [program, "-F", "-c", str(self._configuration)]), log)
        wait_for_port(self.port, self._process, log)

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, group=True)
            self._process = None

    @contextmanager
    def session(self, user: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """A second client, as a human's webmail would be."""
        with imaplib.IMAP4(self.host, self.port, timeout=20) as client:
            client.login(user, PASSWORD)
            client.select(f'"{folder}"')
            yield client

    def deliver(self, user: str, raw: bytes, at: datetime | None = None, folder: str = "INBOX", flags: str = "") -> int:
        """Put one mail into a mailbox, with `at` as its INTERNALDATE. Its UID."""
        return self.deliver_all(user, [raw], at, folder, flags)[0]

    def deliver_all(
        self, user: str, raws: Sequence[bytes], at: datetime | None = None, folder: str = "INBOX", flags: str = ""
    ) -> list[int]:
        """As `deliver`, over one connection."""
        when = imaplib.Time2Internaldate(at) if at is not None else None
        uids = []
        with imaplib.IMAP4(self.host, self.port, timeout=20) as client:
            client.login(user, PASSWORD)
            for raw in raws:
                answer, data = client.append(f'"{folder}"', flags, when, raw)
                assert answer == "OK", data
                found = re.search(rb"APPENDUID \d+ (\d+)", data[0])
                assert found is not None, data
                uids.append(int(found[1]))
        return uids

    def create_folder(self, user: str, folder: str) -> None:
        with self.session(user) as client:
            client.create(f'"{folder}"')

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, frozenset[str]]:
        """Flags of every message by UID, without `\\Recent`."""
        with self.session(user, folder) as client:
            _, lines = client.uid("FETCH", "1:*", "(FLAGS)")
        found = (re.search(rb"UID (\d+) FLAGS \(([^)]*)\)", line) for line in lines if isinstance(line, bytes))
        return {int(match[1]): frozenset(match[2].decode().split()) - {"\\Recent"} for match in found if match}

    def uids(self, user: str, folder: str = "INBOX") -> list[int]:
        return sorted(self.flags(user, folder))

    def expunge(self, user: str, uids: Sequence[int]) -> None:
        with self.session(user) as client:
            client.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()

    def uidvalidity(self, user: str) -> int:
        with self.session(user) as client:
            return int(client.response("UIDVALIDITY")[1][0])

    def change_uidvalidity(self, user: str) -> int:
        """Give the user's INBOX a new UIDVALIDITY; messages and their UIDs stay. Stops and starts the server."""
        fresh = self.uidvalidity(user) + 1000
        self.stop()
        mailbox = self.folder / "mail" / user
        listing = mailbox / "dovecot-uidlist"
        listing.write_text(re.sub(r" V\d+ ", f" V{fresh} ", listing.read_text(), count=1))
        for index in mailbox.glob("dovecot.index*"):
            index.unlink()
        self.start()
        return fresh

    def remove_all(self) -> None:
        """Forget all mails of all users."""
        shutil.rmtree(self.folder / "mail", ignore_errors=True)


@contextmanager
def run_dovecot(*, tls_only: bool = False, connections: int = 50, names: str = "", extra: str = "") -> Iterator[Dovecot]:
    """A Dovecot of its own, ended with the block. `names`: what its certificate is for; `extra`: further configuration."""
    user = server_user("nobody")
    with server_folder("dovecot", user) as folder:
        server = Dovecot(folder, user, tls_only=tls_only, connections=connections, names=names, extra=extra)
        server.start()
        try:
            yield server
        finally:
            server.stop()
