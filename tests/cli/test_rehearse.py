"""`mailflow rehearse`: what a scenario would send, with its dates."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import run_command

SCENARIO = Path(__file__).parent / "data" / "scenario.toml"


def test_the_notices_stand_in_a_table_and_in_the_report(tmp_path: Path) -> None:
    done = run_command("rehearse", str(SCENARIO), "--out", str(tmp_path / "out"))
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    rows = [line.split() for line in done.out.splitlines()[2:]]
    assert done.status == 0, done.err
    assert [" ".join(row[:2]) for row in rows] == [notice["at"][:16].replace("T", " ") for notice in report["notices"]]
    assert [row[3] for row in rows] == [notice["notice"] for notice in report["notices"]]
    assert {"service_request/accepted", "rma/customer_request_verification", "rma/validity_warning"} <= {row[3] for row in rows}
    assert sorted(path.name for path in (tmp_path / "out").glob("*.eml")) == [notice["file"] for notice in report["notices"]]
    assert ("\x1b" in done.out, len(report["mails"])) == (False, 2)


def test_the_same_scenario_gives_the_same_report(tmp_path: Path) -> None:
    first, second = (run_command("rehearse", str(SCENARIO), "--out", str(tmp_path / name), "--json") for name in "ab")
    assert json.loads(first.out) == json.loads(second.out) == json.loads((tmp_path / "a" / "report.json").read_text())


def test_a_wrong_scenario_is_named_with_its_key(tmp_path: Path) -> None:
    wrong = tmp_path / "scenario.toml"
    wrong.write_text(SCENARIO.read_text().replace("data  =", "dato  ="))
    done = run_command("rehearse", str(wrong), "--out", str(tmp_path / "out"))
    assert (done.status, done.err) == (78, f"{wrong}: dato: unknown key\n")


def test_an_answer_to_a_notice_that_never_came_ends_the_rehearsal(tmp_path: Path) -> None:
    wrong = tmp_path / "scenario.toml"
    data = SCENARIO.parent.parent.parent / "journeys" / "data"
    wrong.write_text(
        SCENARIO.read_text().replace("service_request/customer_message", "rma/closed").replace("../../journeys/data", str(data))
    )
    done = run_command("rehearse", str(wrong), "--out", str(tmp_path / "out"))
    assert done.status == 1
    assert done.err == "mail 2: cse@tac.example has received no rma/closed by 2026-11-20T09:20:00+02:00\n"
