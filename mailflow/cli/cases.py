"""`mailflow cases`: which cases there are and where they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, open_database
from mailflow.cli.output import as_plain, moment, print_json, print_table


def command(
    state: Annotated[str | None, typer.Option(help="Only cases in this state, e.g. 'in repair'.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only this type: service_request, rma.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only cases that are overdue or have a deadline in the past.")] = False,
    assignee: Annotated[str | None, typer.Option(help="Only cases of this member of staff.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List cases in order of opening."""
    from mailflow.store import case as case_rows

    with open_database(config) as (settings, database), database.read() as c:
        cases = case_rows.list_cases(
            c,
            kind=kind,
            state=state,
            assignee=assignee.lower() if assignee else None,
            overdue_at=datetime.now(UTC) if overdue else None,
        )
    if as_json:
        print_json([as_plain(case) for case in cases])
        return
    zone = settings.desks[0].calendar.timezone
    print_table(
        ("number", "type", "state", "priority", "customer", "assignee", "opened", "subject"),
        (
            (
                case.number,
                case.kind.replace("_", " "),
                case.state,
                case.priority,
                case.company or case.customer,
                case.assignee,
                moment(case.opened_at, zone),
                case.subject,
            )
            for case in cases
        ),
    )
