"""A Maildir as a source of mail. It does not write into the folder except to move what is stored from `new` to `cur`."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from mailflow.intake.source import FetchedMail, KnownUids, SourceUnavailable

_log = logging.getLogger(__name__)

_BATCH = 50
_BATCH_OCTETS = 16_000_000
_HEADER_LIMIT = 256 * 1024
_LOOK_EVERY = 0.25


class MaildirSource:
    """Implements `Source` for a local Maildir folder.

    A message's UID is a 63-bit number made from the base of its file name, which is unique and survives the move to `cur` and
    changes of flags; UIDVALIDITY is always 1. `after_storing` is `flag` (move to `cur`, mark as seen), `move:FOLDER` (into the
    Maildir++ folder of that name) or `nothing`. `max_size` is in octets.
    """

    uidvalidity = 1

    def __init__(self, folder: Path, *, after_storing: str = "flag", max_size: int = 30_000_000) -> None:
        self._folder = folder
        self._after_storing = after_storing
        self._max_size = max_size
        self._seen: set[int] = set()
        self._stop = threading.Event()
        if not (folder / "new").is_dir() or not (folder / "cur").is_dir():
            raise SourceUnavailable(f"{folder} is not a Maildir: it has no new/ and cur/")

    def fetch_new(self, known: KnownUids) -> Iterator[tuple[FetchedMail, ...]]:
        paths = {uid: path for uid, path in self._list().items() if uid not in self._seen}
        known_ones = set(known(self.uidvalidity, sorted(paths)))
        self._seen |= known_ones
        batch: list[FetchedMail] = []
        for uid, path in sorted(paths.items(), key=lambda item: item[1].name):
            if uid in known_ones:
                continue
            mail = self._read(uid, path)
            if mail is not None:
                batch.append(mail)
            if len(batch) >= _BATCH or sum(len(one.raw or b"") for one in batch) > _BATCH_OCTETS:
                yield self._taken(batch)
                batch = []
        if batch:
            yield self._taken(batch)

    def acknowledge(self, uids: Sequence[int]) -> list[int]:
        if self._after_storing == "nothing":
            return list(uids)
        wanted = set(uids)
        done = list(wanted)
        for uid, path in self._list().items():
            if uid in wanted and not self._put_away(path):
                done.remove(uid)
        return sorted(done)

    def wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        before = self._stamp()
        while not self._stop.wait(_LOOK_EVERY):
            if self._stamp() != before:
                return True
            if time.monotonic() >= deadline:
                return False
        raise SourceUnavailable("interrupted")

    def list_uids(self) -> list[int]:
        return sorted(self._list())

    def interrupt(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self._stop.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _list(self) -> dict[int, Path]:
        try:
            names = [Path(entry.path) for name in ("new", "cur") for entry in os.scandir(self._folder / name) if entry.is_file()]
        except OSError as error:
            raise SourceUnavailable(f"{self._folder}: {error}") from error
        return {maildir_uid(path.name): path for path in names if not path.name.startswith(".")}

    def _stamp(self) -> tuple[int, int]:
        try:
            return ((self._folder / "new").stat().st_mtime_ns, (self._folder / "cur").stat().st_mtime_ns)
        except OSError as error:
            raise SourceUnavailable(f"{self._folder}: {error}") from error

    def _read(self, uid: int, path: Path) -> FetchedMail | None:
        try:
            status = path.stat()
            oversize = status.st_size > self._max_size
            with path.open("rb") as file:
                content = file.read(_HEADER_LIMIT if oversize else -1)
        except FileNotFoundError:
            _log.info("gone before it was read: %s", path.name)
            return None
        except OSError as error:
            raise SourceUnavailable(f"{path}: {error}") from error
        received_at = datetime.fromtimestamp(status.st_mtime, UTC)
        if oversize:
            return FetchedMail(
                uidvalidity=1, uid=uid, received_at=received_at, raw=None, size=status.st_size, headers=_header_block(content)
            )
        return FetchedMail(uidvalidity=1, uid=uid, received_at=received_at, raw=content, size=len(content))

    def _taken(self, batch: list[FetchedMail]) -> tuple[FetchedMail, ...]:
        self._seen.update(mail.uid for mail in batch)
        return tuple(batch)

    def _put_away(self, path: Path) -> bool:
        """Move a stored message where it belongs; False when the file system refuses."""
        target = self._folder / "cur"
        if self._after_storing.startswith("move:"):
            target = self._folder / f".{self._after_storing.removeprefix('move:')}" / "cur"
        elif path.parent == target:
            return True
        base, _, flags = path.name.partition(":2,")
        try:
            for name in ("cur", "new", "tmp"):
                (target.parent / name).mkdir(parents=True, exist_ok=True)
            path.rename(target / f"{base}:2,{''.join(sorted({*flags, 'S'}))}")
        except FileNotFoundError:
            return True
        except OSError as error:
            _log.warning("cannot put away %s: %s", path, error)
            return False
        return True


def maildir_uid(file_name: str) -> int:
    """Compute the UID of a Maildir file name: 63 bits of the hash of its base, the part before `:2,`."""
    base = file_name.partition(":2,")[0]
    return int.from_bytes(hashlib.sha256(os.fsencode(base)).digest()[:8]) >> 1


def _header_block(content: bytes) -> bytes:
    ends = [end for end in (content.find(b"\r\n\r\n"), content.find(b"\n\n")) if end >= 0]
    return content[: min(ends) + 2] if ends else content
