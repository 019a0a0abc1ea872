"""The files that a customer sent to a case, for whoever takes the case over (DK1)."""

from __future__ import annotations

from sqlalchemy import Connection

from mailflow.message.model import Attachment
from mailflow.message.parse import parse_mail
from mailflow.message.set_aside import is_signature_picture
from mailflow.policy.case import Case
from mailflow.store import inbound


def case_files(c: Connection, case: Case) -> tuple[Attachment, ...]:
    """What the participants' mails carried, oldest first, the same file once. Mails that were too large to be read are left out."""
    files: dict[bytes, Attachment] = {}
    for row in inbound.of_case(c, case.number):
        if row.sender not in case.participants or row.oversize:
            continue
        for attachment in parse_mail(inbound.load(c, row.id).raw).attachments:
            if not is_signature_picture(attachment):
                files.setdefault(attachment.content, attachment)
    return tuple(files.values())
