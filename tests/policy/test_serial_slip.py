"""The slips that eyes do not see (IN4)."""

from __future__ import annotations

from mailflow.policy.serial_slip import slips_of


def test_one_slip_comes_before_two() -> None:
    assert slips_of("2O1") == ("201", "2OI", "20I")


def test_a_serial_without_such_characters_has_no_slips() -> None:
    assert slips_of("ABC23") == ()


def test_a_slip_leads_back() -> None:
    assert "2102352KLM10L5000456" in slips_of("21O2352KLM1OL5000456")


def test_many_letters_that_are_meant_as_digits_lead_back() -> None:
    assert "2102359583N0K8000017" in slips_of("21O2359583NOK8OOOO17")


def test_a_character_left_out_struck_twice_or_changed_round_leads_back() -> None:
    for typed in ("2102359583N0K800017", "2102359583N0K80000017", "2102359583N0K8000071"):
        assert "2102359583N0K8000017" in slips_of(typed)


def test_the_neighbour_in_a_series_is_no_slip() -> None:
    assert "2102359583N0K8000017" not in slips_of("2102359583N0K8000018")
