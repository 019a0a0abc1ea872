"""Values come back from JSON as they went in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.policy.case import Parcel, PendingConfirmation, RmaDetails, RmaLine, ServiceRequestDetails
from mailflow.policy.derivation import Step
from mailflow.policy.return_term import InvoicedPart, InvoiceRequest, ReturnTerm
from mailflow.store.codec import CannotRestore, CannotStore, check_details, decode, encode, register_details, storable

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(timezones=st.just(UTC))
days = st.dates()
words = st.lists(texts, max_size=3).map(tuple)
steps = st.builds(Step, name=texts, values=st.dictionaries(texts, st.one_of(texts, st.integers(), days, moments, words), max_size=4))
derivations = st.lists(steps, max_size=3).map(tuple)
parcels = st.builds(Parcel, carrier=texts, tracking=texts, on=moments, quantity=st.integers(0, 99), serials=words)
terms = st.builds(
    ReturnTerm,
    quantity=st.integers(1, 9),
    delivered_on=days,
    due=days,
    steps=derivations,
    told=st.lists(st.tuples(texts, moments), max_size=2).map(tuple),
    invoice_on=st.none() | days,
)
lines = st.builds(
    RmaLine,
    part_number=texts,
    description=texts,
    authorised=st.integers(0, 99),
    serials=words,
    announced=st.lists(parcels, max_size=2).map(tuple),
    received=st.integers(0, 99),
    received_serials=words,
    waived=st.integers(0, 9),
    terms=st.lists(terms, max_size=2).map(tuple),
)
invoiced = st.builds(
    InvoicedPart, part_number=texts, quantity=st.integers(1, 9), unit_price=st.decimals("0.01", "99999", places=2), currency=texts, due=days
)
returns = st.builds(
    RmaDetails,
    type=st.sampled_from(["advance", "repair", "doa"]),
    service_level=texts,
    lines=st.lists(lines, max_size=3).map(tuple),
    issued_at=moments,
    valid_through=days,
    replacements=st.lists(parcels, max_size=2).map(tuple),
    extended_by_customer=st.booleans(),
    invoices=st.lists(st.builds(InvoiceRequest, parts=st.lists(invoiced, max_size=2).map(tuple), number=texts), max_size=2).map(tuple),
    extras=words,
    confirmations=st.lists(st.builds(PendingConfirmation, code=texts, line=texts, by=texts, at=moments), max_size=2).map(tuple),
)
requests = st.builds(
    ServiceRequestDetails, symptoms=texts, serials=words, missing=words, accepted_at=st.none() | moments, responded_at=st.none() | moments
)


def through_json(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value))))


@given(returns)
def test_the_details_of_a_return_come_back_equal(details: RmaDetails) -> None:
    assert through_json(details) == details


@given(requests)
def test_the_details_of_a_request_come_back_equal(details: ServiceRequestDetails) -> None:
    assert through_json(details) == details


@given(derivations)
def test_a_derivation_comes_back_equal(derivation: tuple[Step, ...]) -> None:
    assert through_json(derivation) == derivation


def test_an_instant_comes_back_in_utc() -> None:
    assert through_json(datetime.fromisoformat("2026-11-20T10:00:00+01:00")) == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert through_json(datetime.fromisoformat("2026-11-20T10:00:00+01:00")).tzinfo == UTC


def test_days_and_amounts_keep_their_type() -> None:
    assert through_json({"day": date(2026, 11, 20), "amount": Decimal("10.50")}) == {"day": date(2026, 11, 20), "amount": Decimal("10.50")}


def test_a_mapping_that_uses_the_tag_as_its_key_comes_back_equal() -> None:
    assert through_json({"$": "datetime", "v": "no"}) == {"$": "datetime", "v": "no"}


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(CannotStore):
        encode(datetime.fromisoformat("2026-11-20T10:00:00"))


def test_a_class_nobody_registered_is_refused_both_ways() -> None:
    @dataclass(frozen=True)
    class Unheard:
        text: str

    with pytest.raises(CannotStore):
        encode(Unheard("x"))
    with pytest.raises(CannotRestore):
        decode({"$": "Unheard", "text": "x"})


def test_a_stored_field_that_this_version_lacks_is_an_error_and_a_missing_one_its_default() -> None:
    assert decode({"$": "RmaLine", "part_number": "P1"}) == RmaLine(part_number="P1")
    with pytest.raises(CannotRestore):
        decode({"$": "RmaLine", "part_number": "P1", "colour": "red"})


def test_details_must_be_of_their_case_type() -> None:
    check_details("service_request", ServiceRequestDetails())
    check_details("service_request", None)
    with pytest.raises(CannotStore):
        check_details("rma", ServiceRequestDetails())


def test_a_further_case_type_registers_its_details_once_or_many_times() -> None:
    @dataclass(frozen=True)
    class InspectionDetails:
        passed: bool

    register_details("inspection", InspectionDetails)
    register_details("inspection", InspectionDetails)
    assert through_json(InspectionDetails(True)) == InspectionDetails(True)
    with pytest.raises(ValueError, match="inspection"):
        register_details("inspection", RmaDetails)


@given(st.text())
def test_any_text_becomes_storable_and_good_text_stays(text: str) -> None:
    cleaned = storable(text)
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert len(cleaned) == len(text)
    assert storable(cleaned) == cleaned
