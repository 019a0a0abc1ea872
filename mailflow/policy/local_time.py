"""Local times to instants, safe on the nights when clocks change (T4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a wall-clock time.

    A time that comes twice (clocks go back) is the first of the two. A time that does not come (clocks go forward) is
    the instant of the change, so that a window never loses time that the wall shows.
    """
    wall = datetime.combine(day, at, tzinfo=zone)
    first = wall.replace(fold=0).astimezone(UTC)
    second = wall.replace(fold=1).astimezone(UTC)
    if first <= second:
        return first
    return _change_between(second, first, zone)


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the zone's offset changes, to the second; low lies before it, high not."""
    before = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)
