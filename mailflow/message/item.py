"""Units of one part, as staff book them and as lists name them (RM4, RM5)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """`2 x 03057BGH serial S1, S2`; part number and serials in upper case, the condition in the words of the mail."""

    quantity: int
    part_number: str
    serials: tuple[str, ...] = ()
    condition: str = ""
    rma: str = ""
    """Number of the return, '' where the mail or list names none."""
