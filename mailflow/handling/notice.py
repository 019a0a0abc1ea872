"""A notice becomes a letter: its readers, its frame of values, its thread, its attachments, and a row in the outbox, all in the
deciding transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from mailflow.cases import CASE_TYPES, traits_of
from mailflow.handling.attachments import build_attachments
from mailflow.handling.recipients import choose_recipients, find_limit
from mailflow.handling.work import Work
from mailflow.message.model import Address
from mailflow.notices.compose import LetterAttachment, compose_letter
from mailflow.notices.render import Rendered
from mailflow.policy.case import Case
from mailflow.policy.case_address import case_address
from mailflow.policy.case_type import Trait
from mailflow.policy.decision import NoticeValues, SendNotice, Sentence
from mailflow.policy.desk import Desk, MailboxRole, Role
from mailflow.store import inbound, notice

T = TypeVar("T")

THREAD_LENGTH = 20
"""Ids of the newest mails in References."""
USED_UP = "its share of automatic mail is used up"
DAY = timedelta(hours=24)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """Who gets a letter, from which mailbox, and where answers to it go."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    mailbox: str
    reply_address: str
    message_id: str


def write_notice(work: Work, case: Case | None, effect: SendNotice) -> int | None:
    """Render, compose and put in the outbox. Returns the notice's id, None where nobody is left to write to.

    Raises TemplateFailed and UnsendableLetter: the transaction is rolled back and the trigger set aside.
    """
    to, cc = choose_recipients(work, case, effect)
    if not to:
        return None
    role = MailboxRole.RECEIVING if Trait.FROM_RECEIVING in traits_of(effect.notice) else MailboxRole.TAC
    mailbox = work.desk.mailbox(role).address
    reply_address = case_address(work.services.address_key, mailbox, case.number) if case else mailbox
    message_id = f"{work.services.new_id()}@{mailbox.rpartition('@')[2]}"
    head = _Head(to=to, cc=cc, mailbox=mailbox, reply_address=reply_address, message_id=message_id)
    values = _values(work, case, effect, head)
    languages = (str(values["language"]), *work.desk.languages)
    rendered = work.services.templates_of(work.desk).render(effect.notice, languages, values)
    return notice.add(
        work.c,
        case_number=case.number if case else None,
        desk=work.desk.name,
        name=effect.notice,
        language=rendered.language,
        subject=rendered.subject,
        message_id=message_id,
        to=to,
        cc=cc,
        raw=_compose(work, case, effect, head, rendered, build_attachments(work, case, effect, values)),
        text=rendered.text,
        created_at=work.now,
        at_most_once=effect.at_most_once,
        immediate_answer=effect.immediate_answer,
        to_stranger=work.trigger.from_stranger and not effect.to_staff,
        inbound_id=work.trigger.inbound_id,
        recipients=(*to, *cc),
        envelope_from=reply_address,
    )


def _values(work: Work, case: Case | None, effect: SendNotice, head: _Head) -> NoticeValues:
    """The notice's own values, and those that every letter may show."""
    desk = work.desk
    language = effect.language or (desk.languages[0] if effect.to_staff or case is None else case.language)
    return {
        "number": case.number if case else "",
        "case": case,
        "desk": _frame(desk, case, head.mailbox, language),
        "reply_address": head.reply_address,
        "timezone": case.timezone if case else desk.calendar.timezone,
        "language": language,
        "now": work.now,
        "recipient_name": case.customer_name if case is not None and case.customer in head.to else "",
        **effect.values,
    }


def _compose(
    work: Work, case: Case | None, effect: SendNotice, head: _Head, rendered: Rendered, attachments: tuple[LetterAttachment, ...]
) -> bytes:
    in_reply_to, references = _thread(work, case, effect)
    # RFC 3834: what a person had written is no machine's.
    automatic = "auto-replied" if work.trigger.inbound_id else "auto-generated"
    return compose_letter(
        rendered,
        sender=Address(head.mailbox, work.desk.wording.title),
        to=head.to,
        cc=head.cc,
        reply_to=head.reply_address,
        message_id=head.message_id,
        in_reply_to=in_reply_to,
        references=references,
        date=work.now,
        auto_submitted="no" if Trait.TO_VENDOR in traits_of(effect.notice) else automatic,
        desk=work.desk.name,
        language=rendered.language,
        attachments=attachments,
    )


def _frame(desk: Desk, case: Case | None, mailbox: str, language: str) -> DeskFrame:
    wording = desk.wording
    level = CASE_TYPES[case.kind].service_level_of(case) if case else ""
    package = wording.packages.get(level, "")
    return DeskFrame(
        title=wording.title,
        telephone=wording.telephone,
        signature=tuple(_in_language(wording.signature, language, "").splitlines()),
        address=mailbox,
        return_address=wording.return_address,
        terms=_in_language(wording.terms, language, ()),
        return_instructions=_in_language(wording.return_instructions, language, ()),
        package=package,
    )


def _in_language(words: Mapping[str, T], language: str, nothing: T) -> T:
    return words.get(language, words.get("en", next(iter(words.values()), nothing)))


def _thread(work: Work, case: Case | None, effect: SendNotice) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References so that the letter stands in the reader's own thread (OUT1).

    Customers see their mails and our letters to them, the manufacturer its own (DK1); staff the rest, and nothing of one shows in another.
    """
    mail = work.trigger.mail
    if case is None:
        asked = mail.message_id if mail is not None and mail.sender.address in effect.to else ""
        return asked, (asked,) if asked else ()
    side = STAFF if effect.to_staff else _side(case, work.desk, *effect.to)
    chain: list[str] = []
    for number in filter(None, (case.parent if CASE_TYPES[case.kind].parent else None, case.number)):
        chain += _message_ids(work, number, case, side)
    # The mail being handled gets its case with its verdict, after its letters are written.
    if mail is not None and mail.message_id and _side(case, work.desk, mail.sender.address) == side:
        chain = [one for one in chain if one != mail.message_id] + [mail.message_id]
    return (chain[-1] if chain else ""), tuple(dict.fromkeys((*chain[:1], *chain[1:][-THREAD_LENGTH:])))


def _message_ids(work: Work, number: str, case: Case, side: str) -> list[str]:
    mails = (
        (row.received_at, row.message_id)
        for row in inbound.of_case(work.c, number)
        if row.message_id and _side(case, work.desk, row.sender) == side
    )
    letters = ((at, message_id) for at, message_id, to in notice.thread_of_case(work.c, number) if _side(case, work.desk, *to) == side)
    return [message_id for _, message_id in sorted((*mails, *letters), key=lambda pair: pair[0])]


def _side(case: Case, desk: Desk, *addresses: str) -> str:
    """Whose thread a mail from or to the addresses stands in."""
    if any(address in case.participants for address in addresses):
        return CUSTOMER
    return VENDOR if any(desk.is_vendor(address) for address in addresses) else STAFF


def tell_staff(work: Work, said: Sentence, *roles: Role) -> None:
    """Tell the staff of a role that something needs their eye."""
    write_notice(work, None, SendNotice(notice="staff/attention", to=work.desk.staff_of(*roles), to_staff=True, values={"said": said}))


def why_unanswered(work: Work, address: str, *, is_stranger: bool) -> str:
    """Say why an address gets no automatic mail now, '' where it may have one; staff are told once a day (IN7, promise P9)."""
    reached = find_limit(work, address, is_stranger=is_stranger)
    if reached is None:
        return ""
    about, sentence = reached
    if notice.is_news(work.c, work.desk.name, about, work.now, DAY):
        tell_staff(work, sentence, Role.CCR)
    return f"{USED_UP}: {work.services.in_english(sentence)}"
