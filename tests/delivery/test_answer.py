"""Whose fault an answer is."""

from __future__ import annotations

import pytest

from mailflow.delivery.relay import Ambiguous, OwnFault, PermanentFailure, TemporaryFailure, classify


@pytest.mark.parametrize("stage", ["RCPT", "DOT"])
@pytest.mark.parametrize("text", ["550 5.1.1 no such user", "552 5.2.2 full", "552 5.3.4 too big", "554 5.7.1 no"])
def test_a_refusal_of_recipient_or_mail_is_permanent(stage: str, text: str) -> None:
    assert classify(stage, int(text[:3]), text[4:]) == PermanentFailure(text)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("code", [530, 535])
def test_a_demand_for_log_in_or_tls_is_our_own_fault_at_any_stage(stage: str, code: int) -> None:
    assert classify(stage, code, "5.7.0 first") == OwnFault(f"{stage}: {code} 5.7.0 first")


def test_a_refused_sender_is_our_own_fault() -> None:
    assert classify("MAIL", 550, "5.7.1 not you") == OwnFault("our sender is refused: 550 5.7.1 not you")


def test_a_mail_too_large_at_mail_is_the_mails_fault() -> None:
    assert classify("MAIL", 552, "5.3.4 too big") == PermanentFailure("552 5.3.4 too big")


@pytest.mark.parametrize(("stage", "before"), [("MAIL", True), ("RCPT", True), ("DATA", False), ("DOT", False)])
def test_a_4xx_may_pass(stage: str, before: bool) -> None:
    assert classify(stage, 451, "4.7.1 later") == TemporaryFailure("451 4.7.1 later", before_data=before)


def test_nonsense_after_the_dot_leaves_the_mail_in_doubt() -> None:
    assert classify("DOT", 299, "hm") == Ambiguous("DOT: 299 hm")
    assert classify("RCPT", -1, "hm") == TemporaryFailure("-1 hm")
