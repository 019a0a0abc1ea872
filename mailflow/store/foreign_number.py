"""The numbers under which a manufacturer works on our cases (DK1): its later mail may name nothing else."""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailflow.store.conflict import insert_new
from mailflow.store.tables import foreign_number


def add(c: Connection, desk: str, number: str, case_number: str) -> bool:
    """Map a number to a case of the desk; the first mapping stays. False where there was one."""
    return insert_new(c, foreign_number, {"desk": desk, "number": number, "case_number": case_number})


def find(c: Connection, desk: str, number: str) -> str | None:
    """The number of the desk's own case, None for a number that nobody told us."""
    here = (foreign_number.c.desk == desk, foreign_number.c.number == number)
    return c.execute(select(foreign_number.c.case_number).where(*here)).scalar()
