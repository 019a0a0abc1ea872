"""`mailflow explain`: the verdict of a stored mail and every step to it (BX2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, open_database
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import moment, print_facts, print_heading, print_json, print_table
from mailflow.cli.queue import LARGEST_NUMBER
from mailflow.cli.read import print_route
from mailflow.cli.wording import english, print_journal
from mailflow.message.model import Hop, UnreadableMail

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailflow.notices.wording import Wording
    from mailflow.store.inbound import InboundRow
    from mailflow.store.journal import JournalRow
    from mailflow.store.notice import NoticeRow


def command(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The mail's number, or its Message-ID.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Explain what became of a mail and why."""
    with open_database(config) as (settings, database):
        with database.read() as c:
            found = [_gather(c, id) for id in _find(c, message)]
        if as_json:
            print_json(found)
        else:
            words = english(settings)
            for one in found:
                _show(one, words)


def _find(c: Connection, message: str) -> list[int]:
    from mailflow.store import inbound

    if message.isdecimal():
        try:
            return [inbound.load(c, min(int(message), LARGEST_NUMBER)).id]
        except inbound.UnknownMail:
            raise CommandFailed(f"there is no stored mail {message}") from None
    found = inbound.find_by_message_id(c, message.strip("<> "))
    if not found:
        raise CommandFailed(f"no stored mail has the Message-ID {message}")
    return [row.id for row in found]


@dataclass(frozen=True)
class Explanation:
    """A stored mail with what became of it; `route` is empty for one that cannot be read."""

    mail: InboundRow
    route: tuple[Hop, ...]
    journal: list[JournalRow]
    notices: list[NoticeRow]


def _gather(c: Connection, id: int) -> Explanation:
    from mailflow.message.mime.parse import parse_mail, read_route
    from mailflow.store import inbound, journal, notice

    row = inbound.load(c, id)
    try:
        route = read_route(parse_mail(row.raw))
    except UnreadableMail:
        route = ()
    return Explanation(row, route, journal.of_inbound(c, id), notice.of_inbound(c, id))


def _show(found: Explanation, words: Wording) -> None:
    row = found.mail
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
    print_route(found.route)
    if found.journal:
        print_heading("Step by step")
        print_journal(found.journal, words)
    if found.notices:
        print_heading("Notices it caused")
        print_table(("notice", "to", "subject"), ((one.name, ", ".join((*one.to, *one.cc)), one.subject) for one in found.notices))
