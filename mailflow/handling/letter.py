"""A notice becomes a mail: its frame of values, its thread, its attachments, and a row in the outbox, all in the deciding transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mailflow.handling.attachment import build_attachments
from mailflow.handling.cause import Cause
from mailflow.handling.office import Office
from mailflow.handling.recipients import choose_recipients
from mailflow.message.model import Address
from mailflow.notices.compose import compose_notice
from mailflow.notices.render import Rendered
from mailflow.policy.case import Case
from mailflow.policy.case_address import case_address
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.sla import UnknownServiceLevel, read_service_level
from mailflow.store import inbound, notice

FROM_RECEIVING = ("rma/receipt_notification", "rma/return_notification_received", "rma/return_notification_rejected", "rma/disputed")
"""Letters of the receiving department; all others come from the TAC."""

TO_VENDOR = ("service_request/handover", "service_request/vendor_answer")
"""Letters to the manufacturer in the name of a member of staff: answered once like anybody's mail, and never sent to anybody else (DK1)."""

THREAD_LENGTH = 20
"""Ids of the newest mails in References."""
CUSTOMER, STAFF, VENDOR = "customer", "staff", "vendor"
"""Whose thread a mail stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFrame:
    """What a template may show of the desk, in the language of the letter."""

    title: str
    telephone: str
    signature: tuple[str, ...]
    address: str
    return_address: tuple[str, ...]
    terms: tuple[str, ...]
    return_instructions: tuple[str, ...]
    package: str
    """What the service level of the return is sold as, '' where it has no name (EN6)."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter as it goes out; answers to it go to `reply_address`."""

    rendered: Rendered
    raw: bytes
    message_id: str
    reply_address: str


def write_letter(c: Connection, office: Office, desk: Desk, case: Case | None, effect: SendNotice, cause: Cause) -> int | None:
    """Render, compose and put in the outbox. Returns the notice's id, None where nobody is left to write to.

    Raises TemplateFailed and UnsendableNotice: the transaction is rolled back and the cause set aside.
    """
    to, cc = _recipients(c, desk, case, effect, cause)
    if not to:
        return None
    letter = _write(c, office, desk, case, effect, cause, to, cc)
    return notice.add(
        c,
        case_number=case.number if case else None,
        desk=desk.name,
        name=effect.notice,
        language=letter.rendered.language,
        subject=letter.rendered.subject,
        message_id=letter.message_id,
        to=to,
        cc=cc,
        raw=letter.raw,
        text=letter.rendered.text,
        created_at=cause.at,
        at_most_once=effect.at_most_once,
        immediate_answer=effect.immediate_answer,
        to_stranger=cause.from_stranger and not effect.to_staff,
        inbound_id=cause.inbound_id,
        recipients=(*to, *cc),
        envelope_from=letter.reply_address,
    )


def _write(
    c: Connection, office: Office, desk: Desk, case: Case | None, effect: SendNotice, cause: Cause, to: tuple[str, ...], cc: tuple[str, ...]
) -> _Letter:
    language = effect.language or (desk.languages[0] if effect.to_staff or case is None else case.language)
    mailbox = _mailbox(desk, effect)
    reply_address = case_address(office.address_key, mailbox, case.number) if case else mailbox
    greeted = {"recipient_name": case.customer_name if case is not None and case.customer in to else ""}
    values = {**_frame(desk, case, mailbox, reply_address, language, cause.at), **greeted, **effect.values}
    rendered = office.templates_of(desk).render(effect.notice, (language, *desk.languages), values)
    message_id = f"{office.new_id()}@{mailbox.rpartition('@')[2]}"
    in_reply_to, references = _thread(c, desk, case, effect, cause)
    raw = compose_notice(
        rendered,
        sender=Address(mailbox, desk.wording.title),
        to=to,
        cc=cc,
        reply_to=reply_address,
        message_id=message_id,
        in_reply_to=in_reply_to,
        references=references,
        date=cause.at,
        auto_submitted=_written_by(effect, cause),
        desk=desk.name,
        language=rendered.language,
        attachments=build_attachments(c, office, desk, case, effect, values, cause),
    )
    return _Letter(rendered, raw, message_id, reply_address)


def _recipients(c: Connection, desk: Desk, case: Case | None, effect: SendNotice, cause: Cause) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """To and Cc, nobody twice and without the desk's own addresses: a loop (IN7); customers' as `choose_recipients` has it."""
    to = tuple(dict.fromkeys(one for one in effect.to if one and not desk.is_mailbox(one)))
    cc = tuple(dict.fromkeys(one for one in effect.cc if one and one not in to and not desk.is_mailbox(one)))
    # Where the manufacturer cannot be reached nobody else gets its mail.
    inside = effect.to_staff or effect.notice in TO_VENDOR
    return (to, cc) if inside or not to else choose_recipients(c, desk, case, effect.notice, to, cc, cause)


def _written_by(effect: SendNotice, cause: Cause) -> str:
    """The keyword of RFC 3834: what a person had written is no machine's."""
    if effect.notice in TO_VENDOR:
        return "no"
    return "auto-replied" if cause.inbound_id else "auto-generated"


def _mailbox(desk: Desk, effect: SendNotice) -> str:
    role = MailboxRole.RECEIVING if effect.notice in FROM_RECEIVING else MailboxRole.TAC
    return desk.mailbox(role).address


def _frame(desk: Desk, case: Case | None, mailbox: str, reply_address: str, language: str, now: datetime) -> Mapping[str, Any]:
    wording = desk.wording
    return {
        "number": case.number if case else "",
        "case": case,
        "desk": DeskFrame(
            title=wording.title,
            telephone=wording.telephone,
            signature=tuple(_in_language(wording.signature, language, "").splitlines()),
            address=mailbox,
            return_address=wording.return_address,
            terms=_in_language(wording.terms, language, ()),
            return_instructions=_in_language(wording.return_instructions, language, ()),
            package=_package(desk, case),
        ),
        "reply_address": reply_address,
        "timezone": case.timezone if case else desk.calendar.timezone,
        "language": language,
        "now": now,
    }


def _package(desk: Desk, case: Case | None) -> str:
    level = getattr(case.details, "service_level", "") if case else ""
    try:
        return desk.wording.packages.get(read_service_level(level).full_name, "")
    except UnknownServiceLevel:
        return ""


def _in_language(words: Mapping[str, Any], language: str, nothing: Any) -> Any:
    return words.get(language, words.get("en", next(iter(words.values()), nothing)))


def _thread(c: Connection, desk: Desk, case: Case | None, effect: SendNotice, cause: Cause) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References so that the letter stands in the reader's own thread (OUT1).

    Customers see their mails and our letters to them, the manufacturer its own (DK1); staff the rest, and nothing of one shows in another.
    """
    if case is None:
        asked = cause.mail.message_id if cause.mail is not None and cause.mail.sender.address in effect.to else ""
        return asked, (asked,) if asked else ()
    side = STAFF if effect.to_staff else _side(case, desk, *effect.to)
    chain: list[str] = []
    for number in filter(None, (case.parent if case.kind == "rma" else None, case.number)):
        chain += _message_ids(c, number, case, desk, side)
    # The mail being handled gets its case with its verdict, after its letters are written.
    if cause.mail is not None and cause.mail.message_id and _side(case, desk, cause.mail.sender.address) == side:
        chain = [one for one in chain if one != cause.mail.message_id] + [cause.mail.message_id]
    return (chain[-1] if chain else ""), tuple(dict.fromkeys((*chain[:1], *chain[1:][-THREAD_LENGTH:])))


def _side(case: Case, desk: Desk, *addresses: str) -> str:
    """Whose thread a mail from or to the addresses stands in."""
    if any(address in case.participants for address in addresses):
        return CUSTOMER
    return VENDOR if any(desk.is_vendor(address) for address in addresses) else STAFF


def _message_ids(c: Connection, number: str, case: Case, desk: Desk, side: str) -> list[str]:
    mails = [
        (row.received_at, row.message_id) for row in inbound.of_case(c, number) if row.message_id and _side(case, desk, row.sender) == side
    ]
    letters = [
        (written_at, message_id) for written_at, message_id, to in notice.thread_of_case(c, number) if _side(case, desk, *to) == side
    ]
    return [message_id for _, message_id in sorted((*mails, *letters), key=lambda pair: pair[0])]
