"""MaildirSource on real folders."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailflow.intake.maildir import MaildirSource, maildir_uid
from mailflow.intake.source import FetchedMail, SourceUnavailable

AT = datetime(2026, 11, 20, 8, 5, tzinfo=UTC)


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def deliver(maildir: Path, name: str, raw: bytes, place: str = "new") -> Path:
    path = maildir / place / name
    path.write_bytes(raw)
    os.utime(path, (AT.timestamp(), AT.timestamp()))
    return path


def nothing_known(_uidvalidity: int, _uids: Sequence[int]) -> Collection[int]:
    return ()


def fetch_all(source: MaildirSource) -> list[FetchedMail]:
    return [one for batch in source.fetch_new(nothing_known) for one in batch]


def test_new_and_current_mails_come_with_their_file_time(maildir: Path) -> None:
    deliver(maildir, "1.a.host", b"Subject: a\n\nx\n")
    deliver(maildir, "2.b.host:2,S", b"Subject: b\n\nx\n", "cur")
    with MaildirSource(maildir) as source:
        found = fetch_all(source)
    assert found == [
        FetchedMail(uidvalidity=1, uid=maildir_uid("1.a.host"), received_at=AT, raw=b"Subject: a\n\nx\n", size=14),
        FetchedMail(uidvalidity=1, uid=maildir_uid("2.b.host"), received_at=AT, raw=b"Subject: b\n\nx\n", size=14),
    ]


def test_the_uid_survives_the_move_to_cur_and_changes_of_flags() -> None:
    assert maildir_uid("1.a.host") == maildir_uid("1.a.host:2,") == maildir_uid("1.a.host:2,RS")
    assert 0 <= maildir_uid("1.a.host") < 2**63


def test_a_stored_mail_moves_to_cur_and_comes_no_more(maildir: Path) -> None:
    deliver(maildir, "1.a.host", b"Subject: a\n\n")
    with MaildirSource(maildir) as source:
        (mail,) = fetch_all(source)
        assert source.acknowledge([mail.uid]) == [mail.uid]
        assert fetch_all(source) == []
    assert [path.name for path in sorted(maildir.glob("*/*"))] == ["1.a.host:2,S"]


def test_a_stored_mail_moves_to_a_folder(maildir: Path) -> None:
    deliver(maildir, "1.a.host:2,F", b"Subject: a\n\n", "cur")
    with MaildirSource(maildir, after_storing="move:Stored") as source:
        (mail,) = fetch_all(source)
        source.acknowledge([mail.uid])
    assert [str(path.relative_to(maildir)) for path in maildir.rglob("1.*")] == [".Stored/cur/1.a.host:2,FS"]


def test_nothing_is_moved_when_nothing_is_wanted(maildir: Path) -> None:
    path = deliver(maildir, "1.a.host", b"Subject: a\n\n")
    with MaildirSource(maildir, after_storing="nothing") as source:
        (mail,) = fetch_all(source)
        assert source.acknowledge([mail.uid]) == [mail.uid]
    assert path.exists()


def test_known_mails_are_left_out(maildir: Path) -> None:
    deliver(maildir, "1.a.host", b"Subject: a\n\n")
    with MaildirSource(maildir) as source:
        assert list(source.fetch_new(lambda _validity, uids: set(uids))) == []


def test_an_oversize_mail_comes_as_headers_only(maildir: Path) -> None:
    deliver(maildir, "1.a.host", b"Subject: a\nTo: b\n\n" + b"x" * 5000)
    with MaildirSource(maildir, max_size=1000) as source:
        (mail,) = fetch_all(source)
    assert (mail.raw, mail.size, mail.headers) == (None, 5018, b"Subject: a\nTo: b\n\n")


def test_waiting_ends_with_a_new_mail(maildir: Path) -> None:
    with MaildirSource(maildir) as source:
        timer = threading.Timer(0.2, lambda: deliver(maildir, "1.a.host", b"Subject: a\n\n"))
        timer.start()
        begun = time.monotonic()
        assert source.wait(10) is True
        assert time.monotonic() - begun < 2
        assert len(fetch_all(source)) == 1


def test_waiting_ends_in_time_and_on_an_interrupt(maildir: Path) -> None:
    with MaildirSource(maildir) as source:
        assert source.wait(0.3) is False
        threading.Timer(0.1, source.interrupt).start()
        with pytest.raises(SourceUnavailable):
            source.wait(30)


def test_a_folder_that_is_no_maildir_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="not a Maildir"):
        MaildirSource(tmp_path)
