"""A notice becomes a letter: its readers, its frame of values, its thread, its attachments, and a row in the outbox, all in the
deciding transaction."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from mailflow.cases import CASE_TYPES, traits_of
from mailflow.handling.attachments import build_attachments
from mailflow.handling.work import HOUR, Work
from mailflow.message.mime.header import is_sendable
from mailflow.message.model import Address
from mailflow.message.reference import case_address
from mailflow.notices.compose import LetterAttachment, compose_letter
from mailflow.notices.render import Rendered
from mailflow.policy.case import Case
from mailflow.policy.case_type import Trait
from mailflow.policy.decision import NoticeValues, SendNotice, Sentence
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk, MailboxRole, Role
from mailflow.store import inbound, notice, register

T = TypeVar("T")

Recipients = tuple[tuple[str, ...], tuple[str, ...]]
"""To and Cc."""

GIVEN_UP = 2
"""Bounces after which nobody writes to an address any more; after the first one it is written to where nobody else can be reached."""
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
    attachments = build_attachments(work, case, effect, values) if effect.attach or effect.forward_attachments else ()
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
        raw=_compose(work, case, effect, head, rendered, attachments),
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
    desk, wording = work.desk, work.desk.wording
    language = effect.language or (desk.languages[0] if effect.to_staff or case is None else case.language)
    level = CASE_TYPES[case.kind].service_level_of(case) if case else ""
    frame = DeskFrame(
        title=wording.title,
        telephone=wording.telephone,
        signature=tuple(_in_language(wording.signature, language, "").splitlines()),
        address=head.mailbox,
        return_address=wording.return_address,
        terms=_in_language(wording.terms, language, ()),
        return_instructions=_in_language(wording.return_instructions, language, ()),
        package=wording.packages.get(level, ""),
    )
    return {
        "number": case.number if case else "",
        "case": case,
        "desk": frame,
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


def _in_language(words: Mapping[str, T], language: str, nothing: T) -> T:
    return words.get(language, words.get("en", next(iter(words.values()), nothing)))


def _thread(work: Work, case: Case | None, effect: SendNotice) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References so that the letter stands in the reader's own thread (OUT1).

    Customers see their mails and our letters to them, the manufacturer its own (DK1); staff the rest, and nothing of one shows in another.
    """
    mail, desk = work.trigger.mail, work.desk
    if case is None:
        asked = mail.message_id if mail is not None and mail.sender.address in effect.to else ""
        return asked, (asked,) if asked else ()
    side = STAFF if effect.to_staff else _side(case, desk, *effect.to)
    chain: list[str] = []
    for number in filter(None, (case.parent if CASE_TYPES[case.kind].parent else None, case.number)):
        mails = ((row.received_at, row.message_id) for row in inbound.of_case(work.c, number) if _side(case, desk, row.sender) == side)
        letters = ((at, message_id) for at, message_id, to in notice.thread_of_case(work.c, number) if _side(case, desk, *to) == side)
        chain += [message_id for _, message_id in sorted((*mails, *letters), key=lambda pair: pair[0]) if message_id]
    # The mail being handled gets its case with its verdict, after its letters are written.
    if mail is not None and mail.message_id and _side(case, desk, mail.sender.address) == side:
        chain = [one for one in chain if one != mail.message_id] + [mail.message_id]
    return (chain[-1] if chain else ""), tuple(dict.fromkeys((*chain[:1], *chain[1:][-THREAD_LENGTH:])))


def _side(case: Case, desk: Desk, *addresses: str) -> str:
    """Whose thread a mail from or to the addresses stands in."""
    if any(address in case.participants for address in addresses):
        return CUSTOMER
    return VENDOR if any(desk.is_vendor(address) for address in addresses) else STAFF


def choose_recipients(work: Work, case: Case | None, effect: SendNotice) -> Recipients:
    """Choose To and Cc; nobody in To means that the letter is not written. What is changed stands in the journal.

    Nobody gets it twice, and none of the desk's own addresses: a loop (IN7). Staff and the manufacturer get all that is meant for them.
    """
    to = tuple(dict.fromkeys(one for one in effect.to if one and not work.desk.is_mailbox(one)))
    cc = tuple(dict.fromkeys(one for one in effect.cc if one and one not in to and not work.desk.is_mailbox(one)))
    wrong = [one for one in (*to, *cc) if not is_sendable(one)]
    if wrong and len(wrong) < len((*to, *cc)):
        # It must not keep the letter from the others; where there are no others the letter fails, and staff hear of it.
        work.journal(case, "note", f"{effect.notice} not sent to {', '.join(wrong)}: no server takes such an address", who="mailflow")
        to, cc = _without(wrong, to, cc)
    # Where the manufacturer cannot be reached nobody else gets its mail.
    is_for_all = effect.to_staff or Trait.TO_VENDOR in traits_of(effect.notice) or not to
    return (to, cc) if is_for_all else _reachable(work, case, effect.notice, to, cc)


def _without(gone: Container[str], to: tuple[str, ...], cc: tuple[str, ...]) -> Recipients:
    """The others; who had a copy is written to where nobody else is left."""
    to, cc = (tuple(one for one in group if one not in gone) for group in (to, cc))
    return (to, cc) if to else (cc, ())


def _reachable(work: Work, case: Case | None, name: str, to: tuple[str, ...], cc: tuple[str, ...]) -> Recipients:
    """Those who had not their share and whose mail does not come back, else another contact, else who may be reached after all (BX4)."""
    silent = {one: why for one in (*to, *cc) if (why := _why_silent(work, case, one))}
    to, cc = (tuple(one for one in group if one not in silent) for group in (to, cc))
    if silent and not to:
        work.journal(case, "note", f"{name} not sent to {', '.join(silent)}: {next(iter(silent.values()))}", who="mailflow")
        return (), ()
    bounced = notice.bounces_of(work.c, (*to, *cc))
    if not bounced:
        return to, cc
    chosen = _without(bounced, to, cc)
    if not chosen[0]:
        contacts = [one.email for one in register.contacts_of(work.c, case.contract)] if case is not None and case.contract else []
        marked = notice.bounces_of(work.c, contacts).keys() | bounced.keys()
        others = tuple(one for one in contacts if one not in marked)[:1]
        chosen = others or tuple(one for one in (*to, *cc) if bounced[one] < GIVEN_UP), ()
    if chosen != (to, cc):
        reached = ", ".join((*chosen[0], *chosen[1])) or "nobody"
        work.journal(case, "note", f"{name} goes to {reached}: mail to the others came back", who="mailflow")
    return chosen


def _why_silent(work: Work, case: Case | None, address: str) -> str:
    """Why an address gets nothing now: it sent the mail at hand, or had its share of what clocks and mails of others cause (IN7).

    No clock speaks so often to somebody we know; mails may come without end.
    """
    trigger = work.trigger
    sender = trigger.mail.sender.address if trigger.mail is not None else ""
    if address == sender:
        return trigger.unanswered
    if case is None or (trigger.deadline_id is None and (not sender or work.desk.roles_of(sender))):
        return ""
    is_stranger = case.contract is None and not work.register.is_known(address)
    if trigger.deadline_id is not None and not is_stranger:
        return ""
    limit, hours = work.desk.caps.share(is_stranger=is_stranger)
    is_reached = notice.count_to(work.c, address, work.now - timedelta(hours=hours), immediate_only=False) >= limit
    return f"it got {limit} automatic mails in {hours} hours" if is_reached else ""


def tell_staff(work: Work, said: Sentence, *roles: Role) -> None:
    """Tell the staff of a role that something needs their eye."""
    write_notice(work, None, SendNotice(notice="staff/attention", to=work.desk.staff_of(*roles), to_staff=True, values={"said": said}))


def why_unanswered(work: Work, address: str, *, is_stranger: bool) -> str:
    """Say why an address gets no automatic mail now, '' where it may have one; staff are told once a day (IN7, promise P9)."""
    limit, hours = work.desk.caps.share(is_stranger=is_stranger)
    since, brake = work.now - timedelta(hours=hours), work.desk.caps.unknown_of_desk_per_hour
    if notice.count_to(work.c, address, since, immediate_only=False) >= limit:
        cases = notice.cases_written_of(work.c, work.desk.name, address, since)
        values: dict[str, Value] = {"address": address, "limit": limit, "hours": hours}
        about, said = f"cap of {address}", Step("cap_reached_in", {**values, "cases": cases}) if cases else Step("cap_reached", values)
    elif is_stranger and notice.count_to_strangers(work.c, work.desk.name, work.now - HOUR) >= brake:
        about, said = "brake", Step("brake_reached", {"limit": brake})
    else:
        return ""
    if notice.take_alert(work.c, work.desk.name, about, work.now, DAY):
        tell_staff(work, said, Role.CCR)
    return f"{USED_UP}: {work.services.in_english(said)}"
