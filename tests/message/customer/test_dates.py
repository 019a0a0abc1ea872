from __future__ import annotations

from datetime import date

import pytest

from mailflow.message.customer.dates import read_date

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("2026-12-30", "en", date(2026, 12, 30)),
        ("30 December 2026", "en", date(2026, 12, 30)),
        ("December 30th, 2026", "en", date(2026, 12, 30)),
        ("28 grudnia 2026", "pl", date(2026, 12, 28)),
        ("2026年12月28日", "zh", date(2026, 12, 28)),
        ("12月28日", "zh", date(2026, 12, 28)),
        ("30.12.2026", "pl", date(2026, 12, 30)),
        ("03/04/2026", "en", date(2026, 4, 3)),
        ("12/30/2026", "en", date(2026, 12, 30)),
        ("today", "zh", TODAY),
        ("dzisiaj rano", "pl", TODAY),
        ("今天", "zh", TODAY),
        ("yesterday", "en", date(2026, 11, 24)),
        ("wczoraj", "pl", date(2026, 11, 24)),
        ("on Monday", "en", date(2026, 11, 23)),
        ("5 January", "en", date(2027, 1, 5)),
        ("28 dezember 2026", "de", date(2026, 12, 28)),
        ("31 February 2026", "en", None),
        ("99/99/9999", "en", None),
        ("soon", "en", None),
        ("", "en", None),
    ],
)
def test_a_date_is_read_as_its_language_writes_it(text: str, language: str, expected: date | None) -> None:
    assert read_date(text, today=TODAY, language=language) == expected
