"""The files that a customer sent to a case, for whoever takes the case over (DK1)."""

from __future__ import annotations

from sqlalchemy import Connection

from mailflow.message.model import Attachment
from mailflow.message.parse import parse_mail
from mailflow.policy.case import Case
from mailflow.store import inbound

SIGNATURE_PICTURE = 50 * 1024
"""Bytes up to which a picture within the text is taken for a signature's logo; a photo of the fault is larger."""


def case_files(c: Connection, case: Case) -> tuple[Attachment, ...]:
    """What the participants' mails carried, oldest first, the same file once. Mails that were too large to be read are left out."""
    files: dict[bytes, Attachment] = {}
    for row in inbound.of_case(c, case.number):
        if row.sender not in case.participants or row.oversize:
            continue
        for attachment in parse_mail(inbound.load(c, row.id).raw).attachments:
            if not (attachment.embedded and len(attachment.content) < SIGNATURE_PICTURE):
                files.setdefault(attachment.content, attachment)
    return tuple(files.values())
