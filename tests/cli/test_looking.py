"""The commands that look at what is stored: cases, case, explain, status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.command import ask, call
from tests.journeys.installation import Ended, Installation
from tests.journeys.people import ANNAS_SERIAL


def told(installation: Installation, *arguments: str) -> Any:
    done = ask(installation, *arguments, "--json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def test_cases_are_listed_with_where_they_stand(worked: Installation) -> None:
    (case,) = told(worked, "cases")
    assert (case["number"], case["kind"], case["state"], case["company"]) == (
        "SR-100001",
        "service_request",
        "accepted",
        "Carpathia Telecom",
    )
    assert ask(worked, "cases").out.splitlines()[2].split()[:5] == ["SR-100001", "service", "request", "accepted", "P3"]


def test_filters_leave_out_what_does_not_fit(worked: Installation) -> None:
    wanted = {
        ("--state", "accepted"): 1,
        ("--state", "in progress"): 0,
        ("--type", "service_request"): 1,
        ("--type", "rma"): 0,
        ("--overdue",): 0,
        ("--assignee", "cse@tac.example"): 0,
    }
    assert {filter_: len(told(worked, "cases", *filter_)) for filter_ in wanted} == wanted


def test_a_filter_that_nothing_can_fit_is_a_mistake(worked: Installation) -> None:
    wrong = {
        ("cases", "--state", "bogus"): "in repair",
        ("cases", "--type", "foo"): "certification",
        ("outbox", "list", "--state", "foo"): "held",
    }
    for command, known in wrong.items():
        done = ask(worked, *command)
        assert (done.status, done.out, known in " ".join(done.err.replace("│", " ").split())) == (2, "", True)
    assert ask(worked, "cases", "--type", "rma", "--state", "in progress").status == 2


def test_a_case_is_shown_whole(worked: Installation) -> None:
    whole = told(worked, "case", "sr-100001")
    assert whole["case"]["details"]["serials"] == [ANNAS_SERIAL]
    assert [mail["id"] for mail in whole["mails"]] == [1]
    assert [notice["name"] for notice in whole["notices"]] == ["service_request/accepted", "service_request/customer_message"]
    assert {delivery["state"] for delivery in whole["deliveries"]} == {"sent"}
    assert [(deadline["kind"], deadline["state"]) for deadline in whole["deadlines"]][-1] == ("response_breached", "waiting")
    assert whole["journal"][-1]["what"] == "opened"


def test_a_person_reads_why_a_deadline_is_when_it_is(worked: Installation) -> None:
    lines = ask(worked, "case", "SR-100001").out.splitlines()
    below = lines[lines.index("Deadlines") + 2 : lines.index("Mails") - 1]
    assert below[0].endswith("response_warning 50, waiting")
    assert below[2] == "    P3 has a response time of 2 hours."


def test_an_unknown_case_is_a_failure(worked: Installation) -> None:
    done = ask(worked, "case", "SR-9")
    assert (done.status, done.out, done.err) == (1, "", "there is no case SR-9\n")


def test_a_mail_is_explained_by_its_number_and_by_its_message_id(worked: Installation) -> None:
    (by_number,) = told(worked, "explain", "1")
    (by_id,) = told(worked, "explain", f"<{by_number['mail']['message_id']}>")
    assert by_number == by_id
    assert (by_number["mail"]["state"], by_number["mail"]["case_number"]) == ("opened", "SR-100001")


def test_every_step_to_a_verdict_is_told_in_words(worked: Installation) -> None:
    out = ask(worked, "explain", "1").out.splitlines()
    assert f"    Serial number {ANNAS_SERIAL} is registered under contract C-RO-1." in out
    assert "verdict     opened" in out


def test_a_mail_that_is_not_stored_cannot_be_explained(worked: Installation) -> None:
    assert [ask(worked, "explain", name).err for name in ("99", "<none@x>")] == [
        "there is no stored mail 99\n",
        "no stored mail has the Message-ID <none@x>\n",
    ]


def test_the_status_counts_what_waits(worked: Installation) -> None:
    status = told(worked, "status")
    assert status["inbound"] == {"opened": 1, "quarantined": 1}
    assert status["quarantine"]["count"] == 1
    assert status["outbox"] == {"sent": 4, "ambiguous": 0, "oldest_unsent": None}
    assert status["cases"] == [{"type": "service_request", "state": "accepted", "count": 1}]
    assert [(box["address"], box["is_read"]) for box in status["mailboxes"]] == [
        ("tac@tac.example", False),
        ("receiving@tac.example", False),
        ("escalation@tac.example", False),
    ]
    assert [clock["kind"] for clock in status["deadlines"]["soon"]] == ["response_warning", "response_warning", "response_breached"]


def test_nothing_that_is_printed_steers_the_terminal(worked: Installation) -> None:
    printed = [ask(worked, *command).out for command in (("quarantine",), ("quarantine", "show", "2"), ("explain", "2"), ("status",))]
    assert ["\x1b" in text or "\x07" in text for text in printed] == [False] * 4
    assert "Click \\x1b]0;title\\x07 here" in printed[1]


def test_a_database_that_is_not_there_is_told(worked: Installation, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mailflow.toml"
    elsewhere.write_text(worked.configuration.read_text().replace(str(worked.folder), str(tmp_path)))
    told = f"there is no mailflow database at {tmp_path}/mailflow.db yet; `mailflow run` or `mailflow db upgrade` makes it\n"
    assert call("cases", "-c", str(elsewhere)) == Ended(1, "", told)
