"""Three days at the desk, played whole: a simple request, a messy one, a hostile one (issue of requests: IN, SR, OUT)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.rehearsed import Rehearsed, rehearse, text_of

MAREK, EWA, JAN = "marek@wisla.example", "ewa@wisla.example", "jan@wisla-ops.example"
ANA, LI, EVE = "ana@carpathia.example", "li.wei@jiangnan.example", "eve@elsewhere.example"
CCR, CSE, MANAGER = "ccr@tac.example", "cse@tac.example", "manager@tac.example"
DAY = "2026-11-23"


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("requests/simple", tmp_path_factory.mktemp("simple"))


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("requests/messy", tmp_path_factory.mktemp("messy"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("requests/hostile", tmp_path_factory.mktemp("hostile"))


def times_of(sent: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Day and time without the offset, in the scenario's own."""
    return [(at[5:16], notice.partition("/")[2]) for at, notice in sent]


def test_a_simple_request_from_its_first_mail_to_the_thanks_for_the_survey(simple: Rehearsed) -> None:
    """SR1, SR4, SR5, SR8, SR9: the customer hears seven times."""
    assert times_of(simple.sent_to(MAREK)) == [
        ("11-23T09:05", "accepted"),
        ("11-23T09:40", "staff_message"),
        ("11-23T11:00", "status"),
        ("11-23T12:00", "resolved"),
        ("11-24T09:30", "closed"),
        ("11-24T09:30", "survey"),
        ("11-24T14:00", "survey_thanks"),
    ]
    assert simple.cases() == [("SR-100001", "service_request", "closed")]


def test_the_response_clock_warned_once_before_the_engineer_wrote(simple: Rehearsed) -> None:
    """SR4: P2 has 60 minutes; half of them had passed at 09:35, and the engineer wrote at 09:40."""
    warnings = [(at, notice) for at, notice in simple.sent_to(CSE) if "response" in notice]
    assert times_of(warnings) == [("11-23T09:35", "response_warning")]
    assert simple.sent_to(MANAGER) == []


def test_all_letters_of_the_simple_request_are_polish_and_name_no_staff(simple: Rehearsed) -> None:
    """OUT5, SR5"""
    assert {row["language"] for row in simple.report["notices"] if MAREK in row["to"]} == {"pl"}
    assert [word for word in (CSE, CCR) if word in simple.everything_to(MAREK)] == []


def test_what_is_missing_is_asked_for_once_and_answered_by_a_colleague(messy: Rehearsed) -> None:
    """IN5, SR2, SR11: the priority, never stated before, comes with the answer."""
    (question,) = messy.files("service_request/information_request")
    assert "- numer seryjny\n" in text_of(question)
    assert "- objawy\n" not in text_of(question)
    assert times_of(messy.sent_to(MAREK))[:2] == [("11-23T09:05", "information_request"), ("11-23T09:50", "accepted")]
    assert messy.report["cases"][0]["priority"] == "P1"


def test_a_merged_request_goes_on_in_the_other_one(messy: Rehearsed) -> None:
    """IN10, SR8: a reply in its thread reaches the request that goes on, and nobody is asked for an opinion."""
    assert messy.cases()[1] == ("SR-100002", "service_request", "closed")
    reply = next(row for row in messy.report["mails"] if row["from"] == JAN and row["at"].startswith(f"{DAY}T10:40"))
    assert (reply["verdict"], reply["case"]) == ("added", "SR-100001")
    assert messy.files("service_request/survey") == []


def test_a_command_is_taken_back_and_another_one_given(messy: Rehearsed) -> None:
    """OUT4: P1 was lowered at 10:11 and put back at 10:12; its 30 minutes from 09:50 break at 10:20."""
    breaches = [(at, to) for at, notice, to in messy.sent() if notice == "service_request/response_breached"]
    assert breaches[0] == (f"{DAY}T10:20:00+01:00", [MANAGER])


def test_an_escalation_with_number_and_reason_reaches_the_manager_and_the_customer_is_told(messy: Rehearsed) -> None:
    """SR6"""
    briefs = [(at[11:16], to) for at, notice, to in messy.sent("service_request/") if notice == "escalation_brief"]
    assert briefs == [("11:30", [MANAGER]), ("11:35", [MANAGER])]
    assert (f"{DAY}T11:30:00+01:00", "service_request/escalation_received") in messy.sent_to(EWA)
    assert times_of(messy.sent_to(LI))[0] == ("11-23T11:35", "escalation_incomplete")


def test_the_same_alarm_opens_one_request_and_no_device_is_answered(messy: Rehearsed) -> None:
    """IN8"""
    alarms = [(row["verdict"], row["case"]) for row in messy.report["mails"] if row["from"] == "callhome@devices.example"]
    assert alarms == [("opened", "SR-100004"), ("added", "SR-100004")]
    assert messy.sent_to("callhome@devices.example") == []
    assert [notice for _, notice in messy.sent_to(LI)].count("service_request/alarm_registered") == 1


def test_a_caller_s_request_is_opened_by_staff_and_answered_to_the_caller(messy: Rehearsed) -> None:
    """SR10"""
    assert times_of(messy.sent_to(ANA)) == [("11-23T15:00", "accepted")]
    (row,) = [row for row in messy.report["notices"] if row["to"] == [ANA]]
    assert row["subject"] == "Re: [SR-100005] the supervisor board restarts every ten minutes."


def test_no_hostile_mail_changes_the_request(hostile: Rehearsed) -> None:
    """IN3, OUT6, BX8: commands of a forger, a customer and a quotation, a line that is no command, strangers with the number."""
    assert hostile.report["cases"][0]["priority"] == "P3"
    assert [case["type"] for case in hostile.report["cases"]] == ["service_request"] * 4
    assert hostile.cases()[0] == ("SR-100001", "service_request", "awaiting customer")
    assert hostile.verdicts() == [
        ("opened", "SR-100001"),
        ("opened", "SR-100002"),
        ("opened", "SR-100003"),
        ("quarantined", None),
        ("added", "SR-100001"),
        ("added", "SR-100001"),
        ("added", "SR-100001"),
        ("opened", "SR-100004"),
        ("automatic", "SR-100001"),
        ("added", "SR-100001"),
    ]


@pytest.mark.parametrize("stranger", [EVE, MAREK])
def test_who_has_only_the_number_learns_nothing(hostile: Rehearsed, stranger: str) -> None:
    """IN3: neither the words of the request nor who wrote it."""
    told = hostile.everything_to(stranger)
    assert [secret for secret in ("4711", "restarts every", ANA, "Popa", "Carpathia", "2102359583") if secret in told] == []


def test_a_forged_command_is_reported_to_the_address_on_the_list(hostile: Rehearsed) -> None:
    """OUT6"""
    refusals = [(at[11:16], to) for at, notice, to in hostile.sent("staff/") if notice == "command_refused"]
    assert refusals == [("09:40", [CCR]), ("10:10", [CCR])]


def test_an_out_of_office_reply_is_never_answered(hostile: Rehearsed) -> None:
    """IN7"""
    assert [at for at, _ in hostile.sent_to(ANA) if at[11:16] == "10:05"] == []


@pytest.mark.parametrize("name", ["simple", "messy", "hostile"])
def test_a_scenario_played_again_gives_the_same_report(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    first: Rehearsed = request.getfixturevalue(name)
    again = rehearse(f"requests/{name}", tmp_path)
    assert again.report == first.report
