"""Stories that do not end as told: what did not come is named, the mails so far are kept, and the demonstration fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailflow.scenario.demo import STORY, run_demo

HEAD = """
desk = "huawei-tac"
start = 2026-12-03T08:50:00+00:00
until = 2026-12-03T10:00:00+00:00
person = [{ name = "TAC", address = "tac@tac.example", side = "desk" }]

[[mail]]
at = 2026-12-03T08:52:00+00:00
from = "anna@northwind.example"
to = "tac"
subject = "help"
body = "the router is down"
"""


def tell(folder: Path, rest: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, list[str]]:
    """Exit code, the line that says where the story broke off, and the names of the mails."""
    story = folder / "story.toml"
    story.write_text(HEAD + rest, "utf-8")
    code = run_demo(folder / "out", False, story)
    printed = " ".join(capsys.readouterr().out.split())
    broke = printed.partition("The story broke off: ")[2].partition(". See")[0]
    return code, broke, sorted(path.name for path in (folder / "out").glob("*.eml"))


MAILS = ["001-from-anna-northwind.example.eml", "002-service_request-information_request.eml", "003-service_request-customer_message.eml"]


def test_a_letter_that_did_not_come_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = '[[mail]]\nat = 2026-12-03T09:00:00+00:00\nfrom = "fay@tac.example"\nreply_to = "rma/invoice_request"\nbody = "ok"\n'
    told = "mail 2: fay@tac.example has received no rma/invoice_request by 2026-12-03T09:00:00+00:00"
    assert tell(tmp_path, answer, capsys) == (1, told, MAILS)


def test_a_state_that_is_not_the_one_foretold_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = "SR-100001 should be closed, but is awaiting information"
    assert tell(tmp_path, '[ending]\nSR-100001 = "closed"\n', capsys) == (1, told, MAILS)


def test_the_shipped_story_tells_how_each_of_its_cases_ends() -> None:
    assert STORY.read_text("utf-8").count(' = "closed"\n') == 3
