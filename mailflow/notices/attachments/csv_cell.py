"""Cells of the CSV files that we hand over."""

from __future__ import annotations

FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A cell that begins so would be run by a spreadsheet, the full-width signs in some (case 66)."""


def harmless(value: str | int) -> str | int:
    """The value as a spreadsheet shows it and never runs it."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_START) else value
