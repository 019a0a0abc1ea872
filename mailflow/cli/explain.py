"""`mailflow explain`: the verdict of a stored mail and every step to it (BX2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, open_database
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import moment, print_facts, print_heading, print_json, print_table
from mailflow.cli.wording import english, print_journal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailflow.notices.wording import Wording
    from mailflow.store.inbound import InboundRow


def command(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The mail's number, or its Message-ID.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Explain what became of a mail and why."""
    with open_database(config) as (settings, database):
        with database.read() as c:
            found = [_gather(c, row) for row in _find(c, message)]
        if as_json:
            print_json(found)
        else:
            words = english(settings)
            for one in found:
                _show(one, words)


def _find(c: Connection, message: str) -> list[InboundRow]:
    from mailflow.store import inbound

    if message.isdigit():
        try:
            return [inbound.load(c, int(message))]
        except inbound.UnknownMail:
            raise CommandFailed(f"there is no stored mail {message}") from None
    found = inbound.find_by_message_id(c, message.strip("<> "))
    if not found:
        raise CommandFailed(f"no stored mail has the Message-ID {message}")
    return found


def _gather(c: Connection, row: InboundRow) -> dict[str, Any]:
    from mailflow.store import journal, notice

    return {"mail": row, "journal": journal.of_inbound(c, row.id), "notices": notice.of_inbound(c, row.id)}


def _show(found: dict[str, Any], words: Wording) -> None:
    row = found["mail"]
    zone = words.timezone
    print_facts(
        (
            ("mail", row.id),
            ("message id", row.message_id),
            ("mailbox", f"{row.mailbox} (UID {row.uid} of {row.uidvalidity})"),
            ("arrived", moment(row.received_at, zone)),
            ("stored", moment(row.stored_at, zone)),
            ("from", row.sender),
            ("subject", row.subject),
            ("verdict", row.state if row.state != "received" else "none yet: it waits to be handled"),
            ("rule", row.rule),
            ("reason", row.reason),
            ("case", row.case_number),
            ("same mail as", row.duplicate_of),
            ("handled", moment(row.handled_at, zone)),
        )
    )
    if found["journal"]:
        print_heading("Step by step")
        print_journal(found["journal"], words)
    if found["notices"]:
        print_heading("Notices it caused")
        print_table(("notice", "to", "subject"), ((one.name, ", ".join((*one.to, *one.cc)), one.subject) for one in found["notices"]))
