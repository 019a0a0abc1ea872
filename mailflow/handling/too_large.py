"""A mail too large to be read whole: its header is kept, the admin is told, and a genuine sender asked once for smaller ones (IN9)."""

from __future__ import annotations

from dataclasses import replace

from mailflow.handling.caps import why_unanswered
from mailflow.handling.errand import Errand
from mailflow.handling.gather import language_of
from mailflow.handling.letter import write_letter
from mailflow.handling.quarantine import quarantine
from mailflow.message.model import Kind
from mailflow.policy.decision import SendNotice
from mailflow.policy.triage import TOO_LARGE
from mailflow.store import inbound

MEGABYTE = 1_000_000


def set_aside(errand: Errand) -> None:
    """Quarantine and, for a person whom our border vouches for, a letter; a copy of the mail in a second mailbox gets none (case 27)."""
    c, row, mail = errand.c, errand.row, errand.mail
    quarantine(c, errand.office, row, TOO_LARGE, f"{row.size} octets; only its header was fetched", errand.now)
    mailboxes = [box.address for box in errand.desk.mailboxes]
    is_copy = inbound.find_same(c, row.id, row.raw_sha256, mail.message_id, mail.sender.address, mailboxes) is not None
    is_old = errand.office.cutoff is not None and row.received_at < errand.office.cutoff
    if errand.reading.nature.kind is Kind.PERSON and errand.reading.authentication.genuine and not (is_copy or is_old):
        _ask_for_smaller(errand)


def _ask_for_smaller(errand: Errand) -> None:
    c, desk, sender = errand.c, errand.desk, errand.mail.sender.address
    is_stranger = not (errand.known.is_known(sender) or desk.roles_of(sender))
    cause = replace(errand.cause(), from_stranger=is_stranger)
    if why_unanswered(c, errand.office, desk, sender, is_stranger=is_stranger, cause=cause):
        return
    contact = next(iter(errand.known.contacts_with(sender)), None)
    contract = (
        errand.known.contract(contact.contract)
        if contact
        else next(iter(errand.known.contracts_of_domain(errand.mail.sender.domain)), None)
    )
    letter = SendNotice(
        notice="service_request/too_large",
        to=(sender,),
        language=language_of(desk, contact, contract, errand.mail.subject, errand.mailbox.language),
        values={
            "subject": errand.mail.subject,
            "size": -(-errand.row.size // MEGABYTE),
            "limit": errand.office.size_limit_mb,
        },
    )
    write_letter(c, errand.office, desk, None, letter, cause)
