"""`mailflow cases`: which cases there are and where they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, demand_known, open_database
from mailflow.cli.output import as_plain, moment, print_json, print_table


def command(
    state: Annotated[str | None, typer.Option(help="Only cases in this state, e.g. 'in repair'.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only this type: service_request, rma, certification.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only cases that are overdue or have a deadline in the past.")] = False,
    assignee: Annotated[str | None, typer.Option(help="Only cases of this member of staff.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List cases in order of opening."""
    from mailflow.cases import CASE_TYPES
    from mailflow.store import case as case_rows

    demand_known(kind, CASE_TYPES, "--type")
    lifecycles = [CASE_TYPES[one].lifecycle for one in ([kind] if kind else CASE_TYPES)]
    demand_known(state, dict.fromkeys(known.name for lifecycle in lifecycles for known in lifecycle.states), "--state")
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
