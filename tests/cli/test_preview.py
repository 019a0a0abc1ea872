"""`mailflow preview`: any notice with sample data."""

from __future__ import annotations

import json

import pytest

from tests.cli.command import call
from tests.journeys.installation import HOME


def test_a_notice_is_shown_as_its_reader_gets_it() -> None:
    done = call("preview", "rma/reminder")
    first, blank, *text = done.out.splitlines()
    assert (done.status, first.partition(": ")[0], blank) == (0, "Subject", "")
    assert "RMA-100001" in text


def test_json_holds_both_parts() -> None:
    told = json.loads(call("preview", "rma/reminder", "--language", "en", "--json").out)
    assert {name: type(value) for name, value in told.items()} == dict.fromkeys(("notice", "language", "subject", "text", "html"), str)
    assert (told["notice"], told["language"]) == ("rma/reminder", "en")


def test_html_is_ready_for_a_browser() -> None:
    html = call("preview", "service_request/accepted", "--html").out
    assert (html.lstrip()[:9].lower(), html.rstrip()[-7:]) == ("<!doctype", "</html>")


@pytest.mark.parametrize("language", ["en", "pl", "zh"])
def test_every_notice_is_shown_in_every_language(language: str) -> None:
    """OUT3."""
    for notice in call("preview").out.split():
        done = call("preview", notice, "--language", language, "--html")
        assert (done.status, done.err, f'<html lang="{language}">' in done.out) == (0, "", True)


def test_without_a_name_all_notices_are_listed() -> None:
    shipped = HOME / "templates" / "email" / "en"
    assert call("preview").out.split() == sorted(path.relative_to(shipped).with_suffix("").as_posix() for path in shipped.glob("*/*.md"))


def test_an_unknown_name_is_a_wrong_use_and_a_near_one_is_told() -> None:
    done = call("preview", "rma/remindr")
    assert (done.status, done.out) == (2, "")
    assert "rma/reminder" in done.err


def test_a_language_without_a_template_is_told_and_english_is_shown() -> None:
    done = call("preview", "rma/reminder", "--language", "xx")
    assert (done.status, done.err) == (0, "rma/reminder has no template in xx: this is the en one, which would be sent\n")
