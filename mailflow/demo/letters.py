"""The mails of the story as people see them: one letter for all its recipients, with what mailflow made of it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr

from sqlalchemy import Connection

from mailflow.demo.cast import BY_ADDRESS, Person
from mailflow.demo.narration import sentence_for
from mailflow.demo.post_office import Carried, bare_address
from mailflow.store import inbound, notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`outgoing` letters are mailflow's. `sides` are customer, staff, finance or stranger: whose mailbox or pen it was.

    `notice` names an outgoing letter, `verdict` says what became of an incoming one; `why` is the story's sentence on it,
    `chapter` the part of the story in which it came.
    """

    number: int
    at: datetime
    outgoing: bool
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    sides: tuple[str, ...]
    case: str
    raw: bytes
    chapter: str = ""
    why: str = ""
    notice: str = ""
    verdict: str = ""
    reason: str = ""

    @property
    def mail(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)


def read_letters(c: Connection, carried: Iterable[Carried], first: int, chapter: str, writer: Person | None, why: str) -> list[Letter]:
    """Letters of newly carried mails, numbered from `first`. `writer` wrote the first incoming one, for the reason `why`."""
    letters: dict[str, Letter] = {}
    for one in carried:
        mail = email.message_from_bytes(one.raw, policy=email.policy.default)
        message_id = str(mail["Message-ID"] or "").strip("<> ")
        if message_id in letters:
            known = letters[message_id]
            sides = dict.fromkeys((*known.sides, *_sides(one, None, known.outgoing, "")))
            letters[message_id] = replace(known, recipients=(*known.recipients, one.recipient), sides=tuple(sides))
            continue
        outgoing = not one.mailbox
        letters[message_id] = Letter(
            number=first + len(letters),
            at=one.at,
            outgoing=outgoing,
            sender=_writer_of(mail, writer, outgoing),
            recipients=(one.recipient,),
            subject=str(mail["Subject"] or ""),
            message_id=message_id,
            sides=_sides(one, writer, outgoing, str(mail["From"] or "")),
            case="",
            raw=one.raw,
            chapter=chapter,
        )
        writer = writer if outgoing else None
    return [_judged(c, letter, why if position == 0 else "") for position, letter in enumerate(letters.values())]


def _writer_of(mail: EmailMessage, writer: Person | None, outgoing: bool) -> str:
    if outgoing:
        return "mailflow"
    return writer.name if writer else str(mail["From"]).partition("<")[0].strip(' "')


def _sides(one: Carried, writer: Person | None, outgoing: bool, author: str) -> tuple[str, ...]:
    if writer is not None and not outgoing:
        return (writer.side,)
    person = BY_ADDRESS.get(bare_address(one.recipient) if outgoing else parseaddr(author)[1].lower())
    return (person.side if person else "stranger",)


def _judged(c: Connection, letter: Letter, why: str) -> Letter:
    """With what the books of mailflow say of it."""
    if letter.outgoing:
        row = notice.by_message_id(c, letter.message_id)
        name = row.name if row else ""
        return replace(letter, notice=name, case=(row.case_number or "") if row else "", why=sentence_for(name))
    rows = inbound.find_by_message_id(c, letter.message_id)
    if not rows:
        return replace(letter, why=why)
    verdict = rows[0].state
    return replace(
        letter, why=why or sentence_for(verdict), verdict=verdict, case=rows[0].case_number or "", reason=rows[0].reason or rows[0].rule
    )
