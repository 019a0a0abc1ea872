"""Signed case addresses (BX7, cases 48 and 56)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailflow.message.reference import case_address, sign_number, verify_token, without_token

KEY = b"a key of the desk"


def test_a_signed_address_leads_back_to_its_case() -> None:
    local = case_address(KEY, "tac@tac.example", "SR-100001").partition("@")[0]
    assert local.startswith("tac+sr-100001.")
    assert len(local) <= 64
    assert verify_token(KEY, local.partition("+")[2]) == "SR-100001"


def test_upper_case_made_by_a_relay_does_no_harm() -> None:
    assert verify_token(KEY, sign_number(KEY, "SR-100001").upper()) == "SR-100001"


def test_a_signature_of_another_case_or_key_is_refused() -> None:
    signature = sign_number(KEY, "SR-100001").rpartition(".")[2]
    assert verify_token(KEY, f"sr-100002.{signature}") is None
    assert verify_token(b"another key", f"sr-100001.{signature}") is None


@given(st.text(max_size=60))
def test_no_made_up_token_is_accepted(token: str) -> None:
    assert verify_token(KEY, token) is None


def test_the_mailbox_behind_an_address_has_no_plus_and_lower_case() -> None:
    assert [without_token(one) for one in ("TAC+sr-1.x@Tac.Example", "tac@tac.example")] == ["tac@tac.example"] * 2
