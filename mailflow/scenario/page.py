"""The mails of the story in a folder: each as `.eml`, its attachments beside it, and one page that shows them all."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from email.message import EmailMessage
from pathlib import Path

from jinja2 import Environment

from mailflow.scenario.letters import Cast, Letter
from mailflow.scenario.scenario import Scenario

ATTACHMENTS = "attachments"
OWN_FILE = re.compile(r"\d{3}-[^/]+$")
PAGE_NAME = "index.html"
TEMPLATE = Path(__file__).with_name("index.html.jinja")
QUOTE = re.compile(r"(?m)^(?:On .{1,200} wrote:\n)?(?:^>.*\n?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One letter as the page shows it. `html` is the HTML part, '' where there is none; `pieces` are (quoted, text) of the plain one,
    `attachments` (name, address relative to the page, size as people read it).

    `chapter` and `shown_day` are set where a new one begins; `gap` is the number of days since the last mail, 0 where none was left out.
    """

    letter: Letter
    file: str
    time: str
    to: str
    html: str
    pieces: tuple[tuple[bool, str], ...]
    attachments: tuple[tuple[str, str, str], ...]
    chapter: str
    shown_day: str
    gap: int
    christmas: bool
    """Whether the days left out hold 25 December."""


def write_page(out: Path, scenario: Scenario, cast: Cast, letters: Sequence[Letter]) -> None:
    """Write everything. Files of an earlier run in this folder are taken away, all others stay."""
    for file in out.glob("[0-9][0-9][0-9]-*.eml"):
        file.unlink()
    folder = out / ATTACHMENTS
    if folder.is_dir() and all(OWN_FILE.match(file.name) for file in folder.iterdir()):
        shutil.rmtree(folder)
    zone = scenario.start.tzinfo
    sheets = [_write_sheet(out, cast, zone, letter, last) for letter, last in zip(letters, (None, *letters), strict=False)]
    incoming = sum(1 for letter in letters if not letter.outgoing)
    customer = next((person.name.split()[0] for person in scenario.person if person.side == "customer"), "Customer")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    html = template.render(
        title=scenario.title,
        customer=customer,
        sheets=sheets,
        incoming=incoming,
        outgoing=len(letters) - incoming,
        days=(letters[-1].at - letters[0].at).days if letters else 0,
    )
    (out / PAGE_NAME).write_text(html, encoding="utf-8")


def _write_sheet(out: Path, cast: Cast, zone: tzinfo | None, letter: Letter, last: Letter | None) -> Sheet:
    """Write the letter's files, and say what the page shows of it after the last one."""
    mail = email.message_from_bytes(letter.raw, policy=email.policy.default)
    what = letter.notice.replace("/", "-") if letter.outgoing else f"from-{letter.sender.partition(',')[0]}"
    file = f"{letter.number:03d}-{_safe(what).lower()}.eml"
    (out / file).write_bytes(letter.raw)
    html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    at = letter.at.astimezone(zone)
    begins = last is None or letter.chapter != last.chapter
    before = last.at.astimezone(zone).date() if last else at.date()
    gap = (at.date() - before).days
    return Sheet(
        letter=letter,
        file=file,
        time=f"{at:%H:%M}",
        to=cast.names(letter.recipients),
        html=str(html.get_content()) if html is not None else "",
        pieces=() if html is not None or plain is None else tuple(_pieces("\n".join(str(plain.get_content()).splitlines()))),
        attachments=tuple(_write_attachments(out, letter.number, mail)),
        chapter=letter.chapter if begins else "",
        shown_day=f"{at:%A} {at.day} {at:%B %Y}" if begins or gap else "",
        gap=gap if gap > 1 else 0,
        christmas=gap > 1 and before < date(before.year, 12, 25) < at.date(),
    )


def _write_attachments(out: Path, number: int, mail: EmailMessage) -> Iterator[tuple[str, str, str]]:
    for part in mail.iter_attachments() if mail.is_multipart() else ():
        content = part.get_payload(decode=True)
        name = part.get_filename() or ""
        if not isinstance(content, bytes) or not name:
            continue
        (out / ATTACHMENTS).mkdir(exist_ok=True)
        file = f"{ATTACHMENTS}/{number:03d}-{_safe(name)}"
        (out / file).write_bytes(content)
        yield name, file, f"{max(1, round(len(content) / 1024))} kB"


def _safe(name: str) -> str:
    """Make a file name of harmless characters, whatever a mail called it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:80] or "unnamed"


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Cut the text into (quoted, text): what was written and what is only quoted."""
    end = 0
    for match in QUOTE.finditer(text):
        if written := text[end : match.start()].strip("\n"):
            yield False, written
        yield True, match[0].rstrip("\n")
        end = match.end()
    if rest := text[end:].strip("\n"):
        yield False, rest
