"""What mailflow understands of a mail, as plain data for `mailflow read --jsonl`."""

from __future__ import annotations

from typing import Any

from mailflow.message.bounce import read_bounce
from mailflow.message.model import Kind, UnreadableMail
from mailflow.message.nature import find_nature, is_automatic
from mailflow.message.parse import parse_mail
from mailflow.message.reply import split_reply


def describe_mail(raw: bytes) -> dict[str, Any] | None:
    try:
        mail = parse_mail(raw)
    except UnreadableMail:
        return None
    nature = find_nature(mail, frozenset())
    bounce = read_bounce(mail, raw) if nature.kind is Kind.BOUNCE else None
    return {
        "verdict": f"{nature.kind}: {nature.rule}",
        "is_auto": is_automatic(nature),
        "is_bounce": nature.kind is Kind.BOUNCE,
        "bounced": [one.address for one in bounce.recipients] if bounce else [],
        "from_addr": mail.sender.address,
        "from_name": mail.sender.name,
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else "",
        "references": list(mail.references),
        "body": mail.text,
        "body_alt": mail.alternative_text,
        "reply_text": split_reply(mail.text).new_text,
        "attachments": [a.name for a in mail.attachments],
    }
