"""A server whose lines are damaged at random: every session ends in mail or in `SourceUnavailable`, and soon."""

from __future__ import annotations

import random
import socket
import threading
import time

import pytest

from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.intake.source import FetchedMail, SourceUnavailable

MAIL = b"Subject: x\r\n"
HONEST: dict[bytes, list[bytes]] = {
    b"CAPABILITY": [b"* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE MOVE UIDPLUS"],
    b"SELECT": [
        b"* FLAGS (\\Seen)",
        b"* OK [PERMANENTFLAGS (\\Seen \\*)] x",
        b"* 2 EXISTS",
        b"* OK [UIDVALIDITY 7] x",
        b"* OK [UIDNEXT 3] x",
    ],
    b"SEARCH": [b"* SEARCH 1 2"],
    b"SIZE": [b"* 1 FETCH (UID 1 RFC822.SIZE 12)", b"* 2 FETCH (UID 2 RFC822.SIZE 12)"],
    b"PEEK": [
        b'* 1 FETCH (UID 1 INTERNALDATE "20-Nov-2026 08:05:07 +0000" BODY[] {12}\r\n' + MAIL + b")",
        b'* 2 FETCH (UID 2 INTERNALDATE "20-Nov-2026 08:05:07 +0000" BODY[] {12}\r\n' + MAIL + b")",
    ],
    b"STORE": [b"* 1 FETCH (UID 1 FLAGS (\\Seen))"],
}
ODD = [
    b"* BYE gone",
    b"* 1 EXPUNGE",
    b"* 99999999999 EXISTS",
    b"* VANISHED 1:3",
    b"* OK [ALERT] hi",
    b"* FETCH",
    b"* 1 FETCH (UID 1 BODY[] NIL)",
    b"* 1 FETCH (UID x",
    b"+ go",
    b"* \xff\xfe",
    b"* 1 FETCH " + b"(" * 2000,
    b"* SEARCH a b",
    b'* 1 FETCH (UID 1 INTERNALDATE "99-Foo-2026 99:99:99 +9999" BODY[] "")',
    b"* SEARCH 18446744073709551616",
    b"* 1 FETCH (UID 1 RFC822.SIZE NIL)",
    b"* 1 FETCH {5}\r\nabc",
    b"* 1 FETCH (UID 1 BODY[] {-5}\r\n)",
    b"* CAPABILITY",
    b"",
    b"*",
]


class HostileServer:
    """Honest in outline; each line may be bent, dropped, cut or preceded by an odd one."""

    def __init__(self, seed: int, harm: float) -> None:
        self._random, self._harm = random.Random(seed), harm
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
            connection.settimeout(3)
            with connection, connection.makefile("rb") as reader:
                connection.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE] hi\r\n")
                waiting = b""
                for line in reader:
                    tag = line.split(b" ")[0].strip()
                    if line.startswith(b"DONE") or (waiting and b" " not in line.strip()):
                        connection.sendall(waiting + b" OK [CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS] done\r\n")
                        waiting = b""
                    elif b"AUTHENTICATE" in line or b"IDLE" in line:
                        connection.sendall(b"+ \r\n")
                        waiting = tag
                    else:
                        honest = next((answers for word, answers in HONEST.items() if word in line), [])
                        connection.sendall(b"".join(self._damaged([*honest, tag + b" OK done"])))
        except OSError:
            return
        finally:
            self._listener.close()

    def _damaged(self, lines: list[bytes]) -> list[bytes]:
        chosen = self._random
        found = []
        for line in lines:
            bent = line
            if chosen.random() < self._harm:
                kind = chosen.randrange(4)
                if kind == 0:
                    at = chosen.randrange(len(line))
                    bent = line[:at] + bytes([chosen.randrange(256)]) + line[at + 1 :]
                elif kind == 1:
                    found.append(chosen.choice(ODD) + b"\r\n")
                elif kind == 2:
                    bent = line[: chosen.randrange(len(line))]
                else:
                    continue
            found.append(bent + b"\r\n")
        return found


def session(port: int) -> list[FetchedMail]:
    account = ImapAccount(host="127.0.0.1", port=port, user="tac", password="secret", tls="none", connect_timeout=0.2, read_timeout=0.2)
    with ImapSource(account) as source:
        found = [mail for batch in source.fetch_new(lambda _validity, _uids: ()) for mail in batch]
        source.acknowledge([mail.uid for mail in found])
        source.wait(0.1)
        return found


def test_without_damage_the_session_is_whole() -> None:
    assert [mail.raw for mail in session(HostileServer(0, 0.0).port)] == [MAIL, MAIL]


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_session_ends_in_order(seed: int) -> None:
    begun = time.monotonic()
    try:
        found = session(HostileServer(seed, 0.07).port)
    except SourceUnavailable:
        found = []
    assert len(found) <= 2
    assert time.monotonic() - begun < 3
