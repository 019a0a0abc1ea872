"""`mailflow outbox`: mails on their way out, and what a person decides about those that hang."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, demand_known, hand_down, open_database
from mailflow.cli.console import console_user
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import as_plain, moment, print_block, print_facts, print_heading, print_json, print_line, print_table

app = typer.Typer(help="Mails on their way out: list, show, retry, release, discard.", invoke_without_command=True)

DeliveryNumber = Annotated[int, typer.Argument(metavar="ID", help="The delivery's number in the list.")]
UNSENT = ("waiting", "leased", "held", "failed")
STATES = (*UNSENT, "discarded", "sent")


@app.callback()
def list_by_default(context: typer.Context, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    if context.invoked_subcommand is None:
        list_deliveries(as_json=as_json, config=config)
    else:
        hand_down(context, config, as_json=as_json)


@app.command("list")
def list_deliveries(
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(STATES)}; else those that still want sending.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List deliveries, one a recipient, in the order in which they were written."""
    from mailflow.store import outbox

    demand_known(state, STATES, "--state")
    with open_database(config) as (settings, database), database.read() as c:
        rows = [row for one in ([state] if state else UNSENT) for row in outbox.list_rows(c, state=one)]
    rows.sort(key=lambda row: row.id)
    if as_json:
        print_json(rows)
        return
    zone = settings.desks[0].calendar.timezone
    print_table(
        ("id", "written", "state", "to", "case", "notice", "tries", "next try", "reason"),
        (
            (
                row.id,
                moment(row.created_at, zone),
                row.state,
                row.recipient,
                row.case_number,
                row.notice,
                row.attempts,
                moment(row.next_try_at, zone) if row.state == "waiting" else "",
                row.reason,
            )
            for row in rows
        ),
    )


@app.command()
def show(number: DeliveryNumber, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a delivery and the mail it carries."""
    from mailflow.store import notice

    with open_database(config) as (settings, database), database.read() as c:
        row = _load(c, number)
        letter = notice.load(c, row.notice_id)
    if as_json:
        print_json({**as_plain(row), "subject": letter.subject if letter else "", "text": letter.text if letter else ""})
        return
    zone = settings.desks[0].calendar.timezone
    plain = {name: getattr(row, name) for name in as_plain(row)}
    shown = ((name, moment(value, zone) if isinstance(value, datetime) else value) for name, value in plain.items())
    print_facts((name.replace("_", " "), value) for name, value in shown)
    if letter:
        print_heading(letter.subject)
        print_block(letter.text)


@app.command()
def retry(number: DeliveryNumber, config: ConfigOption = None) -> None:
    """Send a failed or held mail again, at once."""
    _send(config, number, ("failed", "held"))


@app.command()
def release(number: DeliveryNumber, config: ConfigOption = None) -> None:
    """Let a held mail go. Where a first copy may have arrived, the recipient gets a second one."""
    _send(config, number, ("held",))


@app.command()
def discard(
    number: DeliveryNumber,
    reason: Annotated[str, typer.Option(help="Why; kept with the delivery.")] = "given up by an admin",
    config: ConfigOption = None,
) -> None:
    """Give a waiting, held or failed mail up: it is not sent to this recipient, and settled."""
    from mailflow.store import outbox

    now = datetime.now(UTC)
    with open_database(config) as (_, database), database.write() as c:
        row = _load(c, number)
        if not outbox.discard(c, number, reason=reason, at=now):
            raise CommandFailed(f"delivery {number} is {row.state}: only a waiting, held or failed one can be given up")
        _note(c, row, "delivery discarded", f"{reason} (it was {': '.join(filter(None, (row.state, row.reason)))})", now)
    print_line(f"delivery {number} is given up")


def _send(config: Any, number: int, from_states: tuple[str, ...]) -> None:
    from mailflow.store import outbox

    now = datetime.now(UTC)
    with open_database(config) as (_, database), database.write() as c:
        row = _load(c, number)
        if row.state not in from_states or not outbox.retry(c, number, now):
            raise CommandFailed(f"delivery {number} is {row.state}, not {' or '.join(from_states)}")
        _note(c, row, "delivery retried", row.reason, now)
    print_line(f"delivery {number} waits to be sent")


def _load(c: Any, number: int) -> Any:
    from mailflow.store import outbox

    row = outbox.load(c, number)
    if row is None:
        raise CommandFailed(f"there is no delivery {number}")
    return row


def _note(c: Any, row: Any, what: str, text: str, at: datetime) -> None:
    from mailflow.store import journal

    told = f"{row.notice} to {row.recipient}: {text}"
    journal.write(c, case_number=row.case_number, desk=row.desk, at=at, who=console_user(), what=what, text=told)
