"""The manufacturer's numbers of our cases (DK1)."""

from __future__ import annotations

from mailflow.store import foreign_number
from mailflow.store.transaction import Database
from tests.store.rows import opened


def test_a_number_belongs_to_the_case_that_it_was_first_told_for(database: Database) -> None:
    with database.write() as c:
        first, second = opened(c), opened(c, "SR-100002")
        assert foreign_number.add(c, "hezo-cocare", "SR-200311", first.number)
        assert not foreign_number.add(c, "hezo-cocare", "SR-200311", second.number)
        assert foreign_number.find(c, "hezo-cocare", "SR-200311") == first.number


def test_a_number_is_one_desks_alone(database: Database) -> None:
    with database.write() as c:
        foreign_number.add(c, "hezo-cocare", "SR-200311", opened(c).number)
        assert foreign_number.find(c, "another", "SR-200311") is None
        assert foreign_number.find(c, "hezo-cocare", "SR-200312") is None
