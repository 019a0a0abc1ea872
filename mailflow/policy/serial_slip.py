"""Serials mistyped by slips that eyes do not see: O for 0, I for 1, two characters changed round, one left out or struck twice (IN4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

TWINS = str.maketrans("O0I1", "0O1I")
AS_DIGITS = str.maketrans("OI", "01")
LENGTHS = (12, 16, 20)
MOST_SLIPS = 2
"""Mistaken one for the other in one serial; more of them only where all letters are meant as digits."""
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def slips_of(serial: str) -> tuple[str, ...]:
    """List every serial that such slips make of this one, the nearest first."""
    digits = serial.translate(AS_DIGITS)
    near = [*_twins(serial), digits, *_twins(digits)]
    if len(serial) in LENGTHS:
        near += [digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(len(digits) - 1)]
    if len(serial) + 1 in LENGTHS:
        # One more character, at the end first: there it is lost in copying.
        near += [digits[:at] + character + digits[at:] for at in range(len(digits), -1, -1) for character in _CHARACTERS]
    if len(serial) - 1 in LENGTHS:
        near += [digits[:at] + digits[at + 1 :] for at in range(len(digits))]
    return tuple(one for one in dict.fromkeys(near) if one != serial)


def _twins(serial: str) -> Iterator[str]:
    places = [at for at, character in enumerate(serial) if character in "O0I1"]
    for count in range(1, MOST_SLIPS + 1):
        for chosen in combinations(places, count):
            yield "".join(character.translate(TWINS) if at in chosen else character for at, character in enumerate(serial))
