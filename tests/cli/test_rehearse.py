"""`mailflow rehearse`: what a scenario would send, with its dates."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mailflow.message.documents.return_form import read_pdf_form
from mailflow.scenario.mail_client import fill_form
from mailflow.scenario.scenario import load_scenario
from mailflow.toml_file import WrongSettings
from tests.cli.command import run_command
from tests.journeys.installation import DATA, HOME

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


def written(folder: Path, *mails: str, head: str = "", desk: str = "huawei-tac") -> Path:
    """A scenario of November 2026; each mail arrives an hour after the one before."""
    begin = f'desk = "{desk}"\nstart = 2026-11-20T09:00:00+02:00\nuntil = 2026-11-24T00:00:00+02:00\ndata = "{DATA}"\n{head}'
    blocks = (f"[[mail]]\nat = 2026-11-20T{10 + hour}:00:00+02:00\n{mail}\n" for hour, mail in enumerate(mails))
    path = folder / "scenario.toml"
    path.write_text(begin + "".join(blocks))
    return path


REQUEST = """from = "Anna <ANNA@Carpathia.example>"
to = "tac"
subject = "Slot 3"
body = "Serial number: 2102359583N0K8000017\\nSymptoms: slot 3 is down"
"""
RETURN = """from = "cse@tac.example"
reply_to = "service_request/customer_message"
body = "/rma repair 1 x 02359583 serial 2102359583N0K8000017"
"""
FORM = 'from = "Anna <anna@CARPATHIA.example>"\nreply_to = "rma/customer_request_verification"\nbody = "See the form."\n'


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        ('from = "a@x.example"\nto = "recieving"', "mail.0.to: 'recieving' is neither an address nor a mailbox role"),
        ('from = "Anna"\nto = "tac"', "mail.0.from: 'Anna' has no address"),
        ('file = "raw.eml"\nbody = "x"', "mail.0: 'file' is a whole mail: 'body' cannot stand beside it"),
        ('file = "raw.eml"\nfrom = "a@x.example"', "mail.0: 'file' is a whole mail: 'from' cannot stand beside it"),
        ('from = "a@x.example"\nto = "tac"\nattach = "x"', "mail.0.attach: must be a list, in square brackets"),
        (FORM + 'fill = { traking = "1" }', "mail.0.fill: the form has no field 'traking'; it has rma, company"),
    ],
)
def test_a_mail_that_cannot_be_meant_so_is_named(tmp_path: Path, mail: str, told: str) -> None:
    (tmp_path / "raw.eml").write_bytes(b"From: a@x.example\n\nx\n")
    path = written(tmp_path, mail)
    with pytest.raises(WrongSettings) as wrong:
        load_scenario(path)
    assert str(wrong.value).startswith(f"{path}: {told}")


def test_time_runs_from_start_until_until_and_every_mail_comes_between(tmp_path: Path) -> None:
    path = written(tmp_path, REQUEST)
    text = path.read_text()
    told = {
        text.replace("until = 2026-11-24", "until = 2026-11-19"): "until: is before 'start'",
        text.replace("at = 2026-11-20T10", "at = 2026-11-20T08"): "mail.0.at: 2026-11-20T08:00:00+02:00 is not between 'start' and 'until'",
        text.replace("at = 2026-11-20T10", "at = 2026-11-24T10"): "mail.0.at: 2026-11-24T10:00:00+02:00 is not between 'start' and 'until'",
    }
    for wrong, reason in told.items():
        path.write_text(wrong)
        with pytest.raises(WrongSettings) as caught:
            load_scenario(path)
        assert str(caught.value) == f"{path}: {reason}"


def test_a_form_is_filled_by_dotted_keys_with_and_without_quotes(tmp_path: Path) -> None:
    """RM4: TOML nests `line.1.serial`; a yes, a number and a day are written as a person types them."""
    fill = (
        'fill = { carrier = "DHL", tracking = 123, ship_date = 2026-11-20, '
        'line.1.quantity = 1, line.1.data_removed = true, "line.1.fault" = "x" }'
    )
    path = written(tmp_path, REQUEST, RETURN, FORM + fill)
    assert load_scenario(path).mails[2].fill == {
        "carrier": "DHL",
        "tracking": "123",
        "ship_date": "2026-11-20",
        "line.1.quantity": "1",
        "line.1.data_removed": "yes",
        "line.1.fault": "x",
    }
    done = run_command("rehearse", str(path), "--out", str(tmp_path / "out"), "--json")
    report = json.loads(done.out)
    (verification,) = (row for row in report["notices"] if row["notice"] == "rma/customer_request_verification")
    _, filled = fill_form((tmp_path / "out" / verification["file"]).read_bytes(), load_scenario(path).mails[2].fill)
    form = read_pdf_form(filled)
    assert form is not None
    assert (form.tracking, [(line.quantity, line.data_removed) for line in form.lines]) == ("123", [(1, "yes")])
    assert [row["announced"] for case in report["cases"] for row in case["lines"]] == [1]


def test_who_answers_is_known_by_the_bare_address(tmp_path: Path) -> None:
    """A display name and capitals are no other person; the mail still bears them."""
    path = written(
        tmp_path, REQUEST, 'from = "Anna I. <anna@CARPATHIA.example>"\nreply_to = "service_request/accepted"\nbody = "And slot 4."'
    )
    report = json.loads(run_command("rehearse", str(path), "--out", str(tmp_path / "out"), "--json").out)
    assert [(mail["from"], mail["verdict"], mail["case"]) for mail in report["mails"]] == [
        ("anna@carpathia.example", "opened", "SR-100001"),
        ("anna@carpathia.example", "added", "SR-100001"),
    ]


def test_what_only_the_play_shows_ends_it_with_one_line(tmp_path: Path) -> None:
    told = {
        (REQUEST, 'from = "anna@carpathia.example"\nreply_to = "service_request/accepted"\nfill = { carrier = "DHL" }'): (
            "mail 2: fill: the notice 'Re: [SR-100001] Slot 3' has no PDF form to fill\n"
        ),
        (REQUEST, RETURN, FORM + "fill = { line.7.quantity = 1 }"): "mail 3: fill: the form has no field line.7.quantity\n",
    }
    for mails, reason in told.items():
        done = run_command("rehearse", str(written(tmp_path, *mails)), "--out", str(tmp_path / "out"))
        assert (done.status, done.err) == (1, reason)
    done = run_command("rehearse", str(written(tmp_path, REQUEST, desk="h3c-partner")), "--out", str(tmp_path / "out"))
    assert (done.status, done.err) == (1, "mail 1: h3c-partner has no mailbox with the role tac; it has partner\n")


def test_a_mail_that_cannot_be_read_is_set_aside_as_it_would_be(tmp_path: Path) -> None:
    """IN2."""
    shutil.copy(HOME / "tests/fixtures/mails/broken/nested_too_deep.eml", tmp_path / "deep.eml")
    path = written(tmp_path, 'file = "deep.eml"')
    report = json.loads(run_command("rehearse", str(path), "--out", str(tmp_path / "out"), "--json").out)
    assert [(mail["verdict"], mail["reason"].partition(":")[0]) for mail in report["mails"]] == [("quarantined", "it cannot be read")]


def test_a_desk_is_found_by_its_name_beside_the_configuration_with_its_own_wording(tmp_path: Path) -> None:
    """DK3: a new desk is a folder, with templates where its wording differs."""
    own = tmp_path / "installed" / "desks" / "acme"
    shutil.copytree(HOME / "config" / "desks" / "huawei-tac", own)
    notice = own / "templates" / "en" / "service_request" / "accepted.md"
    notice.parent.mkdir(parents=True)
    notice.write_text("---\nsubject: Acme has {{ number }}\n---\nThank you.\n")
    configuration = own.parent.parent / "mailflow.toml"
    configuration.write_text((HOME / "config" / "mailflow.toml").read_text().replace('desks = ["huawei-tac"]', 'desks = ["acme"]'))
    path = written(tmp_path, REQUEST, desk="acme")
    done = run_command("rehearse", str(path), "--out", str(tmp_path / "out"), "-c", str(configuration), "--json")
    assert done.status == 0, done.err
    assert "Acme has SR-100001" in [row["subject"] for row in json.loads(done.out)["notices"]]
    unknown = run_command("rehearse", str(path), "--out", str(tmp_path / "out"))
    assert (unknown.status, unknown.err.startswith(f"{path}: desk: 'acme': there is no such desk")) == (78, True)
