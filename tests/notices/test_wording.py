"""Dates, amounts and derivations as people write them (contract: dates in mails; BX2)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mailflow.notices.render import Templates
from mailflow.notices.wording import Wording
from mailflow.policy.derivation import Step
from mailflow.policy.term import Term, Unit
from tests.notices.samples import sample_values

WORDING = Templates(Path(__file__).parents[2] / "templates" / "email").wording("en").in_zone("Europe/Bucharest")
POLISH, CHINESE = (Wording.of_language(language, WORDING.words) for language in ("pl", "zh"))


@pytest.mark.parametrize(("wording", "said"), [(WORDING, "30 December 2026"), (POLISH, "30 grudnia 2026"), (CHINESE, "2026年12月30日")])
def test_dates_are_written_out(wording: Wording, said: str) -> None:
    assert wording.date(date(2026, 12, 30)) == said


def test_an_instant_is_told_in_the_readers_zone_with_its_city() -> None:
    assert WORDING.moment(datetime(2026, 12, 30, 14, 10, tzinfo=UTC)) == "30 December 2026, 16:10 (Bucharest)"


def test_the_date_of_an_instant_is_the_readers() -> None:
    assert WORDING.date(datetime(2026, 12, 30, 22, 30, tzinfo=UTC)) == "31 December 2026"


@pytest.mark.parametrize(("amount", "said"), [("1250", "1,250.00 USD"), ("0.005", "0.00 USD"), ("980.5", "980.50 USD")])
def test_amounts_have_two_decimals_and_their_currency(amount: str, said: str) -> None:
    assert WORDING.money(Decimal(amount), "USD") == said


@pytest.mark.parametrize(("items", "said"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")])
def test_items_are_joined(items: tuple[str, ...], said: str) -> None:
    assert WORDING.joined(items) == said


@pytest.mark.parametrize(("term", "said"), [(Term(15, Unit.BUSINESS_DAYS), "15 business days"), (Term(1, Unit.DAYS), "1 day")])
def test_terms_are_counted(term: Term, said: str) -> None:
    assert WORDING.term(term) == said


def test_plurals_follow_the_language() -> None:
    units = {"units": {"days": {"one": "{n} dzień", "few": "{n} dni", "many": "{n} dni", "other": "{n} dnia"}}}
    polish = Wording.of_language("pl", units)
    assert [polish.count(number, "days") for number in (1, 2, 5)] == ["1 dzień", "2 dni", "5 dni"]


def test_a_derivation_reads_as_sentences() -> None:
    steps = (
        Step("confirmed", {"at": datetime(2026, 4, 30, 13, 10, tzinfo=UTC), "timezone": "Europe/Bucharest"}),
        Step("after_cutoff", {"cutoff": "15:00"}),
        Step("holiday", {"day": date(2026, 5, 1), "holiday": "Labor Day", "country": "RO"}),
        Step("delivered_on", {"day": date(2026, 5, 5)}),
    )
    assert WORDING.derivation(steps) == (
        "The replacement was confirmed on 30 April 2026, 16:10 (Bucharest). "
        "That was after the 15:00 cut-off, so one more business day is added. "
        "Friday 1 May 2026 is a public holiday (Labor Day). "
        "So the replacement is delivered on Tuesday 5 May 2026."
    )


def test_a_step_without_words_says_itself_and_its_values() -> None:
    assert WORDING.derivation((Step("moon_phase", {"day": date(2026, 5, 1)}),)) == "moon phase: 1 May 2026"


def test_braces_in_a_value_stay_text() -> None:
    assert WORDING.say("derivation", "after_cutoff", {"cutoff": "{cutoff} {0.__class__}"}) == (
        "That was after the {cutoff} {0.__class__} cut-off, so one more business day is added."
    )


@pytest.mark.parametrize(("amount", "unit", "said"), [(60, "minutes", "60 minutes"), (1, "business days", "1 business day")])
def test_a_term_of_a_step_is_counted_in_its_own_unit(amount: int, unit: str, said: str) -> None:
    step = Step("response_term", {"amount": amount, "unit": unit, "priority": "P2"})
    assert WORDING.derivation((step,)) == f"P2 has a response time of {said}."


def test_labels_of_the_form_come_from_the_words() -> None:
    polish = Wording.of_language("pl", {"form": {"title": "Zgłoszenie zwrotu", "odd": 1}})
    assert polish.section("form") == {"title": "Zgłoszenie zwrotu"}
    assert polish.section("nothing") == {}


def test_a_state_is_a_sentence() -> None:
    assert WORDING.state(sample_values("rma/closed")["case"]) == "Closed. Everything has arrived."
