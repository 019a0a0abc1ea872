"""The triage table (IN2, IN7, IN9): one row, one verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailflow.message.model import Address, Kind, Mail, Nature
from mailflow.policy.triage import NO_SENDER, TriageInput, Verdict, add_nature, triage

PERSON = TriageInput(
    mail=Mail(senders=(Address("anna@customer.example"),)),
    nature=Nature(Kind.PERSON, "no mark"),
    is_duplicate=False,
    is_known_sender=True,
    is_before_cutoff=False,
)


def of_kind(kind: Kind, **changes: object) -> TriageInput:
    return replace(PERSON, nature=Nature(kind, "a mark"), **changes)


def with_headers(*headers: tuple[str, str]) -> TriageInput:
    return replace(PERSON, mail=replace(PERSON.mail, headers=headers))


@pytest.mark.parametrize(
    ("strange", "verdict"),
    [
        (PERSON, None),
        (replace(PERSON, is_duplicate=True), Verdict.DUPLICATE),
        (replace(PERSON, is_before_cutoff=True), Verdict.IGNORED),
        (of_kind(Kind.ECHO), Verdict.IGNORED),
        (of_kind(Kind.BOUNCE), Verdict.BOUNCE),
        (of_kind(Kind.RECEIPT), Verdict.IGNORED),
        (of_kind(Kind.FEEDBACK), Verdict.IGNORED),
        (of_kind(Kind.AUTOMATIC), Verdict.AUTOMATIC),
        (of_kind(Kind.LIST, is_known_sender=False), Verdict.IGNORED),
        (of_kind(Kind.LIST), None),
        (of_kind(Kind.AUTOMATIC, is_alarm=True), None),
        (of_kind(Kind.BOUNCE, is_alarm=True), Verdict.BOUNCE),
        (replace(with_headers(("x-spam-flag", "YES")), is_alarm=True), Verdict.QUARANTINED),
        (with_headers(("x-spam-flag", "YES")), Verdict.QUARANTINED),
        (replace(with_headers(("x-spam-flag", "YES")), was_released=True), None),
        (with_headers(*[("received", "by a server")] * 51), Verdict.QUARANTINED),
        (with_headers(*[("received", "by a server")] * 50), None),
        (replace(PERSON, mail=Mail(senders=())), Verdict.QUARANTINED),
        (replace(PERSON, mail=Mail(senders=()), nature=Nature(Kind.BOUNCE, "")), Verdict.BOUNCE),
    ],
)
def test_the_first_row_that_holds_decides(strange: TriageInput, verdict: Verdict | None) -> None:
    assert triage(strange).verdict == verdict


def test_a_known_monitoring_system_opens_a_request() -> None:
    """IN7"""
    machine = replace(with_headers(("auto-submitted", "auto-generated")), nature=Nature(Kind.AUTOMATIC, "Auto-Submitted"))
    assert triage(machine).verdict is None
    assert triage(replace(machine, is_known_sender=False)).verdict == Verdict.AUTOMATIC
    assert triage(replace(machine, mail=replace(machine.mail, in_reply_to=("a@b",)))).verdict == Verdict.AUTOMATIC


def test_a_nature_adds_to_its_rule_what_the_rule_does_not_say() -> None:
    """IN2: a reason is told once."""
    post = Nature(Kind.LIST, "post of a mailing list: list-id")
    assert add_nature("a post of a mailing list", post) == "list-id"
    assert add_nature("older than the chosen cut-off", post) == "post of a mailing list: list-id"
    assert add_nature("our border marked it as spam", PERSON.nature) == ""


def test_a_mail_without_a_sender_stays_set_aside_when_it_is_released() -> None:
    nameless = replace(PERSON, mail=Mail(senders=()), was_released=True)
    assert (triage(nameless).verdict, triage(nameless).rule) == (Verdict.QUARANTINED, NO_SENDER)
