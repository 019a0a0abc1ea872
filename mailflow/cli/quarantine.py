"""`mailflow quarantine`: mails set aside, and what a person decides about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, hand_down, open_database
from mailflow.cli.console import console_user
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import as_plain, moment, print_block, print_facts, print_heading, print_json, print_line, print_table, say
from mailflow.policy.triage import HELD, NO_SENDER, NOT_GENUINE, TOO_LARGE, UNREADABLE

app = typer.Typer(help="Mails set aside: list, show, retry, release, discard.", invoke_without_command=True)

INSTEAD = {
    NOT_GENUINE: "what comes in the name of staff counts only when it is genuine; ask {sender} to send it again by your own mail server",
    NO_SENDER: "it names nobody who could be answered; look at it (`show {number}`), and open a case with /new where it is worth one",
    UNREADABLE: "it cannot be read as a mail; look at it (`show {number}`), or `retry` it with a mailflow that can",
    TOO_LARGE: "only its header was fetched; ask {sender} for smaller mails, or raise size_limit_mb for those to come",
}
"""Why a mail of a rule in `HELD` is not released, and what to do in place of it."""

MailNumber = Annotated[int, typer.Argument(metavar="ID", help="The mail's number in the list.")]


@app.callback()
def list_by_default(context: typer.Context, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    if context.invoked_subcommand is None:
        list_mails(as_json=as_json, config=config)
    else:
        hand_down(context, config, as_json=as_json)


@app.command("list")
def list_mails(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List mails that were set aside, oldest first."""
    from mailflow.store import inbound

    with open_database(config) as (settings, database), database.read() as c:
        rows = inbound.list_quarantined(c)
    if as_json:
        print_json(rows)
        return
    zone = settings.desks[0].calendar.timezone
    print_table(
        ("id", "arrived", "mailbox", "from", "subject", "reason"),
        (
            (
                row.id,
                moment(row.received_at, zone),
                row.mailbox,
                row.sender,
                row.subject,
                ": ".join(filter(None, (row.rule, row.reason))),
            )
            for row in rows
        ),
    )


@app.command()
def show(number: MailNumber, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a stored mail as it came."""
    with open_database(config) as (settings, database), database.read() as c:
        row = _load(c, number)
    if row.state != "quarantined":
        say(f"mail {row.id} is not in quarantine: it is {row.state}")
    if as_json:
        print_json({**as_plain(row), "raw": row.raw.decode("utf-8", "backslashreplace")})
        return
    zone = settings.desks[0].calendar.timezone
    print_facts(
        (
            ("mail", row.id),
            ("mailbox", row.mailbox),
            ("arrived", moment(row.received_at, zone)),
            ("state", row.state),
            ("rule", row.rule),
            ("reason", row.reason),
            ("bytes", row.size),
        )
    )
    print_heading("As it came")
    print_block(row.raw.decode("utf-8", "backslashreplace"))


@app.command()
def retry(number: MailNumber, config: ConfigOption = None) -> None:
    """Handle a mail again by the same rules, e.g. after a repair."""
    _put_back(config, number, released=False)


@app.command()
def release(number: MailNumber, config: ConfigOption = None) -> None:
    """Let a mail through: it is handled although it looks suspicious. Never a forged one of staff, nor what cannot be handled (OUT6)."""
    _put_back(config, number, released=True)


@app.command()
def discard(
    number: MailNumber,
    reason: Annotated[str, typer.Option(help="Why; kept with the mail.")] = "seen by an admin",
    config: ConfigOption = None,
) -> None:
    """Give a mail up: it is ignored from now on, and still kept."""
    from mailflow.store import inbound

    now = datetime.now(UTC)
    with open_database(config) as (settings, database), database.write() as c:
        row = _load(c, number)
        _demand(inbound.discard(c, number, reason=reason, at=now), row)
        _note(c, settings, row, "discarded", reason, now)
    print_line(f"mail {number} is ignored")


def _put_back(config: Any, number: int, *, released: bool) -> None:
    from mailflow.store import inbound

    with open_database(config) as (settings, database), database.write() as c:
        row = _load(c, number)
        if released and row.state == "quarantined" and row.rule in HELD:
            raise CommandFailed(f"mail {number} is not released: {INSTEAD[row.rule].format(number=number, sender=row.sender)}")
        _demand(inbound.requeue(c, number, released=released), row)
        _note(c, settings, row, "released" if released else "retried", row.reason, datetime.now(UTC))
    print_line(f"mail {number} waits to be handled")


def _load(c: Any, number: int) -> Any:
    from mailflow.store import inbound

    try:
        return inbound.load(c, number)
    except inbound.UnknownMail:
        raise CommandFailed(f"there is no stored mail {number}") from None


def _demand(done: bool, row: Any) -> None:
    if not done:
        raise CommandFailed(f"mail {row.id} is not in quarantine: it is {row.state}")


def _note(c: Any, settings: Any, row: Any, what: str, text: str, at: datetime) -> None:
    from mailflow.store import journal

    desk = settings.desk_of_mailbox(row.mailbox).name
    journal.write(c, case_number=None, desk=desk, at=at, who=console_user(), what=what, text=text, inbound_id=row.id)
