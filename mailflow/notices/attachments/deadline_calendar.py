"""A calendar entry for a day on which something is due (RFC 5545), as an attachment that any calendar opens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from mailflow.notices.environment import clean_text

LONGEST_LINE = 75
"""Octets of a content line (RFC 5545 3.1)."""


def build_deadline_calendar(uid: str, title: str, day: date, description: str, *, sequence: int, at: datetime) -> bytes:
    """An all-day event, the same bytes for the same values.

    With the same `uid` and a greater `sequence` it replaces an earlier entry (RFC 5546 2.1.4); `at` is when it was written.
    """
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//mailflow//deadline//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_escape(uid)}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escape(title)}",
        f"DESCRIPTION:{_escape(description)}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escape(title)}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return b"".join(_fold(line) for line in lines)


def _escape(text: str) -> str:
    """TEXT of RFC 5545 3.3.11."""
    cleaned = clean_text(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return cleaned.replace("\n", "\\n")


def _fold(line: str) -> bytes:
    """Lines of at most 75 octets, cut between whole characters."""
    pieces = [b""]
    for character in line:
        coded = character.encode("utf-8")
        if len(pieces[-1]) + len(coded) > LONGEST_LINE - (len(pieces) > 1):
            pieces.append(b"")
        pieces[-1] += coded
    return b"\r\n ".join(pieces) + b"\r\n"
