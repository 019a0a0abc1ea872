from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.message.customer.request import extract_request
from mailflow.message.own_words import read_typed
from mailflow.message.reply import split_reply, without_quotations

NOTICE = """Hello Anna,

Thank you for writing to us. Your request has the number SR-100001. To start on it we need what is listed here.

Please send us

- serial number
- symptoms

Just reply to this mail: above, below or between these lines, as you like.

Example Technical Assistance Centre
"""


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def test_an_answer_above_the_quoted_notice_is_all_that_is_new() -> None:
    text = f"Serial 2102352KLM10L5000456\n\nOn Fri, 20 Nov 2026 at 09:00, TAC <tac@tac.example> wrote:\n\n{_quoted(NOTICE)}"
    assert split_reply(text).new_text == "Serial 2102352KLM10L5000456"


def test_an_answer_below_the_quoted_notice_is_all_that_is_new() -> None:
    text = f"On Fri, 20 Nov 2026 at 09:00, TAC <tac@tac.example> wrote:\n{_quoted(NOTICE)}\n\nSerial 2102352KLM10L5000456\n"
    assert split_reply(text).new_text == "Serial 2102352KLM10L5000456"


def test_answers_between_the_lines_of_the_notice_are_kept() -> None:
    text = (
        _quoted(NOTICE)
        .replace("> - serial number", "> - serial number\n2102352KLM10L5000456")
        .replace("> - symptoms", "> - symptoms\nno power")
    )
    assert split_reply(text).new_text == "2102352KLM10L5000456\nno power"


def test_an_unmarked_copy_of_our_notice_is_known_by_what_we_sent() -> None:
    text = NOTICE.replace("- serial number", "- serial number: 2102352KLM10L5000456")
    assert split_reply(text, [NOTICE]).new_text == "- serial number: 2102352KLM10L5000456"


def test_answers_under_quoted_names_belong_to_those_names() -> None:
    text = "> - serial number\n2102352KLM10L5000456\n> - contract number\nHC-2026-7\n> - symptoms\nno power\n"
    found = extract_request("", read_typed(text).words)
    assert (found.serials, found.contract, found.symptoms) == (("2102352KLM10L5000456",), "HC-2026-7", "no power")


def test_a_signature_is_folded_and_still_told_apart_from_quotations() -> None:
    text = "It works.\n\nBest regards\nAnna\nTel. +48 22 123 45 67\n\n> old\n"
    reply = split_reply(text)
    assert (reply.new_text, reply.folded_text) == ("It works.", "Best regards\nAnna\nTel. +48 22 123 45 67\n\n> old")
    assert without_quotations(text) == "It works.\n\nBest regards\nAnna\nTel. +48 22 123 45 67"


@pytest.mark.parametrize(
    "text",
    [
        "On Monday we wrote: nothing works.\nThe fan is dead.",
        "From: port 1\nto port 2 the link is down",
        "We wrote:\nthe serial is 1",
        "Sent from my desk, which is quicker.",
        "Best regards",
    ],
)
def test_in_doubt_the_text_is_kept(text: str) -> None:
    assert split_reply(text).new_text == text


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("On wrote:\n> -_From@Sent x1"), max_size=300))
def test_no_letter_of_a_mail_is_lost(text: str) -> None:
    reply = split_reply(text)
    assert sorted((reply.new_text + reply.folded_text).replace("\n", "").replace(" ", "")) == sorted(
        text.replace("\n", "").replace(" ", "")
    )


def test_a_command_on_the_last_line_is_no_signature() -> None:
    assert split_reply("Works again.\n\n/undo\n\n> old").new_text == "Works again.\n\n/undo"


def test_a_uuencoded_file_is_folded_and_what_stands_around_it_is_kept() -> None:
    encoded = "begin 644 a.txt\n#86)C\n`\nend"
    reply = split_reply(f"Above.\n{encoded}\nBelow.")
    assert (reply.new_text, reply.folded_text) == ("Above.\nBelow.", encoded)


@pytest.mark.parametrize(("text", "new"), [("Hello\n\n-- \nAnna", "Hello\n\n--\nAnna"), ("Yes\n\n-- \nAnna", "Yes")])
def test_below_a_bare_greeting_nothing_is_folded_as_a_signature(text: str, new: str) -> None:
    assert split_reply(text).new_text == new


@pytest.mark.parametrize(
    "line",
    [
        "Wysłano z telefonu Samsung",
        "Wysłano z iPhone’a",
        "Wysłano ze smartfonu HUAWEI",
        "Wysłane z Outlook dla iOS",
        "Uzyskaj program Outlook dla systemu Android<https://aka.ms/x>",
        "发自 Outlook for Android",
        "发送自 Outlook for iOS",
        "发自网易邮箱大师",
        "Trimis de pe iPhone",
    ],
)
def test_the_line_of_a_phone_is_a_signature(line: str) -> None:
    """IN6"""
    assert split_reply(f"Numer to 2102352KLM10L5000456\n\n{line}").new_text == "Numer to 2102352KLM10L5000456"


def test_a_sentence_that_begins_like_the_line_of_a_phone_stays() -> None:
    """IN6: what was sent from a warehouse is said, not signed."""
    assert split_reply("Dzień dobry,\n\nWysłano z magazynu w Gdyni 2 paczki.").new_text.endswith("Wysłano z magazynu w Gdyni 2 paczki.")
