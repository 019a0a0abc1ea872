"""Values come back from the database as they went in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, delete, insert, select
from sqlalchemy.exc import StatementError

from mailflow.cases import CASE_TYPES
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.derivation import Step
from mailflow.store import case, register, tables
from mailflow.store.case import CannotStore
from mailflow.store.transaction import Database
from tests.store.rows import NOON, a_case

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(timezones=st.just(UTC))
days = st.dates()
words = st.lists(texts, max_size=3).map(tuple)
contents = st.one_of(texts, st.integers(), days, moments, words)
flat_steps = st.builds(Step, name=texts, values=st.dictionaries(texts, contents, max_size=4))
held_steps = st.one_of(contents, flat_steps, st.lists(flat_steps, max_size=2).map(tuple))
steps = st.builds(Step, name=texts, values=st.dictionaries(texts, held_steps, max_size=4))

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(),
    bool: st.booleans(),
    datetime: moments,
    date: days,
    Decimal: st.decimals("0.01", "99999", places=2),
    Step: steps,
    NoneType: st.none(),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """All values that a type of a details class allows, the dataclasses inside it filled field by field."""
    arguments = get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)})
    if get_origin(kind) is Literal:
        return st.sampled_from(arguments)
    if get_origin(kind) is not tuple:
        return st.one_of([values_of(one) for one in arguments])
    if arguments[-1] is Ellipsis:
        return st.lists(values_of(arguments[0]), max_size=2).map(tuple)
    return st.tuples(*map(values_of, arguments))


@pytest.fixture(scope="session")
def c(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """One connection for all examples, whose rows are never committed."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('columns') / 'mailflow.db'}", CASE_TYPES)
    database.upgrade()
    with pytest.raises(_EndOfTests), database.write() as connection:
        case.insert(connection, a_case("SR-1"))
        yield connection
        raise _EndOfTests
    database.close()


class _EndOfTests(Exception):
    pass


def stored_and_read(c: Connection, column: Column[Any], value: Any, **others: Any) -> Any:
    """What comes back of a value that is put into one column of a row."""
    c.execute(insert(column.table).values({column.name: value, **others}))
    found = c.execute(select(column)).scalar_one()
    c.execute(delete(column.table))
    return found


@pytest.mark.parametrize("kind", CASE_TYPES)
@given(data=st.data())
def test_a_case_comes_back_equal_whatever_its_details_hold(c: Connection, kind: str, data: st.DataObject) -> None:
    whole = a_case(kind=kind, details=data.draw(values_of(CASE_TYPES[kind].details)))
    assert through_the_database(c, whole) == whole
    assert case.from_json(c, case.to_json(c, whole)) == whole


def through_the_database(c: Connection, value: Case) -> Case:
    case.insert(c, value)
    found = case.load(c, value.number)
    c.execute(delete(tables.case_serial))
    c.execute(delete(tables.case).where(tables.case.c.number == value.number))
    assert found is not None
    return found


@given(st.lists(steps, max_size=3).map(tuple))
def test_a_derivation_comes_back_equal(c: Connection, derivation: tuple[Step, ...]) -> None:
    assert stored_and_read(c, tables.deadline.c.steps, derivation, case_number="SR-1", due_at=NOON) == derivation


def test_an_amount_keeps_its_digits(c: Connection) -> None:
    price = register.part_price.c.list_price
    found = [stored_and_read(c, price, amount, part_number="P1", valid_from=date(2026, 1, 1)) for amount in (Decimal("10.50"), None)]
    assert [str(amount) for amount in found] == ["10.50", "None"]


def test_a_value_of_another_type_than_the_columns_is_refused(c: Connection) -> None:
    with pytest.raises(StatementError):
        stored_and_read(c, tables.notice.c.to, ({"not": "a text"},), message_id="", raw=b"", created_at=NOON)


def test_a_field_that_an_older_version_did_not_store_is_its_default(c: Connection) -> None:
    kept = case.to_json(c, a_case(details=ServiceRequestDetails(symptoms="dead", serials=("S1",))))
    del kept["details"]["serials"]
    assert case.from_json(c, kept).details == ServiceRequestDetails(symptoms="dead")


def test_details_must_be_of_their_case_type(c: Connection) -> None:
    with pytest.raises(CannotStore, match="RmaDetails"):
        case.to_json(c, a_case(kind="rma", details=ServiceRequestDetails()))


@given(st.text())
def test_any_text_becomes_storable_and_good_text_stays(c: Connection, text: str) -> None:
    cleaned = stored_and_read(c, tables.mailbox.c.owner, text, address="a")
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert len(cleaned) == len(text)
    assert stored_and_read(c, tables.mailbox.c.owner, cleaned, address="a") == cleaned


def test_text_in_a_value_becomes_storable_too(c: Connection) -> None:
    assert stored_and_read(c, tables.notice.c.to, ("a\ud800b", "ż"), message_id="", raw=b"", created_at=NOON) == ("a\ufffdb", "ż")
