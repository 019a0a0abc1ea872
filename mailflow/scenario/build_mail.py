"""A scenario's mail as its sender's mail client builds it at its moment: what it answers, its numbers and forms come from the play."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import Connection

from mailflow.message.documents.return_form import UnknownField
from mailflow.policy.desk import Desk
from mailflow.scenario.mail_client import attach, fill_form, write_answer, write_mail
from mailflow.scenario.scenario import Scenario, ScenarioMail
from mailflow.store import case as case_rows
from mailflow.store import notice

NEWEST = re.compile(r"{(sr|rma|certification|code)}")
KINDS = {"sr": "service_request", "rma": "rma", "certification": "certification"}
CONFIRM = re.compile(r"/confirm (\w+)")


class CannotPlay(ValueError):
    """A mail of the scenario cannot be made, or the play does not go on: which one and why."""


def build_mail(c: Connection, desk: Desk, scenario: Scenario, mail: ScenarioMail, number: int) -> bytes:
    """Build the mail with this number in the scenario, without our border's stamp. Raises CannotPlay."""
    if mail.file:
        return (scenario.folder / mail.file).read_bytes()
    try:
        message = _write(c, desk, mail, f"rehearsal-{number}@{mail.address.rpartition('@')[2]}")
    except LookupError as impossible:
        raise CannotPlay(f"mail {number}: {impossible.args[0]}") from impossible
    for name in mail.attach:
        attach(message, Path(name).name, (scenario.folder / name).read_bytes())
    for name, value in mail.headers.items():
        message[name] = value
    return message.as_bytes()


def _write(c: Connection, desk: Desk, mail: ScenarioMail, message_id: str) -> EmailMessage:
    """Write the fresh mail or the answer. Raises LookupError with the reason why it cannot be made."""
    body = NEWEST.sub(lambda blank: _newest(c, blank[1]), mail.body)
    if not mail.reply_to:
        boxes = {box.role.value: box.address for box in reversed(desk.mailboxes)}
        if "@" not in mail.to and mail.to not in boxes:
            raise LookupError(f"{desk.name} has no mailbox with the role {mail.to}; it has {', '.join(sorted(boxes))}")
        to = boxes.get(mail.to, mail.to)
        subject = NEWEST.sub(lambda blank: _newest(c, blank[1]), mail.subject)
        return write_mail(sender=mail.sender, to=[to], cc=mail.cc, subject=subject, body=body, at=mail.at, message_id=message_id)
    answered = notice.newest_to(c, mail.reply_to, mail.address, mail.case)
    if answered is None:
        of_case = f" of {mail.case}" if mail.case else ""
        raise LookupError(f"{mail.address} has received no {mail.reply_to}{of_case} by {mail.at.isoformat()}")
    inline = mail.client == "inline"
    message = write_answer(answered.raw, sender=mail.sender, body=body, at=mail.at, message_id=message_id, inline=inline)
    if mail.fill:
        try:
            attach(message, *fill_form(answered.raw, mail.fill))
        except (LookupError, UnknownField) as impossible:
            raise LookupError(f"fill: {impossible.args[0]}") from impossible
    return message


def _newest(c: Connection, blank: str) -> str:
    """Find what a placeholder stands for now. Raises LookupError where there is none yet."""
    if blank == "code":
        asked = notice.newest(c, "staff/confirmation_request")
        if found := CONFIRM.search(asked.text if asked else ""):
            return found[1]
        raise LookupError("{code} is used before a confirmation was asked for")
    if cases := case_rows.list_cases(c, kind=KINDS[blank]):
        return cases[-1].number
    raise LookupError(f"{{{blank}}} is used before there is a {KINDS[blank].replace('_', ' ')}")
