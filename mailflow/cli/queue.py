"""One group of commands for both queues in which mails hang: list, show, retry, release, discard. A queue says what may be decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, demand_known, hand_down, open_database
from mailflow.cli.output import as_plain, moment, print_block, print_facts, print_heading, print_json, print_line, print_table

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from mailflow.settings import Settings

Row = TypeVar("Row")

LARGEST_NUMBER = 2**63 - 1
"""Of a row, in both databases."""

Number = Annotated[int, typer.Argument(metavar="ID", max=LARGEST_NUMBER, help="The number in the list.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Generic[Row]):
    """Rows of one table that wait for a person."""

    help: str
    noun: str
    """What a row is, e.g. mail."""
    columns: tuple[str, ...]
    cells: Callable[[Row, str], tuple[object, ...]]
    """One line of the list; instants are shown in the time zone."""
    states: tuple[str, ...] = ()
    """What `list --state` takes; none where there is nothing to choose."""
    list_rows: Callable[[Connection, str | None], Sequence[Row]]
    """Rows of a state, or all that want a decision."""
    load: Callable[[Connection, int], Row]
    """Raises CommandFailed for a number that no row has."""
    content: Callable[[Connection, Row], Mapping[str, str]]
    """What the row carries, by JSON name; people see the last text, under the first one where there are two."""
    acts: Mapping[str, str]
    """retry, release and discard, each with its help."""
    usual_reason: str
    """Why somebody discards a row who gives no reason."""
    decide: Callable[[Connection, Settings, Row, str, str, datetime], str]
    """Do an act (its name, the reason) and keep it in the journal; what the row is from now on. Raises CommandFailed."""


def build_queue(queue: Queue[Row]) -> typer.Typer:
    """Build the commands of a queue."""
    app = typer.Typer(help=queue.help, invoke_without_command=True)

    @app.callback()
    def list_by_default(context: typer.Context, as_json: JsonOption = False, config: ConfigOption = None) -> None:
        if context.invoked_subcommand is None:
            _list(queue, None, as_json, config)
        else:
            hand_down(context, config, as_json=as_json)

    @app.command("list", help=f"List each {queue.noun}, the oldest first.")
    def list_rows(
        state: str | None = typer.Option(None, hidden=not queue.states, help=f"{', '.join(queue.states)}; else what wants a decision."),
        as_json: JsonOption = False,
        config: ConfigOption = None,
    ) -> None:
        demand_known(state, queue.states, "--state")
        _list(queue, state, as_json, config)

    @app.command(help=f"Show a {queue.noun} and what it carries.")
    def show(number: Number, as_json: JsonOption = False, config: ConfigOption = None) -> None:
        _show(queue, number, as_json, config)

    @app.command(help=queue.acts["retry"])
    def retry(number: Number, config: ConfigOption = None) -> None:
        _decide(queue, "retry", number, "", config)

    @app.command(help=queue.acts["release"])
    def release(number: Number, config: ConfigOption = None) -> None:
        _decide(queue, "release", number, "", config)

    @app.command(help=queue.acts["discard"])
    def discard(
        number: Number,
        reason: str = typer.Option(queue.usual_reason, help=f"Why; kept with the {queue.noun}."),
        config: ConfigOption = None,
    ) -> None:
        _decide(queue, "discard", number, reason, config)

    return app


def _list(queue: Queue[Row], state: str | None, as_json: bool, config: Path | None) -> None:
    with open_database(config) as (settings, database), database.read() as c:
        rows = queue.list_rows(c, state)
    zone = settings.desks[0].calendar.timezone
    if as_json:
        print_json(rows)
    else:
        print_table(queue.columns, (queue.cells(row, zone) for row in rows))


def _show(queue: Queue[Row], number: int, as_json: bool, config: Path | None) -> None:
    with open_database(config) as (settings, database), database.read() as c:
        row = queue.load(c, number)
        texts = queue.content(c, row)
    if as_json:
        print_json({**as_plain(row), **texts})
        return
    zone = settings.desks[0].calendar.timezone
    values = ((name, getattr(row, name)) for name in as_plain(row))
    print_facts((name.replace("_", " "), moment(value, zone) if isinstance(value, datetime) else value) for name, value in values)
    *heading, text = texts.values()
    print_heading(heading[0] if heading else "As it came")
    print_block(text)


def _decide(queue: Queue[Row], act: str, number: int, reason: str, config: Path | None) -> None:
    with open_database(config) as (settings, database), database.write() as c:
        outcome = queue.decide(c, settings, queue.load(c, number), act, reason, datetime.now(UTC))
    print_line(f"{queue.noun} {number} {outcome}")
