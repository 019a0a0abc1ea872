"""`mailflow case`: all that is known of one case."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, open_database
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import as_plain, moment, print_facts, print_heading, print_json, print_table
from mailflow.cli.wording import english, print_deadlines, print_journal

SHOWN_APART = ("details", "participants", "version")


def command(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The case's number, e.g. SR-100001.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show all of one case: facts, deadlines, mails, notices, journal."""
    with open_database(config) as (settings, database):
        with database.read() as c:
            found = _gather(c, number)
        if as_json:
            print_json(found)
        else:
            _show(found, english(settings))


def _gather(c: Any, number: str) -> dict[str, Any]:
    from mailflow.store import case as case_rows
    from mailflow.store import deadline, inbound, journal, notice, outbox

    case = case_rows.load(c, number) or case_rows.load(c, number.upper())
    if case is None:
        raise CommandFailed(f"there is no case {number}")
    return {
        "case": case,
        "children": [child.number for child in case_rows.children(c, case.number)],
        "deadlines": deadline.of_case(c, case.number),
        "mails": inbound.of_case(c, case.number),
        "notices": notice.list_of_case(c, case.number),
        "deliveries": outbox.list_rows(c, case_number=case.number),
        "journal": journal.of_case(c, case.number),
    }


def _show(found: dict[str, Any], words: Any) -> None:
    case = found["case"]
    zone = case.timezone
    told = words.in_zone(zone)
    facts = {name: value for name, value in vars_of(case).items() if name not in SHOWN_APART}
    facts |= {"participants": case.participants, "children": tuple(found["children"])}
    print_facts((name.replace("_", " "), _fact(value, zone)) for name, value in facts.items())
    _show_details(case.details, zone)
    print_heading("Deadlines")
    print_deadlines(found["deadlines"], told)
    print_heading("Mails")
    print_table(
        ("id", "arrived", "from", "verdict", "subject"),
        ((row.id, moment(row.received_at, zone), row.sender, row.state, row.subject) for row in found["mails"]),
    )
    print_heading("Notices")
    print_table(("written", "notice", "delivery", "subject"), (_notice(row, found["deliveries"], zone) for row in found["notices"]))
    print_heading("Journal")
    print_journal(found["journal"], told)


def vars_of(value: Any) -> dict[str, Any]:
    """The fields of a frozen value by name."""
    from dataclasses import fields

    return {field.name: getattr(value, field.name) for field in fields(value)}


def _show_details(details: Any, zone: str) -> None:
    if details is None:
        return
    facts = vars_of(details)
    lines = facts.pop("lines", ())
    print_heading("Details")
    print_facts((name.replace("_", " "), _fact(value, zone)) for name, value in facts.items() if not name.endswith("_steps"))
    if lines:
        print_table(
            ("part", "description", "serials", "authorised", "announced", "received", "waived", "outstanding"),
            (
                (
                    line.part_number,
                    line.description,
                    ", ".join(line.serials),
                    line.authorised,
                    line.announced_quantity,
                    line.received,
                    line.waived,
                    line.outstanding,
                )
                for line in lines
            ),
        )


def _fact(value: Any, zone: str) -> object:
    from dataclasses import is_dataclass
    from datetime import datetime

    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, tuple):
        return "\n".join(str(_fact(item, zone)) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{name} {_fact(item, zone)}" for name, item in vars_of(value).items() if item not in ("", None, ()))
    return as_plain(value)


def _notice(row: Any, deliveries: list[Any], zone: str) -> tuple[object, ...]:
    states = [f"{one.recipient}: {one.state}" + (" (came back)" if one.bounced_at else "") for one in deliveries if one.notice_id == row.id]
    return moment(row.created_at, zone), row.name, ", ".join(states), row.subject
