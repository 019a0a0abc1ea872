"""The demo played once, for real, into a folder; everything is checked against what lies there afterwards."""

from __future__ import annotations

import email
import email.policy
import html.parser
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailflow.scenario.demo import STORY
from mailflow.scenario.play import rehearse
from mailflow.scenario.scenario import load_scenario
from mailflow.store import notice

DIGEST = "staff-digest"


@dataclass(frozen=True)
class Evening:
    """What one run left: its exit code, what it printed on both outputs, and the folder."""

    code: int
    printed: str
    complaints: str
    out: Path

    def names(self) -> list[str]:
        return [file.name.removesuffix(".eml").partition("-")[2] for file in self.files()]

    def files(self) -> list[Path]:
        return sorted(self.out.glob("*.eml"))

    def newest(self, name: str) -> EmailMessage:
        file = [file for file in self.files() if file.name.endswith(f"-{name}.eml")][-1]
        return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    out = tmp_path_factory.mktemp("demo")
    (out / "my-notes.txt").write_text("not yours", encoding="utf-8")
    (out / "999-of-an-earlier-run.eml").write_text("old", encoding="utf-8")
    command = [sys.executable, "-m", "mailflow", "demo", "--out", str(out)]
    # The console asks the environment how wide it is.
    ended = subprocess.run(command, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, timeout=100, check=False)
    return Evening(ended.returncode, ended.stdout, ended.stderr, out)


def test_the_story_ends_as_told(evening: Evening) -> None:
    assert evening.printed.splitlines()[-7:-2] == [
        next(line for line in evening.printed.splitlines() if "mails came in" in line),
        "  SR-100001    closed       router down again!!!",
        "  SR-100002    closed       router down again!!!",
        "  RMA-100001   closed       router down again!!!",
        "  RMA-100002   invoiced     router down again!!!",
    ]
    assert (evening.code, evening.complaints) == (0, "")


def test_every_act_of_the_story_is_printed(evening: Evening) -> None:
    acts = re.findall(r"(?m)^(One|Two|Three|Four|Five|Six|Seven): ", evening.printed)
    assert acts == ["One", "Two", "Three", "Four", "Five", "Six", "Seven"]


def test_the_forgotten_return_is_reminded_of_three_times_and_then_handed_to_finance(evening: Evening) -> None:
    told = Counter(evening.names())
    wanted = ("rma-reminder", "rma-final_notice", "rma-invoice_request", "rma-invoice_notice")
    assert {name: told[name] for name in wanted} == {"rma-reminder": 3, **dict.fromkeys(wanted[1:], 1)}


def test_the_dates_are_those_of_the_customers_calendar(evening: Evening) -> None:
    dates = {
        name: evening.newest(name)["Date"].datetime.isoformat() for name in ("rma-reminder", "rma-final_notice", "rma-invoice_request")
    }
    assert dates == {
        "rma-reminder": "2026-12-29T09:00:00+00:00",
        "rma-final_notice": "2026-12-30T09:00:00+00:00",
        "rma-invoice_request": "2027-01-07T09:00:00+00:00",
    }


def test_the_return_form_travels_out_and_comes_back(evening: Evening) -> None:
    carriers = [
        file.name.partition("-")[2] for file in evening.files() if b'filename="RMA-100001-return-notification.pdf"' in file.read_bytes()
    ]
    assert carriers == ["rma-customer_request_verification.eml", "from-anna-lind.eml", "service_request-customer_message.eml"]


def test_the_stranger_reads_nothing_of_the_case(evening: Evening) -> None:
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in evening.files()]
    to_stranger = [mail for mail in mails if "max@elsewhere.example" in str(mail["To"])]
    texts = [part.get_content() for mail in to_stranger for part in mail.walk() if part.get_content_maintype() == "text"]
    leaks = [word for text in texts for word in ("Anna", "Northwind", "2102350DNR10N4000077") if word in text]
    assert (len(to_stranger), leaks) == (1, [])


def test_the_page_shows_every_mail_and_needs_no_network(evening: Evening) -> None:
    page = (evening.out / "index.html").read_text(encoding="utf-8")
    shown, linked = _Page.read(page)
    assert shown == len(evening.files())
    assert sorted(linked) == sorted(_relative(evening.out))
    assert re.findall(r"(?i)<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//", page) == []


def test_frames_run_no_scripts(evening: Evening) -> None:
    page = (evening.out / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'<iframe sandbox="([^"]*)"', page)) == {"allow-same-origin"}


def test_files_of_others_stay_and_those_of_an_earlier_run_go(evening: Evening) -> None:
    assert (evening.out / "my-notes.txt").read_text(encoding="utf-8") == "not yours"
    assert not (evening.out / "999-of-an-earlier-run.eml").exists()


def test_the_same_story_rehearsed_sends_the_same_letters(evening: Evening) -> None:
    """One player: real servers and a simulated clock differ in the digests alone, which a rehearsal writes every morning."""
    with rehearse(load_scenario(STORY)) as played, played.database.read() as c:
        rehearsed = [(row.name.replace("/", "-"), row.created_at) for row in notice.all_since(c, 0)]
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in evening.files()]
    sent = [(name, mail["Date"].datetime) for name, mail in zip(evening.names(), mails, strict=True) if not name.startswith("from-")]
    assert sorted(one for one in sent if one[0] != DIGEST) == sorted(one for one in rehearsed if one[0] != DIGEST)


class _Page(html.parser.HTMLParser):
    """Counts the mails of the page and collects its links to files."""

    def __init__(self) -> None:
        super().__init__()
        self.mails = 0
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.mails += tag == "article"
        if tag == "a":
            self.links.append(values.get("href") or "")

    @classmethod
    def read(cls, page: str) -> tuple[int, list[str]]:
        reader = cls()
        reader.feed(page)
        return reader.mails, reader.links


def _relative(out: Path) -> list[str]:
    files = [*out.glob("*.eml"), *(out / "attachments").iterdir()]
    return [file.relative_to(out).as_posix() for file in files]
