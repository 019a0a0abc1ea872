"""`mailflow init`: a working configuration with one desk, from a few answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mailflow.cli.configuration import ConfigOption
from mailflow.cli.failure import CommandFailed
from mailflow.cli.init_answers import (
    Answers,
    likely_timezone,
    needed_roles,
    read_address_lines,
    read_country,
    read_host,
    read_languages,
    read_mailbox,
    read_member,
    read_name,
    read_title,
)
from mailflow.cli.init_files import SECRET_FOLDER, build_files
from mailflow.cli.output import say, visible
from mailflow.policy.desk import MailboxRole, Role
from mailflow.policy.notation import parse_zone

Answer = TypeVar("Answer")

ROLE_QUESTIONS = {
    Role.CCR: "Who takes requests in (customer care)",
    Role.CSE: "Who answers them (engineers)",
    Role.RECEIVING: "Who books returned parts (receiving)",
    Role.FINANCE: "Who writes invoices (finance)",
    Role.REVIEWER: "Who decides on certifications (reviewer)",
    Role.ESCALATION: "Who hears of escalations (manager)",
    Role.ADMIN: "Who looks after the system (admin)",
}


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the configuration goes; made where it is missing.")],
    name: Annotated[str, typer.Option("--name", help="The desk's name: letters, digits, - and _.")] = "",
    title: Annotated[str, typer.Option("--title", help="Its name as customers read it.")] = "",
    mailbox: Annotated[list[str] | None, typer.Option("--mailbox", metavar="[ROLE=]ADDRESS", help="What is read; several.")] = None,
    staff: Annotated[list[str] | None, typer.Option("--staff", metavar="ROLE=ADDRESS", help="Who works there; several.")] = None,
    country: Annotated[str, typer.Option("--country", help="Whose holidays count, e.g. PL.")] = "",
    timezone: Annotated[str, typer.Option("--timezone", help="E.g. Europe/Warsaw; else the country's.")] = "",
    languages: Annotated[str, typer.Option("--languages", help="E.g. pl,en; the first one is the desk's own.")] = "",
    imap: Annotated[str, typer.Option("--imap", metavar="HOST", help="The IMAP server.")] = "",
    smtp: Annotated[str, typer.Option("--smtp", metavar="HOST", help="The server that sends our mail.")] = "",
    border: Annotated[str, typer.Option("--border", metavar="HOST", help="Your border server's name in Authentication-Results.")] = "",
    returns_to: Annotated[str, typer.Option("--return-address", metavar="'COMPANY; STREET; TOWN; ...'", help="Where returns go.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: flags and defaults are the answers.")] = False,
    config: ConfigOption = None,  # noqa: ARG001 (every command takes it; this one writes a new one)
) -> None:
    """Ask a few questions and write a working configuration with one desk.

    Flags answer questions; without a terminal, or with --yes, nothing is asked. Nothing that exists is overwritten.
    """
    interview = _Interview(asks=not yes and sys.stdin.isatty())
    boxes = _mailboxes(interview, mailbox or [])
    domain = boxes[0][1].rpartition("@")[2]
    land = interview.ask("--country", "Country, two letters", country, "", read_country)
    answers = Answers(
        name=interview.ask("--name", "Name of the desk", name, domain.partition(".")[0], read_name),
        title=interview.ask("--title", "Its title, as customers read it", title, f"Support of {domain}", read_title),
        mailboxes=boxes,
        staff=_staff(interview, staff or [], boxes),
        country=land,
        timezone=interview.ask("--timezone", "Time zone", timezone, likely_timezone(land), parse_zone),
        languages=interview.ask("--languages", "Languages, the desk's own first", languages, "en", read_languages),
        imap=interview.ask("--imap", "IMAP server", imap, f"imap.{domain}", read_host),
        smtp=interview.ask("--smtp", "SMTP server", smtp, f"smtp.{domain}", read_host),
        return_address=_return_address(interview, returns_to, boxes),
        border=interview.ask("--border", "Border server, as Authentication-Results names it", border, f"mx.{domain}", read_host),
    )
    write(folder, build_files(answers, datetime.now(UTC).date()))
    place = visible(folder)
    say(f"""Written to {place}. What comes next:
  1. mailflow rehearse {place}/scenarios/first-day.toml --out {place}/rehearsal    what the desk would send; needs no server
  2. put the passwords into {place}/{SECRET_FOLDER}/, your customers into {place}/data/, your wording into {place}/desks/
  3. mailflow check -c {place}/mailflow.toml    until nothing is wrong; then `mailflow import` and `mailflow run`""")


@dataclass(frozen=True, slots=True)
class _Interview:
    """Asks where somebody sits at the terminal; else flags and defaults must do."""

    asks: bool

    def ask(self, flag: str, question: str, given: str, default: str, read: Callable[[str], Answer]) -> Answer:
        """Return the flag's value, else the answer to the question, else the default.

        A wrong flag ends the command; a wrong answer is asked for again.
        """
        if given or not self.asks:
            if not given and not default:
                raise typer.BadParameter("is needed where nothing can be asked", param_hint=flag)
            with _named(flag):
                return read(given or default)
        while True:
            answer = str(typer.prompt(question, default=default or None, err=True))
            try:
                return read(answer.strip())
            except ValueError as error:
                say(f"  {visible(error)}")


@contextmanager
def _named(flag: str) -> Iterator[None]:
    """Let a ValueError name the flag."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(visible(error), param_hint=flag) from None


def _mailboxes(interview: _Interview, given: list[str]) -> tuple[tuple[MailboxRole, str], ...]:
    if given:
        with _named("--mailbox"):
            boxes = tuple(read_mailbox(text) for text in given)
            addresses = [address for _, address in boxes]
            if doubled := next((one for one in addresses if addresses.count(one) > 1), ""):
                raise ValueError(f"{doubled} is given twice")
            return boxes
    question = "Address of the mailbox ([ROLE=]ADDRESS; roles: tac, receiving, escalation, partner)"
    answered = [interview.ask("--mailbox", question, "", "", read_mailbox)]
    while interview.asks and (more := str(typer.prompt("Another one, or Enter", default="", show_default=False, err=True)).strip()):
        try:
            answered.append(read_mailbox(more))
        except ValueError as error:
            say(f"  {visible(error)}")
    return tuple(dict.fromkeys(answered))


def _return_address(interview: _Interview, given: str, boxes: tuple[tuple[MailboxRole, str], ...]) -> tuple[str, ...]:
    """Ask where returns go, if the desk takes any. It may be filled in later: `mailflow check` asks for it until then."""
    if not given and (not interview.asks or all(role is MailboxRole.PARTNER for role, _ in boxes)):
        return ()
    if given:
        with _named("--return-address"):
            return read_address_lines(given)
    answer = typer.prompt("Address for returns, lines parted by ; (Enter: later)", default="", show_default=False, err=True)
    return read_address_lines(str(answer))


def _staff(interview: _Interview, given: list[str], boxes: tuple[tuple[MailboxRole, str], ...]) -> tuple[tuple[Role, str], ...]:
    """Ask for every role that the mailboxes need; Enter gives it to the member named before."""
    own = {address for _, address in boxes}

    def outside(text: str) -> tuple[Role, str]:
        role, address = read_member(text)
        if address in own:
            raise ValueError(f"{address} is a mailbox of the desk: staff need addresses of their own")
        return role, address

    with _named("--staff"):
        members = [outside(text) for text in given]
    for role in needed_roles(boxes):
        if not any(one is role for one, _ in members):
            likely = members[-1][1] if members else ""
            address = interview.ask("--staff", ROLE_QUESTIONS[role], "", likely, lambda text: outside(f"{Role.ADMIN}={text}")[1])
            members.append((role, address))
    return tuple(members)


def write(folder: Path, files: dict[str, str]) -> None:
    """Write all files or none; secrets only for this user. Raises CommandFailed where one of them is there already."""
    existing = sorted(name for name in files if (folder / name).exists())
    if existing:
        raise CommandFailed(f"{folder / existing[0]} is there already: nothing was written")
    for name, text in files.items():
        path = folder / name
        private = name.startswith(f"{SECRET_FOLDER}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if private:
            path.parent.chmod(0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    (folder / "state").mkdir(mode=0o700, exist_ok=True)
