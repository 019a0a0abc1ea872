"""Digests that fell due (BX12): each in one transaction of its own, settled by its moment, so that it is written once at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import structlog

from mailflow.cases import CASE_TYPES
from mailflow.handling.notice import write_notice
from mailflow.handling.work import Services, Trigger, Work
from mailflow.message.reference import case_address
from mailflow.notices.compose import UnsendableLetter
from mailflow.notices.render import TemplateFailed
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.case_type import AnyCaseType
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.digest import (
    BREAKING,
    MOST_LINES,
    DigestKind,
    PartnerReturn,
    SetAside,
    StuckLetter,
    due_digest,
    is_of_partner,
    letters_to_staff,
    next_digest,
    staff_sections,
)
from mailflow.store import case as case_rows
from mailflow.store import deadline, inbound, outbox, register

log = structlog.get_logger(__name__)

MOST_ROWS = 1000
"""Letters and mails that a digest looks at; it shows fewer still."""


def handle_digests(services: Services, now: datetime) -> int:
    """Write every digest that is due; how many were settled. The first look at a desk settles the past without a word."""
    with services.database.read() as c:
        settled = deadline.settled_digests(c)
    return sum(_handle(services, desk, kind, settled, now) for desk in services.desks for kind in DigestKind)


def next_digest_moment(services: Services) -> datetime | None:
    """Find the earliest moment, past ones included, at which a digest of any desk is still to come; for rehearsals in which time jumps."""
    with services.database.read() as c:
        settled = deadline.settled_digests(c)
    moments = (
        next_digest(kind, desk.digests, calendar_for("", "", desk.calendar), settled[desk.name, kind])
        for desk in services.desks
        for kind in DigestKind
        if (desk.name, kind) in settled
    )
    return min((moment for moment in moments if moment is not None), default=None)


def _handle(services: Services, desk: Desk, kind: DigestKind, settled: Mapping[tuple[str, str], datetime], now: datetime) -> int:
    last = settled.get((desk.name, kind))
    if last is None:
        with services.database.write() as c:
            deadline.settle_digest(c, desk.name, kind, now)
        return 0
    due = due_digest(kind, desk.digests, calendar_for("", "", desk.calendar), now, last)
    if due is None:
        return 0
    with services.database.write() as c:
        if not deadline.settle_digest(c, desk.name, kind, due):
            return 0
        work = Work.begin(c, services, desk, Trigger(who="mailflow", what="digest", at=now))
        written = 0
        for letter in _to_staff(work, last) if kind is DigestKind.STAFF else _to_partners(work):
            try:
                with c.begin_nested():
                    written += write_notice(work, None, letter) is not None
            except (TemplateFailed, UnsendableLetter) as failed:
                # It must not keep the others, nor be tried every second.
                log.error("digest could not be written", desk=desk.name, to=letter.to, reason=str(failed))
        deadline.record_letters(c, desk.name, kind, due, written)
    return 1


def _to_staff(work: Work, last: datetime) -> Iterator[SendNotice]:
    """Each reader's sections: clocks, returns, letters held or refused since the last digest, mail set aside, applications."""
    c, desk = work.c, work.desk
    own_mailboxes = {box.address for box in desk.mailboxes}
    held = outbox.list_rows(c, state="held", limit=MOST_ROWS)
    refused = [row for row in outbox.failed_since(c, last) if row.state == "failed"]
    stuck = tuple(
        StuckLetter(notice=row.notice, address=row.recipient, number=row.case_number or "", is_held=row.state == "held", reason=row.reason)
        for row in (*held, *refused)
        if row.desk == desk.name
    )
    set_aside = tuple(
        SetAside(sender=row.sender, subject=row.subject, rule=row.rule)
        for row in inbound.list_quarantined(c, limit=MOST_ROWS)
        if row.mailbox in own_mailboxes
    )
    sections = staff_sections(
        desk,
        work.now,
        deadline.waiting_of_kinds(c, desk.name, BREAKING),
        (line for one, case in _open_cases(work) if one.digest_lines for line in one.digest_lines(case, desk, work.now)),
        stuck,
        set_aside,
    )
    for to, own in letters_to_staff(desk, sections):
        values = {"sections": own, "returns": (), "more": 0, "audience": "staff"}
        yield SendNotice(notice="staff/digest", to=to, to_staff=True, values=values)


def _open_cases(work: Work) -> Iterator[tuple[AnyCaseType, Case]]:
    """The desk's open cases of the types that have a word in digests."""
    for one in CASE_TYPES.values():
        if one.digest_lines or one.partner_return:
            yield from ((one, case) for case in case_rows.open_of_kind(work.c, one.kind, work.desk.name))


def _to_partners(work: Work) -> Iterator[SendNotice]:
    """Each partner's own returns to its spare parts contact; nobody hears of another company's."""
    desk, mailbox = work.desk, work.desk.mailbox(MailboxRole.TAC).address
    partners = [partner for partner in register.partners(work.c) if "@" in partner.spare_parts_contact]
    views: list[tuple[PartnerReturn, Case, tuple[str, ...]]] = []
    for one, case in _open_cases(work) if partners else ():
        address = case_address(work.services.address_key, mailbox, case.number)
        if one.partner_return and (view := one.partner_return(case, address)):
            contract = work.register.contract(case.contract) if case.contract else None
            views.append((view, case, contract.domains if contract else ()))
    views.sort(key=lambda row: (row[0].on, row[0].number))
    for partner in partners:
        own = tuple(view for view, case, domains in views if is_of_partner(partner.domain, case, domains))
        if not own:
            continue
        contact = partner.spare_parts_contact.strip().lower()
        chosen = (one.language for one in work.register.contacts_with(contact))
        yield SendNotice(
            notice="staff/digest",
            to=(contact,),
            language=next((language for language in chosen if language in desk.languages), ""),
            values={"sections": (), "returns": own[:MOST_LINES], "more": max(0, len(own) - MOST_LINES), "audience": ""},
        )
