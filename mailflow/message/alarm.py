"""What a device reports by Call Home (IN8): the alarm's name and the device's serial, read from its mail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`name` is the same for each report of the same trouble: numbers that change, such as times and counters, are left out."""

    name: str
    serial: str = ""
    severity: str = ""
