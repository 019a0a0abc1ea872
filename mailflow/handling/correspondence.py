"""What was written on a case and what was done with it: for a manager who has never seen it (SR6), and for who takes it over (SR5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from mailflow.handling.reading import above_forwarded, find_customer_lines
from mailflow.message.forwarded import find_forwarded
from mailflow.message.parse import parse_mail
from mailflow.message.reply import split_reply
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.customer_message import NOTICE
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.facts import CustomerWords
from mailflow.policy.triage import Verdict
from mailflow.store import given_command, inbound, notice
from mailflow.store.inbound import InboundRow

Moment = tuple[datetime, Step]

MOST_MESSAGES, MOST_CHANGES = 4, 12
"""Of the timeline: the last messages of people, beside the opening mail, and the last changes."""
LONGEST_EXCERPT = 160
FEW_WORDS = 10
"""STATUS with a greeting and a name; a longer mail says something of its own."""
CHANGES = {
    "service_request/accepted": "told_accepted",
    "service_request/information_request": "told_information_request",
    "service_request/handover": "told_handover",
    "service_request/response_breached": "told_breached",
    "service_request/resolved": "told_resolved",
    "service_request/closed": "told_closed",
    "rma/customer_request_verification": "told_return",
}
"""Letters that mark a change of the case, with the sentence that says so."""
COMMANDS = ("/assign", "/priority", "/reopen", "/entitled", "/merge")
"""Commands that change the case without a letter to its customer."""


def timeline(c: Connection, desk: Desk, case: Case, rmas: Sequence[Case]) -> tuple[Moment, ...]:
    """The opening, what changed since, and the last messages of people, oldest first; no STATUS and no automatic reply among them."""
    numbers = (case.number, *(rma.number for rma in rmas))
    mails = sorted((row for number in numbers for row in inbound.of_case(c, number)), key=lambda row: row.received_at)
    told = [row for row in mails if row.state in (Verdict.OPENED, Verdict.ADDED)]
    changes = sorted((*_letters(c, numbers), *_commands(c, numbers)), key=lambda moment: moment[0])
    messages = [*_of_customer(c, desk, case, told[1:]), *_of_staff(c, numbers, mails)]
    messages.sort(key=lambda moment: moment[0])
    opening = [(row.received_at, _said("told_opened", row, _words(c, desk, row))) for row in told[:1]]
    return tuple(sorted((*opening, *changes[-MOST_CHANGES:], *messages[-MOST_MESSAGES:]), key=lambda moment: moment[0]))


def customer_words(c: Connection, desk: Desk, case: Case) -> CustomerWords | None:
    """The first and the last mail of the customer's side; None where there is none that can be read."""
    rows = [row for row in inbound.of_case(c, case.number) if row.state in (Verdict.OPENED, Verdict.ADDED)]
    theirs = [row for row in rows[1:] if row.sender in case.participants and not _asks_only_for_status(desk, case, _words(c, desk, row))]
    if not rows:
        return None
    last = theirs[-1] if theirs else rows[0]
    relayed = [row for row in notice.list_of_case(c, case.number) if row.name == NOTICE]
    readers = tuple(dict.fromkeys(address for row in relayed if row.inbound_id == last.id for address in row.to))
    sender = last.sender if last.sender in case.participants else case.customer or last.sender
    # Of the first mail all is new to who takes over, what it forwards included.
    opening = _words(c, desk, rows[0]) if desk.roles_of(rows[0].sender) else _body(c, rows[0]).strip()
    return CustomerWords(sender=sender, opening=opening, last=_words(c, desk, last) if theirs else "", readers=readers)


def _letters(c: Connection, numbers: Iterable[str]) -> list[Moment]:
    rows = (row for number in numbers for row in notice.list_of_case(c, number) if row.name in CHANGES)
    return [(row.created_at, Step(CHANGES[row.name], {"number": row.case_number or ""})) for row in rows]


def _commands(c: Connection, numbers: Iterable[str]) -> list[Moment]:
    given = (one for number in numbers for one in given_command.of_case(c, number) if one.line.lower().startswith(COMMANDS))
    return [(one.at, Step("told_command", {"by": one.by, "line": one.line})) for one in given if not one.undone]


def _of_customer(c: Connection, desk: Desk, case: Case, rows: Iterable[InboundRow]) -> list[Moment]:
    theirs = [row for row in rows if row.sender in case.participants][-3 * MOST_MESSAGES :]
    words = ((row, _words(c, desk, row)) for row in theirs)
    return [(row.received_at, _said("told_wrote", row, said)) for row, said in words if not _asks_only_for_status(desk, case, said)]


def _of_staff(c: Connection, numbers: Iterable[str], mails: Iterable[InboundRow]) -> list[Moment]:
    """What staff wrote to the customer."""
    by_id = {row.id: row for row in mails}
    letters = [row for number in numbers for row in notice.list_of_case(c, number) if row.name == "service_request/staff_message"]
    sent = [by_id[one.inbound_id] for one in letters[-MOST_MESSAGES:] if one.inbound_id in by_id]
    return [(row.received_at, _said("told_answered", row, split_reply(_body(c, row)).new_text)) for row in sent]


def _said(name: str, row: InboundRow, text: str) -> Step:
    """Who wrote, with the first words; without any the subject speaks."""
    return Step(name, {"by": row.sender, "text": _excerpt(text) or row.subject})


def _excerpt(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    while len(lines) > 1 and len(lines[0]) <= 40 and lines[0].endswith((",", "!", "，", "！", "：", ":")):
        del lines[0]
    joined = " ".join(lines)
    return joined if len(joined) <= LONGEST_EXCERPT else f"{joined[:LONGEST_EXCERPT].rsplit(' ', 1)[0]} …"


def _words(c: Connection, desk: Desk, row: InboundRow) -> str:
    """What the customer's side wrote; of a mail by which staff opened the case, what they pass on or took down (SR10)."""
    if not desk.roles_of(row.sender):
        return split_reply(_body(c, row)).new_text.strip()
    forwarded = find_forwarded(parse_mail(inbound.load(c, row.id).raw))
    if forwarded is not None:
        return forwarded.text.strip()
    lines = above_forwarded(split_reply(_body(c, row)).new_text).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("/")).strip()


def _body(c: Connection, row: InboundRow) -> str:
    mail = parse_mail(inbound.load(c, row.id).raw)
    return mail.text or mail.alternative_text


def _asks_only_for_status(desk: Desk, case: Case, said: str) -> bool:
    today = calendar_for(case.country, case.timezone, desk.calendar).local_day(case.opened_at)
    lines = find_customer_lines(said, (case.language, *desk.languages), today, tuple(desk.number_prefixes.values()))
    return len(said.split()) <= FEW_WORDS and any(line.kind == "status" for line in lines)
