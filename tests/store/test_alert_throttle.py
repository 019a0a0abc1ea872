"""Staff are told of a flood once (IN7)."""

from __future__ import annotations

from datetime import timedelta

from mailflow.store import notice
from mailflow.store.transaction import Database
from tests.store.rows import MINUTE, NOON

HOUR = timedelta(hours=1)


def test_a_thing_is_news_again_only_after_its_silence(database: Database) -> None:
    with database.write() as c:
        assert notice.take_alert(c, "d", "cap of a@b", NOON, HOUR)
        assert not notice.take_alert(c, "d", "cap of a@b", NOON + HOUR - MINUTE, HOUR)
        assert notice.take_alert(c, "d", "cap of a@b", NOON + HOUR, HOUR)
        assert not notice.take_alert(c, "d", "cap of a@b", NOON + HOUR + MINUTE, HOUR)


def test_each_desk_and_each_thing_is_told_for_itself(database: Database) -> None:
    with database.write() as c:
        assert [notice.take_alert(c, desk, about, NOON, HOUR) for desk in ("d", "e") for about in ("x", "y")] == [True] * 4
