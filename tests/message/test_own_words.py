"""What the sender of a reply typed, and what is only our own letter coming back (IN5, IN6)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.message.customer.request import extract_request
from mailflow.message.own_words import quotes_ours, read_typed

NOTICE = """Technical Assistance Center
SR-100001

Hello Ana Popa,

Thank you for writing to us. Your request has the number SR-100001. To start on it we need what is listed here.

Please send us
--------------

- serial number
- symptoms

Just reply to this mail: above, below or between these lines, as you like.

Name: Ana Popa

Your Technical Assistance Center
Telephone +40 21 555 0100
"""
SERIAL = "2102359583N0K8000017"
OUTLOOK = "From: Technical Assistance Center <tac@tac.example>\nSent: Friday, November 20, 2026 6:05 PM\nTo: Ana Popa\nSubject: Re: x\n\n"


def quoted(text: str, marks: str = "> ") -> str:
    return "\n".join(f"{marks}{line}".rstrip() for line in text.split("\n"))


def test_an_answer_above_an_outlook_quotation_is_all_that_was_typed() -> None:
    typed = read_typed(f"It does not boot.\n\n{OUTLOOK}{NOTICE}", [NOTICE])
    assert (typed.words, typed.inside) == ("It does not boot.", "")


def test_answers_behind_and_below_our_unmarked_questions_are_the_senders() -> None:
    """Outlook marks nothing in an HTML answer but the colour."""
    answered = NOTICE.replace("- serial number", f"- serial number {SERIAL}").replace("- symptoms", "- symptoms\nno power since 8:00")
    assert read_typed(f"See below.\n\n{OUTLOOK}{answered}", [NOTICE]).inside == f"serial number: {SERIAL}\nsymptoms: no power since 8:00"


@pytest.mark.parametrize("marks", ["> ", ">", ""])
def test_an_answer_on_our_line_is_the_senders_however_the_quotation_is_marked(marks: str) -> None:
    answered = NOTICE.replace("- serial number", f"- serial number: {SERIAL}")
    typed = read_typed(quoted(answered, marks), [NOTICE])
    found = extract_request("", f"{typed.inside}\n{typed.words}")
    assert (found.serials, found.symptoms, found.telephone, found.name) == ((SERIAL,), "", "", "")


def test_a_chinese_answer_stands_right_behind_our_words() -> None:
    notice = "请提供\n\n- 序列号\n\n直接回复本邮件即可。\n"
    answered = notice.replace("序列号", f"序列号{SERIAL}")
    assert read_typed(f"您好，见下文。\n\n{quoted(answered)}", [notice]).inside == f"序列号: {SERIAL}"


def test_a_line_that_the_mail_program_broke_is_still_ours() -> None:
    broken = quoted(NOTICE.replace("To start on it", "To start\non it"))
    assert read_typed(f"Later.\n\n{broken}", [NOTICE]).inside == ""


def test_tables_and_links_of_our_html_are_still_ours() -> None:
    shown = NOTICE.replace("Name: Ana Popa", "Name | Ana Popa").replace("as you like.", "as you like.<mailto:tac+1@tac.example>")
    assert read_typed(f"Later.\n\n{OUTLOOK}{shown}", [NOTICE]).inside == ""


def test_what_is_quoted_beyond_our_letter_was_written_before() -> None:
    older = (
        "From: Ana Popa <ana@carpathia.example>\nSent: Thursday\nTo: TAC\nSubject: x\n\nSerial number: 2102359583N0K8000099\nIt is down.\n"
    )
    typed = read_typed(f"Any news?\n\n{OUTLOOK}{NOTICE}\n{older}\n{OUTLOOK}{NOTICE}", [NOTICE])
    assert (typed.words, typed.inside) == ("Any news?", "")


def test_deeper_quotations_are_nobodys_answer() -> None:
    text = quoted(NOTICE) + "\n>> Serial number: 2102359583N0K8000099\n" + quoted(NOTICE)
    assert read_typed(text, [NOTICE]).inside == ""


@pytest.mark.parametrize(
    "line", ["Am 20.11.2026 um 09:00 schrieb Technical Assistance Center:", "Le lun. 23 nov. 2026 à 14:50, TAC <tac@tac.example> a écrit :"]
)
def test_an_attribution_line_is_no_answer(line: str) -> None:
    assert read_typed(f"Wird nachgereicht.\n\n{line}\n\n{quoted(NOTICE)}", [NOTICE]).words == "Wird nachgereicht."


def test_words_that_our_letter_also_has_stay_the_senders_where_nothing_is_copied() -> None:
    assert read_typed("Ana Popa\nsymptoms", [NOTICE]).words == "Ana Popa\nsymptoms"


def test_a_copy_of_our_letter_is_seen_in_a_mail_that_passes_it_on() -> None:
    assert (quotes_ours(f"FYI\n\n{OUTLOOK}{NOTICE}", [NOTICE]), quotes_ours("FYI\n\nthe fan is dead", [NOTICE])) == (True, False)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["", "no power", "- serial number X1", *NOTICE.split("\n")]), max_size=30), st.booleans())
def test_no_line_of_ours_is_ever_read_as_typed_inside(lines: list[str], marked: bool) -> None:
    text = "\n".join(lines)
    inside = read_typed(quoted(text) if marked else f"Hi\n\n{OUTLOOK}{text}", [NOTICE]).inside.split("\n")
    assert not set(inside) & {line for line in NOTICE.split("\n") if line}
