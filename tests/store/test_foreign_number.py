"""The manufacturer's numbers of our cases (DK1)."""

from __future__ import annotations

from mailflow.store import case as case_rows
from mailflow.store.transaction import Database
from tests.store.rows import opened


def test_a_number_belongs_to_the_case_that_it_was_first_told_for(database: Database) -> None:
    with database.write() as c:
        first, second = opened(c), opened(c, "SR-100002")
        assert case_rows.add_foreign_number(c, "hezo-cocare", "SR-200311", first.number)
        assert not case_rows.add_foreign_number(c, "hezo-cocare", "SR-200311", second.number)
        assert case_rows.find_foreign_number(c, "hezo-cocare", "SR-200311") == first.number


def test_a_number_is_one_desks_alone(database: Database) -> None:
    with database.write() as c:
        case_rows.add_foreign_number(c, "hezo-cocare", "SR-200311", opened(c).number)
        assert case_rows.find_foreign_number(c, "another", "SR-200311") is None
        assert case_rows.find_foreign_number(c, "hezo-cocare", "SR-200312") is None
