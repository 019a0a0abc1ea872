"""Waiting for news on an IMAP connection (RFC 2177) without losing a wake-up and without trusting a dead line.

Works on the private reader of the client library: imaplib reads ahead into a buffer that `poll` cannot see, and the library takes
an end of file in IDLE for "nothing happened".
"""

from __future__ import annotations

import contextlib
import ssl
import time
from typing import Any

from mailflow.intake.source import SourceUnavailable

# Untagged answers that bring no mail: our own flag changes and the server's "still here".
_NO_NEWS = frozenset({b"OK", b"FETCH", b"FLAGS", b"EXPUNGE", b"VANISHED"})


def idle(client: Any, seconds: float) -> bool:
    """Wait in IDLE for at most `seconds`. True when mail may have come. Raises `SourceUnavailable` when the connection is dead."""
    begun = time.monotonic()
    client.idle()
    news: list[Any] = []
    while not news and not has_buffered(client):
        left = seconds - (time.monotonic() - begun)
        if left <= 0:
            break
        answers = client.idle_check(timeout=left)
        # Only an end of file makes the check return nothing before its time.
        if not answers and time.monotonic() - begun < seconds - 0.05:
            raise SourceUnavailable("the server closed the connection during IDLE")
        news += _significant(answers)
    news += _significant(client.idle_done()[1])
    return bool(news)


def has_buffered(client: Any) -> bool:
    """Tell whether bytes of the server wait in the library's own buffer.

    A message that arrives between SEARCH and IDLE often comes in one segment with the `+ idling`, and is then read ahead.
    """
    reader = client._imap
    if getattr(reader, "_readbuf", None):  # Python 3.14 and later
        return True
    connection = client.socket()
    connection.setblocking(False)
    try:
        return bool((getattr(reader, "_file", None) or reader.file).peek(1))
    except (BlockingIOError, ssl.SSLWantReadError, AttributeError):
        return False
    finally:
        connection.setblocking(True)
        client._set_read_timeout()


def _significant(answers: list[Any]) -> list[Any]:
    for answer in answers:
        if answer and answer[0] == b"BYE":
            raise SourceUnavailable(f"the server said BYE: {_text(answer[1:])}")
    return [answer for answer in answers if answer and _NO_NEWS.isdisjoint(part for part in answer[:2] if isinstance(part, bytes))]


def _text(parts: Any) -> str:
    with contextlib.suppress(Exception):
        return b" ".join(parts).decode("utf-8", "replace")
    return repr(parts)
