"""What a customer writes arrives as they wrote it, in both parts, and takes effect in neither (cases 60, 61, 63)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailflow.notices.render import Rendered, Templates
from tests.notices.samples import sample_values

TEMPLATES = Templates(Path(__file__).parents[2] / "templates" / "email")

HOSTILE = (
    "{{7*7}}",
    "{% import os %}{{ os.system('id') }}",
    "{# comment #}",
    "${x} %(x)s {0.__class__} #{} <%= %> {day:weekday}",
    "**bold** _emphasis_ `code` ~~~",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](http://evil.example) ![i](http://evil.example/i.png) <http://evil.example>",
    "# heading",
    "| a | b |",
    "&lt;b&gt; &amp; &#x41;",
    "\ue0000\ue001 \ue002",
    '" onmouseover="alert(1)',
    "\\*escaped\\*",
    "1. one",
    "- dash",
    "> quote",
    "    four blanks",
    "---",
    "```",
)


def shown(value: str) -> str:
    """What a reader sees of it: private-use characters are control characters to us."""
    return value.translate(dict.fromkeys((0xE000, 0xE001, 0xE002), " "))


def with_text(value: str) -> Rendered:
    return TEMPLATES.render("service_request/staff_message", "en", {**sample_values("service_request/staff_message"), "text": value})


@pytest.mark.parametrize("value", HOSTILE)
def test_text_arrives_literally_in_both_parts(value: str) -> None:
    rendered = with_text(f"before\n{value}\nafter")
    paragraph = LexborHTMLParser(rendered.html).css_first(".content p")
    assert rendered.text.split("before\n")[1].split("\nafter")[0] == shown(value).rstrip()
    assert paragraph is not None
    assert paragraph.text().replace("\u00a0", " ").split("\n") == ["before", shown(value), "after"]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_names_and_subjects_change_no_markup(value: str) -> None:
    notice = "service_request/customer_message"
    values = sample_values(notice)
    harmless = {**values, "sender": "x", "attachment_names": ("x",), "summary": (("x", "x"),), "commands": ("x",)}
    hostile = {**values, "sender": value, "attachment_names": (value,), "summary": ((value, value),), "commands": (value,)}
    names = ("customer_name", "subject", "company")
    harmless["case"] = replace(values["case"], **dict.fromkeys(names, "x"))
    hostile["case"] = replace(values["case"], **dict.fromkeys(names, value))
    assert tags(TEMPLATES.render(notice, "en", hostile).html) == tags(TEMPLATES.render(notice, "en", harmless).html)


def tags(html: str) -> list[tuple[str | None, tuple[str, ...]]]:
    """Every element with its attributes' names; text that only holds line breaks apart may differ in <br>."""
    nodes = LexborHTMLParser(html).css("*")
    return [(node.tag, tuple(node.attributes)) for node in nodes if node.tag != "br"]


@pytest.mark.parametrize("control", ["\r\n", "\n", "\x00", "\x0b", "\x1b", "\x85", "\u2028", "\u2029", "\u202e", "\r"])
def test_subject_stays_one_line(control: str) -> None:
    values = sample_values("service_request/status")
    case = replace(values["case"], subject=f"Hello{control}Bcc: victim@x.example")
    subject = TEMPLATES.render("service_request/status", "en", {**values, "case": case}).subject
    assert subject == "Re: [SR-100001] Hello Bcc: victim@x.example"


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u202e"])
def test_control_characters_in_text_become_blanks(control: str) -> None:
    rendered = with_text(f"one{control}two")
    assert "one two\n" in rendered.text
    assert "one two" in rendered.html


@given(st.text(min_size=1, max_size=200))
def test_any_text_leaves_the_markup_as_it_is(value: str) -> None:
    assert tags(with_text(f"x{value}").html) == tags(with_text("x").html)


def test_line_breaks_and_columns_of_a_log_are_kept() -> None:
    log = "slot 3   FAULT\n  sub   ok\n\tlast"
    rendered = with_text(log)
    assert "slot 3   FAULT\n  sub   ok\n    last\n" in rendered.text
    assert rendered.html.count("<br>") == with_text("x").html.count("<br>") + 2
