"""Every notice in every language with sample values: it renders, in both parts, with nothing left over (OUT1, OUT3)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailflow.cases import CASE_TYPES
from mailflow.notices.render import Templates
from mailflow.policy.case import Lifecycle
from mailflow.scenario.samples import FRAME
from tests.notices.samples import DESKS, sample_values

ROOT = Path(__file__).parents[2]
TEMPLATES = Templates(ROOT / "templates" / "email")
NOTICES = tuple(
    f"{folder}/{name}"
    for folder, names in {
        "service_request": (
            "acknowledgement information_request accepted handover late_notice customer_message staff_message response_warning "
            "response_breached escalation_received escalation_brief escalation_incomplete status resolved closed survey survey_thanks "
            "alarm_registered vendor_message vendor_answer too_large"
        ),
        "rma": (
            "customer_request_verification validity_warning expired return_notification_received return_notification_rejected "
            "delivery_question replacement_shipped revalidation_request extended waived cancelled disputed reminder final_notice "
            "invoice_request invoice_notice invoice_withdrawn receipt_notification repaired_shipped closed"
        ),
        "certification": (
            "received application decision_due approved rejected cancelled recertification_reminder expired vacancy_reminder"
        ),
        "staff": "command_result command_refused confirmation_request digest quarantine_alert bounce_alert",
    }.items()
    for name in names.split()
)
LEFTOVERS = re.compile(r"\{\{|\}\}|\{%|%\}|\{\w+(:[\w ]+)?\}|[\ue000-\ue002]|\bNone\b|\*\*|Undefined|^\| ", re.MULTILINE)


OF_KIND = {"rma": ("rma", "lines", "valid_through"), "certification": ("certification",)}
"""What the notices of a case type have besides."""
WITHOUT_CASE = ("staff/digest", "service_request/too_large")
LANGUAGES = ("en", "de", "pl", "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_notice_of_the_contract_has_a_template(language: str) -> None:
    assert [notice for notice in NOTICES if TEMPLATES.missing(notice, (language,))] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", NOTICES)
def test_notice_renders_without_leftovers(notice: str, language: str) -> None:
    rendered = TEMPLATES.render(notice, language, sample_values(notice))
    assert rendered.language == language
    assert [LEFTOVERS.findall(part) for part in (rendered.subject, rendered.text, visible(rendered.html))] == [[], [], []]
    assert rendered.text.splitlines()[0] in DESKS
    assert "\n\n\n" not in rendered.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", [notice for notice in NOTICES if notice not in WITHOUT_CASE])
def test_subject_carries_the_number_in_brackets(notice: str, language: str) -> None:
    values = sample_values(notice)
    assert re.findall(r"\[(.+?)\]", TEMPLATES.render(notice, language, values).subject) == [values["number"]]


@pytest.mark.parametrize("notice", [notice for notice in NOTICES if notice.startswith("staff/")])
def test_staff_notice_renders_without_a_case(notice: str) -> None:
    rendered = TEMPLATES.render(notice, "en", {**sample_values(notice), "case": None, "number": ""})
    assert "[" not in rendered.subject


@pytest.mark.parametrize("notice", NOTICES)
def test_html_fetches_nothing_and_needs_no_modern_layout(notice: str) -> None:
    html = TEMPLATES.render(notice, "en", sample_values(notice)).html
    tree = LexborHTMLParser(html)
    assert tree.css("img, script, link, iframe, form, video, object, base") == []
    assert re.findall(r"https?://|url\(|display:\s*(?:flex|grid)|border-radius", html) == []
    assert {(node.attributes["href"] or "").partition(":")[0] for node in tree.css("a")} <= {"mailto"}


def test_html_is_small_enough_that_no_client_clips_it() -> None:
    sizes = {notice: len(TEMPLATES.render(notice, "en", sample_values(notice)).html.encode()) for notice in NOTICES}
    assert {notice: size for notice, size in sizes.items() if size > 102_000} == {}


def test_an_unauthenticated_sender_reads_no_word_of_its_own_mail() -> None:
    """SR1: number and next step only."""
    for name in ("acknowledgement", "information_request", "accepted"):
        values = sample_values(f"service_request/{name}")
        case = replace(values["case"], subject="BUYNOW", customer_name="BUYNOW")
        understood = {**values, "case": case, "trusted": False, "understood": (), "steps": (), "entitlement_steps": ()}
        rendered = TEMPLATES.render(f"service_request/{name}", "en", understood)
        assert [part.count("BUYNOW") for part in (rendered.subject, rendered.text, rendered.html)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["serial number", "contract number", "symptoms"]),
        ("de", ["Seriennummer", "Vertragsnummer", "Fehlerbeschreibung"]),
        ("pl", ["numer seryjny", "numer umowy", "objawy"]),
        ("zh", ["序列号", "合同号", "故障现象"]),
    ],
)
def test_what_is_asked_for_stands_one_a_line_under_fixed_names(language: str, names: list[str]) -> None:
    """Contract, notices; IN5: what is missing, and just that."""
    values = {**sample_values("service_request/information_request"), "missing": ("serial", "contract", "symptoms")}
    lines = TEMPLATES.render("service_request/information_request", language, values).text.splitlines()
    assert [line for line in lines if line.startswith("- ")] == [f"- {name}" for name in names]


@pytest.mark.parametrize("lifecycle", [one.lifecycle for one in CASE_TYPES.values()], ids=lambda lifecycle: str(lifecycle.kind))
def test_every_state_is_a_sentence(lifecycle: Lifecycle) -> None:
    """[state.*] of English, which test_words compares with the others."""
    wording = TEMPLATES.wording("en")
    assert [state.name for state in lifecycle.states if wording.find(f"state.{lifecycle.kind}", state.name) is None] == []


def visible(html: str) -> str:
    body = LexborHTMLParser(html).body
    return body.text() if body else ""


@pytest.mark.parametrize("notice", TEMPLATES.notices("en"))
def test_the_head_comment_names_the_variables_of_the_notice(notice: str) -> None:
    own = [name for name in sample_values(notice) if name not in (*FRAME, *OF_KIND.get(notice.partition("/")[0], ()))]
    text = (ROOT / "templates" / "email" / "en" / f"{notice}.md").read_text("utf-8")
    named = re.findall(r"\{# variables: (.+) #\}", text)
    assert sorted(", ".join(named).split(", ") if named else []) == sorted(own)
