"""What mailflow understands of a mail, without a case, as plain data for `mailflow read --jsonl`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from mailflow.message.bounce import read_bounce
from mailflow.message.customer.request import extract_request
from mailflow.message.mime.parse import parse_mail, read_route
from mailflow.message.model import Extracted, Kind, Mail, UnreadableMail
from mailflow.message.reference import find_case_numbers, find_case_tokens
from mailflow.message.reply import cut_reply
from mailflow.message.sender import find_nature, read_authentication

_EXTRACTED = tuple(field.name for field in dataclasses.fields(Extracted))
# What machines report about mails of ours asks for nothing.
_NOTHING_ASKED = frozenset({Kind.BOUNCE, Kind.FEEDBACK, Kind.RECEIPT})


def describe_mail(
    raw: bytes,
    *,
    own_addresses: frozenset[str] = frozenset(),
    mailboxes: Iterable[str] = (),
    prefixes: Iterable[str] = ("SR-", "RMA-"),
    authserv_id: str = "",
    known_serials: Callable[[str], bool] | None = None,
) -> dict[str, object] | None:
    """Describe all that is read from a mail, as plain values and dataclasses; None for an unreadable one, which would be set aside.

    `extracted` holds the fields of IN4 that were found, `reply_token` the first signed case address (unverified).
    """
    try:
        mail = parse_mail(raw)
    except UnreadableMail:
        return None
    nature = find_nature(mail, own_addresses)
    bounce = read_bounce(mail, raw) if nature.kind is Kind.BOUNCE else None
    cut = cut_reply(mail.text)
    asks = nature.kind not in _NOTHING_ASKED
    extracted = extract_request(mail.subject, cut.own_words, known_serials=known_serials) if asks else Extracted()
    tokens = find_case_tokens(mail, mailboxes)
    return _headers(mail) | {
        "body": mail.text,
        "body_alt": mail.alternative_text,
        "reply_text": cut.reply.new_text,
        "attachments": [part.name for part in mail.attachments],
        "encrypted": mail.encrypted,
        "route": list(read_route(mail)),
        "flaws": list(mail.flaws),
        "verdict": {"kind": nature.kind.value, "rule": nature.rule},
        "is_auto": nature.kind is Kind.AUTOMATIC,
        "is_bounce": nature.kind is Kind.BOUNCE,
        "bounced": [one.address for one in bounce.recipients] if bounce else [],
        "bounced_message_id": bounce.original_message_id if bounce else "",
        "extracted": {name: value for name in _EXTRACTED if (value := getattr(extracted, name))},
        "reply_token": tokens[0] if tokens else None,
        "case_numbers": list(find_case_numbers(f"{mail.subject}\n{mail.text}", prefixes)),
        "auth": dataclasses.asdict(read_authentication(mail, authserv_id)),
    }


def _headers(mail: Mail) -> dict[str, object]:
    return {
        "from_addr": mail.sender.address,
        "from_name": mail.sender.name,
        "to": [address.address for address in mail.to],
        "cc": [address.address for address in mail.cc],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else "",
        "references": list(mail.references),
    }
