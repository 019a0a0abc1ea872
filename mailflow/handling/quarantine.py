"""Mail set aside: kept whole with its reason, and the admin is told (IN2, promise P4). One too large to be read is asked for anew."""

from __future__ import annotations

from dataclasses import replace

import structlog

from mailflow.handling.facts import contact_of_sender, language_of
from mailflow.handling.notice import why_unanswered, write_notice
from mailflow.handling.work import IncomingMail, Trigger, Work
from mailflow.message.model import Kind
from mailflow.notices.compose import UnsendableLetter
from mailflow.notices.render import TemplateFailed
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Role
from mailflow.policy.triage import HELD, TOO_LARGE, Verdict
from mailflow.store import inbound
from mailflow.store.inbound import InboundRow

log = structlog.get_logger(__name__)

MEGABYTE = 1_000_000
LARGE_NOTICE = "service_request/too_large"


def quarantine(work: Work, row: InboundRow, rule: str, reason: str) -> None:
    """Set the verdict, write its line in the journal, and tell the admin."""
    inbound.finish(work.c, row.id, state=Verdict.QUARANTINED, rule=rule, reason=reason, case_number=None, at=work.now)
    tell_admin(work, row, rule, reason)


def tell_admin(work: Work, row: InboundRow, rule: str, reason: str) -> None:
    """Write the journal and alert. An alert that cannot be written is logged: the mail is safe and `mailflow quarantine` lists it.

    A flood of bad mail is no flood of alerts: past the cap of an hour the journal, the status and the digest tell (P4, P9).
    """
    desk = work.desk
    work = work.because(Trigger(who="mailflow", what="quarantine", at=work.now, inbound_id=row.id))
    work.journal(None, "quarantined", ": ".join(filter(None, (rule, reason))))
    stored = inbound.load(work.c, row.id)
    alert = SendNotice(
        notice="staff/quarantine_alert",
        to=tuple(one for one in desk.staff_of(Role.ADMIN) if not work.had_its_share(one, desk.caps.known_per_hour)),
        to_staff=True,
        values={
            "mailbox": row.mailbox,
            "sender": stored.sender,
            "subject": stored.subject,
            "rule": rule,
            "reason": reason,
            "inbound": row.id,
            "can_be_released": rule not in HELD,
        },
    )
    try:
        with work.c.begin_nested():
            write_notice(work, None, alert)
    except (TemplateFailed, UnsendableLetter) as failed:
        log.error("quarantine alert could not be written", inbound=row.id, reason=str(failed))


def set_aside_large(incoming: IncomingMail) -> None:
    """Quarantine a mail too large to be read, and ask a person whom our border vouches for, once, for smaller ones (IN9, case 27)."""
    work, row, mail, sender = incoming.work, incoming.row, incoming.mail, incoming.sender
    quarantine(work, row, TOO_LARGE, f"{row.size} octets; only its header was fetched")
    mailboxes = [box.address for box in work.desk.mailboxes]
    is_copy = inbound.find_same(work.c, row.id, row.raw_sha256, mail.message_id, sender, mailboxes) is not None
    is_old = work.services.cutoff is not None and row.received_at < work.services.cutoff
    is_stranger = not (work.register.is_known(sender) or work.desk.roles_of(sender))
    if incoming.nature.kind is not Kind.PERSON or not incoming.authentication.genuine or is_copy or is_old:
        return
    work = work.because(replace(work.trigger, from_stranger=is_stranger))
    if why_unanswered(work, sender, is_stranger=is_stranger):
        return
    contact = contact_of_sender(work, sender, None)
    by_domain = next(iter(work.register.contracts_of_domain(mail.sender.domain)), None)
    contract = work.register.contract(contact.contract) if contact else by_domain
    values = {"subject": mail.subject, "size": -(-row.size // MEGABYTE), "limit": work.services.size_limit_mb}
    language = language_of(work.desk, contact, contract, mail.subject, incoming.mailbox.language)
    write_notice(work, None, SendNotice(notice=LARGE_NOTICE, to=(sender,), language=language, values=values))
