"""Serials mistyped by the two slips that eyes do not see: the letter O for the digit 0, the letter I for the digit 1 (IN4)."""

from __future__ import annotations

from itertools import combinations

TWINS = str.maketrans("O0I1", "0O1I")
MOST_SLIPS = 2
"""In one serial; with more of them it is another serial."""


def slips_of(serial: str) -> tuple[str, ...]:
    """Every serial that one or two slips make of this one, the nearest first."""
    places = [at for at, character in enumerate(serial) if character in "O0I1"]
    return tuple(_swapped(serial, chosen) for count in range(1, MOST_SLIPS + 1) for chosen in combinations(places, count))


def _swapped(serial: str, places: tuple[int, ...]) -> str:
    return "".join(character.translate(TWINS) if at in places else character for at, character in enumerate(serial))
