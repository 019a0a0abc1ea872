"""The calendar entry of a deadline (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from mailflow.notices.attachments.deadline_calendar import build_deadline_calendar

WRITTEN = datetime(2026, 11, 20, 14, 10, 5, tzinfo=UTC)


def lines_of(content: bytes) -> list[str]:
    return content.decode("utf-8").replace("\r\n ", "").split("\r\n")


def test_the_event_lasts_the_whole_day_and_is_published() -> None:
    lines = lines_of(build_deadline_calendar("RMA-1.1@tac.example", "RMA-1", date(2026, 12, 31), "Example TAC", sequence=3, at=WRITTEN))
    assert lines == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//mailflow//deadline//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "BEGIN:VEVENT",
        "UID:RMA-1.1@tac.example", "SEQUENCE:3", "DTSTAMP:20261120T141005Z", "DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101",
        "SUMMARY:RMA-1", "DESCRIPTION:Example TAC", "TRANSP:TRANSPARENT", "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:RMA-1",
        "TRIGGER:-P1D", "END:VALARM", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip


def test_text_is_escaped_and_starts_no_line_of_its_own() -> None:
    content = build_deadline_calendar(
        "u", "a; b, c\\d\r\nEND:VEVENT", date(2026, 12, 31), "x\x00y\u2028z\nATTACH:http://x", sequence=0, at=WRITTEN
    )
    assert [line for line in lines_of(content) if line.startswith(("SUMMARY", "DESCRIPTION:x", "ATTACH"))] == [
        "SUMMARY:a\\; b\\, c\\\\d\\nEND:VEVENT",
        "DESCRIPTION:x y z\\nATTACH:http://x",
    ]
    assert lines_of(content).count("END:VEVENT") == 1


def test_long_lines_are_folded_between_characters() -> None:
    title = "返修期限 zażółć " * 20
    content = build_deadline_calendar("u", title, date(2026, 12, 31), "", sequence=0, at=WRITTEN)
    assert max(map(len, content.split(b"\r\n"))) <= 75
    assert f"SUMMARY:{title}" in lines_of(content)
