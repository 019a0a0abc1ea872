"""The two slips that eyes do not see (IN4)."""

from __future__ import annotations

from mailflow.policy.serial_slip import slips_of


def test_one_slip_comes_before_two() -> None:
    assert slips_of("2O1") == ("201", "2OI", "20I")


def test_a_serial_without_such_characters_has_no_slips() -> None:
    assert slips_of("ABC23") == ()


def test_a_slip_leads_back() -> None:
    assert "2102352KLM10L5000456" in slips_of("21O2352KLM1OL5000456")
