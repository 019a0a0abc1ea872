"""`mailflow read`: people's view, JSON, and the line-by-line service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.command import run_command
from tests.journeys.installation import HOME

MAIL = b"""From: "Anna [red]Kowalska[/red]" <anna@customer.example>
To: tac@tac.example
Subject: Slot 3 is down
Date: Fri, 20 Nov 2026 09:05:00 +0100
Message-ID: <a1@customer.example>
Content-Type: text/plain; charset=utf-8

Slot 3 \x1b[31m is down.

> old text
"""


def stored(folder: Path, name: str = "one.eml", content: bytes = MAIL) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_person_sees_who_wrote_what(tmp_path: Path) -> None:
    done = run_command("read", str(stored(tmp_path)), cwd=tmp_path)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[:6] == [
        "from            anna@customer.example",
        "name            Anna [red]Kowalska[/red]",
        "to              tac@tac.example",
        "subject         Slot 3 is down",
        "date            2026-11-20T08:05:00+00:00",
        "message id      a1@customer.example",
    ]
    assert "new text\n--------\nSlot 3 \\x1b[31m is down.\n" in done.out


def test_a_person_sees_the_way_of_a_mail_with_the_time_that_each_server_took(tmp_path: Path) -> None:
    way = b"""Received: from mx.tac.example by store.tac.example with LMTP id 9; Fri, 20 Nov 2026 09:02:10 +0100
Received: from laptop by mx.tac.example with ESMTPSA id 3; Fri, 20 Nov 2026 09:00:03 +0100
"""
    path = str(stored(tmp_path, content=way + MAIL))
    shown = run_command("read", path, cwd=tmp_path).out.partition("route\n-----\n")[2].splitlines()
    assert [row.split() for row in (shown[0], *shown[2:4])] == [
        ["by", "from", "with", "at", "delay"],
        ["mx.tac.example", "laptop", "ESMTPSA", "2026-11-20", "08:00:03+00:00"],
        ["store.tac.example", "mx.tac.example", "LMTP", "2026-11-20", "08:02:10+00:00", "0:02:07"],
    ]
    (described,) = json.loads(run_command("read", "--json", path, cwd=tmp_path).out)
    assert [(hop["by_host"], hop["delay"]) for hop in described["route"]] == [("mx.tac.example", None), ("store.tac.example", 127)]


def test_json_is_one_array_with_null_for_what_cannot_be_read(tmp_path: Path) -> None:
    done = run_command("read", "--json", str(stored(tmp_path)), str(tmp_path / "none.eml"))
    first, second = json.loads(done.out)
    assert (first["file"], first["subject"], first["message_id"]) == (str(tmp_path / "one.eml"), "Slot 3 is down", "a1@customer.example")
    assert (second, done.status, done.err) == (None, 1, f"{tmp_path}/none.eml: No such file or directory\n")


def test_each_path_is_answered_with_one_line_before_the_next_is_asked(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mailflow", "read", "--jsonl"]
    subjects = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HOME) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for path in (stored(tmp_path), tmp_path / "none.eml", stored(tmp_path, "ą.eml")):
            process.stdin.write(f"{path}\n".encode())
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            subjects.append(answer and answer["subject"])
        process.stdin.close()
        assert process.wait(20) == 0
    assert subjects == ["Slot 3 is down", None, "Slot 3 is down"]


def test_a_mail_comes_by_standard_input_too() -> None:
    done = run_command("read", "--json", "-", stdin=MAIL)
    assert json.loads(done.out)[0]["from_addr"] == "anna@customer.example"


def test_a_configuration_tells_which_border_server_is_ours(tmp_path: Path) -> None:
    stamp = b"Authentication-Results: mx.tac.example; dmarc=pass header.from=customer.example\n"
    path = str(stored(tmp_path, content=stamp + MAIL))
    shipped = str(HOME / "config" / "mailflow.toml")
    genuine = [
        json.loads(run_command("read", "--json", *more, path, cwd=tmp_path).out)[0]["auth"]["genuine"] for more in ((), ("-c", shipped))
    ]
    assert genuine == [False, True]


def test_the_configuration_that_is_there_counts_and_a_broken_one_stops_nothing(tmp_path: Path) -> None:
    """Contract: without -c, config/mailflow.toml; its secrets are not needed."""
    stamp = b"Authentication-Results: mx.tac.example; dmarc=pass header.from=customer.example\n"
    path, there = str(stored(tmp_path, content=stamp + MAIL)), tmp_path / "config" / "mailflow.toml"
    there.parent.mkdir()
    there.write_text((HOME / "config" / "mailflow.toml").read_text())
    assert json.loads(run_command("read", "--json", path, cwd=tmp_path).out)[0]["auth"]["genuine"] is True
    there.write_text("nonsense = 1\n")
    done = run_command("read", "--json", path, cwd=tmp_path)
    assert (done.status, json.loads(done.out)[0]["auth"]["genuine"]) == (0, False)
    assert done.err.startswith("read without a configuration: config/mailflow.toml: ")
    assert run_command("read", "--json", "-c", str(there), path, cwd=tmp_path).status == 78


def test_reading_nothing_is_a_wrong_use() -> None:
    assert run_command("read").status == 2
