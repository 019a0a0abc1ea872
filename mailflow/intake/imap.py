"""An IMAP mailbox as a source of mail (RFC 9051, RFC 3501). The only file that knows the client library.

Addresses messages by UID only, reads with BODY.PEEK, and depends on no flag. What it does not do: decide whether a mail is new
to the desk; that is the caller's table.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from mailflow.intake.imap_batch import batches
from mailflow.intake.imap_guard import keep_alive, limit_literals
from mailflow.intake.imap_idle import idle
from mailflow.intake.imap_login import ImapAccount, log_in, verifying_context
from mailflow.intake.source import STORED_KEYWORD, FetchedMail, KnownUids, SourceUnavailable

_log = logging.getLogger(__name__)

_SIZES_AT_ONCE = 500
# A SEARCH answer is one line, and imaplib refuses lines of a million octets; a UID takes eleven at most.
_UIDS_A_SEARCH = 80_000
_LITERAL_SLACK = 1_000_000
_BODY, _HEADER = b"BODY[]", b"BODY[HEADER]"
# The libraries raise or stumble with these over lines that are no IMAP; each means "this connection is of no more use".
_TROUBLE = (IMAPClientError, OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


class ImapSource:
    """Implements `Source`. Connects, logs in and selects when made; raises `SourceUnavailable` or `LoginRefused`."""

    def __init__(self, account: ImapAccount) -> None:
        self._account = account
        self._client: Any = None
        self._stopped = False
        self._next_uid = 1
        self._unfetchable: set[int] = set()
        self._refuses_writing = False
        try:
            with self._operation("connect"):
                self._client = self._connect()
                log_in(self._client, account)
                self._client.normalise_times = False
                self._select()
        except BaseException:
            self._stopped = True
            self.close()
            raise

    def fetch_new(self, known: KnownUids) -> Iterator[tuple[FetchedMail, ...]]:
        with self._operation("search"):
            candidates = [uid for uid in self._search_from(self._next_uid) if uid not in self._unfetchable]
        for start in range(0, len(candidates), _SIZES_AT_ONCE):
            some = candidates[start : start + _SIZES_AT_ONCE]
            stored = set(known(self.uidvalidity, some))
            fresh = [uid for uid in some if uid not in stored]
            with self._operation("sizes"):
                answers = self._client.fetch(fresh, ["RFC822.SIZE"])
                sizes = {uid: int(items[b"RFC822.SIZE"]) for uid, items in answers.items() if b"RFC822.SIZE" in items}
            for batch in batches(fresh, sizes, self._account.max_size):
                mails = self._fetch(batch, sizes)
                if mails:
                    yield mails
            # Only now: a caller that breaks off must meet the rest again.
            self._next_uid = some[-1] + 1

    def acknowledge(self, uids: Sequence[int]) -> list[int]:
        wanted = sorted(uids)
        if self._account.read_only or self._account.after_storing == "nothing" or not wanted:
            return wanted
        if self._refuses_writing:
            return []
        try:
            with self._operation("acknowledge"):
                if self._account.after_storing != "flag":
                    self._move(wanted, self._account.after_storing.removeprefix("move:"))
                elif self._stored_flag:
                    self._ask(self._client.add_flags, wanted, [self._stored_flag], silent=True)
        except _Refused as refused:
            _log.warning("%s: the server refused to mark stored mail: %s", self._account.user, refused)
            return []
        return wanted

    def wait(self, seconds: float) -> bool:
        with self._operation("wait", extra=seconds):
            if self._client.has_capability("IDLE"):
                return idle(self._client, seconds)
            # Without IDLE: listen to the dead line for `poll_interval`, then look.
            readable = self._client._poll_socket(self._client.socket(), min(seconds, self._account.poll_interval))
            self._client.noop()
            return bool(readable) or seconds >= self._account.poll_interval

    def list_uids(self) -> list[int]:
        with self._operation("search"):
            return self._search_from(1)

    def interrupt(self) -> None:
        self._stopped = True
        self._shut()

    def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(*_TROUBLE):
            if not self._stopped:
                client._timeout = SocketTimeout(1, 1)
                client._set_read_timeout()
                client.logout()
        with suppress(*_TROUBLE):
            client.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self._stopped = True
        self.close()

    def _connect(self) -> IMAPClient:
        account = self._account
        client = IMAPClient(
            account.host,
            account.port,
            ssl=account.tls == "tls",
            ssl_context=verifying_context(account.tls_context) if account.tls == "tls" else None,
            timeout=SocketTimeout(account.connect_timeout, account.read_timeout),
        )
        try:
            # No protocol trace, so that no log level can show a credential; and no literal beyond what we would ask for.
            client._imap.debug = 0
            limit_literals(client._imap, account.max_size + _LITERAL_SLACK)
            keep_alive(client.socket())
            if account.tls == "starttls":
                client.starttls(verifying_context(account.tls_context))
        except BaseException:
            with suppress(*_TROUBLE):
                client.shutdown()
            raise
        return client

    def _select(self) -> None:
        folder, read_only = self._account.folder, self._account.read_only
        try:
            selected = self._client.select_folder(folder, readonly=read_only)
        except IMAPClient.ReadOnlyError:
            _log.warning("%s: the server opens %s read-only; stored mail will not be marked", self._account.user, folder)
            self._refuses_writing = True
            selected = self._client.select_folder(folder, readonly=True)
        self.uidvalidity: int = selected[b"UIDVALIDITY"]
        self._end = int(selected.get(b"UIDNEXT", 1))
        self._stored_flag = _stored_flag(selected.get(b"PERMANENTFLAGS", ()))

    @contextmanager
    def _operation(self, name: str, extra: float = 0.0) -> Iterator[None]:
        """Turn every trouble into `SourceUnavailable`, and end an operation that a slow server drags out."""
        overdue = threading.Event()

        def break_off() -> None:
            overdue.set()
            self._shut()

        timer = threading.Timer(self._account.operation_limit + extra, break_off)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (SourceUnavailable, _Refused):
            raise
        except _TROUBLE as error:
            said = (str(error) or type(error).__name__).encode("ascii", "backslashreplace").decode()[:500]
            reason = "took too long" if overdue.is_set() else "interrupted" if self._stopped else said
            raise SourceUnavailable(f"{self._account.user} on {self._account.host}, {name}: {reason}") from error
        finally:
            timer.cancel()

    def _shut(self) -> None:
        client = self._client
        if client is not None:
            with suppress(*_TROUBLE):
                # The plain socket's method: SSLSocket.shutdown would pull the TLS state from under the reading thread.
                socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)

    def _search_from(self, first: int) -> list[int]:
        """List UIDs from `first` on, ascending: what SELECT knew of in ranges, then whatever came since."""
        self._client.noop()
        found: set[int] = set()
        low = first
        while low < self._end:
            high = min(low + _UIDS_A_SEARCH, self._end) - 1
            found.update(self._client.search(["UID", f"{low}:{high}"]))
            low = high + 1
        found.update(self._client.search(["UID", f"{low}:*"]))
        # `n:*` is answered with the last message even when its UID is below n.
        return sorted(uid for uid in found if uid >= first)

    def _fetch(self, uids: Sequence[int], sizes: dict[int, int]) -> tuple[FetchedMail, ...]:
        oversize = sizes.get(uids[0], 0) > self._account.max_size
        wanted, key = ("BODY.PEEK[HEADER]", _HEADER) if oversize else ("BODY.PEEK[]", _BODY)
        with self._operation("fetch"):
            answers = self._client.fetch(list(uids), ["INTERNALDATE", wanted])
        mails = []
        for uid in uids:
            items = answers.get(uid, {})
            content = items.get(key)
            if not isinstance(content, bytes) or (not content and sizes.get(uid, 0) > 0):
                _log.info("%s: message %d was gone before it was fetched", self._account.user, uid)
                self._unfetchable.add(uid)
                continue
            date = items.get(b"INTERNALDATE")
            mails.append(
                FetchedMail(
                    uidvalidity=self.uidvalidity,
                    uid=uid,
                    received_at=date.astimezone(UTC) if isinstance(date, datetime) and date.tzinfo else None,
                    raw=None if oversize else content,
                    size=sizes.get(uid, len(content)) if oversize else len(content),
                    headers=content if oversize else b"",
                )
            )
        return tuple(mails)

    def _move(self, uids: list[int], folder: str) -> None:
        if self._client.has_capability("MOVE"):
            self._into(folder, self._client.move, uids)
            return
        self._into(folder, self._client.copy, uids)
        self._ask(self._client.add_flags, uids, ["\\Deleted"], silent=True)
        # A plain EXPUNGE would take what others marked; without UIDPLUS the mark has to do.
        if self._client.has_capability("UIDPLUS"):
            self._ask(self._client.uid_expunge, uids)

    def _into(self, folder: str, command: Callable[..., object], uids: list[int]) -> None:
        try:
            self._ask(command, uids, folder)
        except _Refused as refused:
            if "TRYCREATE" not in str(refused):
                raise
            self._ask(self._client.create_folder, folder)
            self._ask(command, uids, folder)

    def _ask(self, command: Callable[..., object], *arguments: object, **options: object) -> None:
        """Give a command whose refusal (NO) leaves the connection in order."""
        try:
            command(*arguments, **options)
        except IMAPClient.AbortError:
            raise
        except IMAPClientError as error:
            raise _Refused(str(error)) from error


class _Refused(Exception):
    """The server said NO to a command that we can do without."""


def _stored_flag(permanent: Sequence[bytes]) -> str:
    """Choose the flag that says "stored": our keyword where the server keeps it, else `\\Seen`, else none."""
    names = {flag.lower() for flag in permanent}
    if b"\\*" in names or STORED_KEYWORD.lower().encode() in names:
        return STORED_KEYWORD
    return "\\Seen" if b"\\seen" in names else ""
