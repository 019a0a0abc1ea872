"""A calendar entry for a day on which something is due (RFC 5545), as an attachment that any calendar opens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from icalendar import Alarm, Calendar, Component, Event

from mailflow.notices.environment import clean_text


def build_deadline_calendar(uid: str, title: str, day: date, description: str, *, sequence: int, at: datetime) -> bytes:
    """Write an all-day event, the same bytes for the same values.

    With the same `uid` and a greater `sequence` it replaces an earlier entry (RFC 5546 2.1.4); `at` is when it was written.
    """
    title, description = clean_text(title), clean_text(description)
    alarm = _component(Alarm(), action="DISPLAY", description=title, trigger=timedelta(days=-1))
    event = _component(
        Event(), uid=clean_text(uid), sequence=sequence, dtstamp=at.astimezone(UTC).replace(microsecond=0), dtstart=day,
        dtend=day + timedelta(days=1), summary=title, description=description, transp="TRANSPARENT",
    )  # fmt: skip
    event.add_component(alarm)
    calendar = _component(Calendar(), version="2.0", prodid="-//mailflow//deadline//EN", calscale="GREGORIAN", method="PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical(sorted=False))


def _component(component: Component, **properties: str | int | date | timedelta) -> Component:
    for name, value in properties.items():
        component.add(name, value)
    return component
