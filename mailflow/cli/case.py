"""`mailflow case`: all that is known of one case."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, open_database
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import as_plain, moment, print_facts, print_heading, print_json, print_table
from mailflow.cli.wording import english, print_deadlines, print_journal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailflow.notices.wording import Wording
    from mailflow.policy.case import Case
    from mailflow.store.deadline import DeadlineRow
    from mailflow.store.inbound import InboundRow
    from mailflow.store.journal import JournalRow
    from mailflow.store.notice import NoticeRow
    from mailflow.store.outbox import OutboxRow

SHOWN_APART = ("details", "participants", "version")


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All rows of one case, as `--json` prints them."""

    case: Case
    children: list[str]
    deadlines: list[DeadlineRow]
    mails: list[InboundRow]
    notices: list[NoticeRow]
    deliveries: list[OutboxRow]
    journal: list[JournalRow]


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


def _gather(c: Connection, number: str) -> CaseFile:
    from mailflow.store import case as case_rows
    from mailflow.store import deadline, inbound, journal, notice, outbox

    case = case_rows.load(c, number) or case_rows.load(c, number.upper())
    if case is None:
        raise CommandFailed(f"there is no case {number}")
    return CaseFile(
        case=case,
        children=[child.number for child in case_rows.children(c, case.number)],
        deadlines=deadline.of_case(c, case.number),
        mails=inbound.of_case(c, case.number),
        notices=notice.list_of_case(c, case.number),
        deliveries=outbox.list_rows(c, case_number=case.number),
        journal=journal.of_case(c, case.number),
    )


def _show(found: CaseFile, words: Wording) -> None:
    case = found.case
    zone = case.timezone
    local = words.in_zone(zone)
    facts = {name: value for name, value in vars_of(case).items() if name not in SHOWN_APART}
    facts |= {"participants": case.participants, "children": tuple(found.children)}
    print_facts((name.replace("_", " "), _fact(value, zone)) for name, value in facts.items())
    _show_details(case.details, zone)
    print_heading("Deadlines")
    print_deadlines(found.deadlines, local)
    print_heading("Mails")
    print_table(
        ("id", "arrived", "from", "verdict", "subject"),
        ((row.id, moment(row.received_at, zone), row.sender, row.state, row.subject) for row in found.mails),
    )
    print_heading("Notices")
    ways: dict[int, list[str]] = {}
    for one in found.deliveries:
        ways.setdefault(one.notice_id, []).append(f"{one.recipient}: {one.state}" + (" (came back)" if one.bounced_at else ""))
    print_table(
        ("written", "notice", "delivery", "subject"),
        ((moment(row.created_at, zone), row.name, ", ".join(ways.get(row.id, ())), row.subject) for row in found.notices),
    )
    print_heading("Journal")
    print_journal(found.journal, local)


def vars_of(value: object) -> dict[str, object]:
    """Map the fields of a frozen value by name."""
    return {field.name: getattr(value, field.name) for field in fields(value)} if is_dataclass(value) else {}


def _show_details(details: object, zone: str) -> None:
    facts = vars_of(details)
    facts.pop("units", None)  # shown line by line below
    lines = getattr(details, "lines", ())
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


def _fact(value: object, zone: str) -> object:
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, tuple):
        return "\n".join(str(_fact(item, zone)) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{name} {_fact(item, zone)}" for name, item in vars_of(value).items() if item not in ("", None, ()))
    return as_plain(value)
