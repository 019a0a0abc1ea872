"""What a mailbox must be able to do, whatever its protocol."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

STORED_KEYWORD = "$MailflowStored"
"""The IMAP keyword set on a mail that is safe in our database. Nothing depends on it; it is a courtesy to people and audits."""

KnownUids = Callable[[int, Sequence[int]], Collection[int]]
"""(UIDVALIDITY, UIDs) -> those of them that are stored already."""


class SourceUnavailable(Exception):
    """The mailbox cannot be read now; worth another try later. The text is the server's, or the network's."""


class LoginRefused(SourceUnavailable):
    """The server does not accept our credential. Trying fast would lock the account."""


class InsecureConnection(ValueError):
    """The settings would send a credential in clear over a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMail:
    """One message as the server has it.

    `received_at` is the moment the mail server got it (rule T3), aware UTC; None when the server does not say. `raw` is None for a
    message above the size limit, of which only the header block was fetched, into `headers`. `size` is in octets.
    """

    uidvalidity: int
    uid: int
    received_at: datetime | None
    raw: bytes | None
    size: int
    headers: bytes = b""


class Source(Protocol):
    """An open mailbox. Used by one thread; only `interrupt` may be called from another one.

    All methods raise `SourceUnavailable`; after that the source is of no more use and is closed.
    """

    @property
    def uidvalidity(self) -> int:
        """Name the numbering: UIDs mean the same as long as this number stays (RFC 9051 section 2.3.1.1)."""
        ...

    def fetch_new(self, known: KnownUids) -> Iterator[tuple[FetchedMail, ...]]:
        """Yield batches of messages that are not `known`, in order of arrival. The first call looks at the whole mailbox."""
        ...

    def acknowledge(self, uids: Sequence[int]) -> list[int]:
        """Tell the server that these are stored. Returns those it was told about (or that need no telling); a refusal is no error."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait until something happens in the mailbox, at most `seconds`. True when there is reason to look."""
        ...

    def list_uids(self) -> list[int]:
        """List all UIDs in the mailbox, ascending, for audits."""
        ...

    def interrupt(self) -> None:
        """Break off what the using thread waits for, at once. Safe from any thread, repeatable."""
        ...

    def close(self) -> None:
        """End the connection; never raises."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...
