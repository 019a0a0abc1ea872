"""The customer's wish for the manager in its own words (SR6): read where it is plain, and nowhere else."""

from __future__ import annotations

import time

import pytest

from mailflow.message.customer.one_line import find_escalation_wish

WISHES = (
    "I want this escalated to your manager: the node is down for 3 hours.",
    "This is unacceptable. I want this escalated to your manager.",
    "Please escalate.",
    "Please escalate to your management.",
    "Could you please escalate this?",
    "Nobody has called since the morning although you promised. Please escalate to your management.",
    "I want to speak to a manager.",
    "We need this escalated now!",
    "I would like to talk to your supervisor",
    "I'd like to escalate this case.",
    "We hereby escalate the case.",
    "Proszę o eskalację do kierownika, od godziny nikt się nie odezwał, a nie działa całe miasto.",
    "Prosimy eskalować zgłoszenie do przełożonego.",
    "Chcę rozmawiać z kierownikiem.",
    "Proszę o kontakt z Państwa kierownikiem",
    "Proszę eskalować tę sprawę.",
    "请升级给经理处理，业务全部中断。",
    "请升级处理",
    "我们要求将此问题升级到主管",
    "请让经理联系我",
    "请你们领导介入",
    "Bitte eskalieren Sie das an Ihren Vorgesetzten.",
    "Ich möchte, dass das an das Management eskaliert wird.",
    "Ich möchte mit Ihrem Vorgesetzten sprechen.",
    "Bitte eskalieren!",
    "Veuillez escalader ce dossier à votre responsable.",
    "Je souhaite parler à votre responsable.",
    "Merci d'escalader.",
    "It does not work, please escalate this to your manager.",
    "We have waited for three days, please escalate.",
)

NONE = (
    "This is a privilege escalation bug.",
    "Please don't escalate.",
    "Please do not escalate this to your manager.",
    "If nothing happens we will escalate this to your manager.",
    "The alarm was escalated to our manager.",
    "We have escalated this to our manager internally.",
    "Our manager asks for an update.",
    "> Please escalate to your manager",
    '"please escalate to your manager" is what he said',
    "Please tell us the escalation path to your manager.",
    "What is the escalation matrix to managers?",
    "No need to escalate to the manager.",
    "Nie proszę o eskalację.",
    "Proszę nie eskalować tego do kierownika.",
    "eskalacja uprawnień do administratora",
    "不要升级给经理",
    "请升级软件后再试",
    "请问升级到 V800R022 的步骤",
    "升级失败，请处理",
    "如果没有回复，我们将升级给经理",
    "Bitte nicht eskalieren.",
    "Ne pas escalader, merci.",
    "Please send me the manager software.",
    "We need to upgrade; please tell the manager card slot.",
    "I need the network manager password",
    "Our manager will speak to you tomorrow.",
    "The memory usage escalates to the level of 90 %.",
    "The problem escalated with the management interface.",
    "CPU load escalated to a high level",
    "We want to avoid escalating the fault to the next level",
    "Errors escalate with the management board inserted.",
    "请联系经理王先生 13800000000",
    "The site contact is the manager; please talk to the manager on site.",
)


@pytest.mark.parametrize("text", WISHES)
def test_a_plain_wish_is_read_in_five_languages(text: str) -> None:
    """SR6"""
    assert find_escalation_wish(text)


@pytest.mark.parametrize("text", NONE)
def test_what_denies_it_threatens_it_quotes_it_or_speaks_of_something_else_is_none(text: str) -> None:
    """SR6: ESCALATE always works, so what is only possibly a wish is none."""
    assert find_escalation_wish(text) == ""


def test_the_sentence_is_the_reason_and_nothing_around_it() -> None:
    text = "Hello,\n\nthe node is down. I want this escalated to your manager: three hours by now. Logs follow.\n\nAnna"
    assert find_escalation_wish(text) == "I want this escalated to your manager: three hours by now."


def test_a_mail_that_is_passed_on_wishes_nothing() -> None:
    assert find_escalation_wish("See below.\n\n---------- Forwarded message ---------\nFrom: Bob\n\nPlease escalate.") == ""


@pytest.mark.parametrize("piece", ["escalate to ", "please ", "请升级", "want escalate ", "chcę eskal ", "a.b"])
def test_a_hostile_text_costs_little(piece: str) -> None:
    began = time.monotonic()
    find_escalation_wish(piece * 100_000)
    assert time.monotonic() - began < 1
