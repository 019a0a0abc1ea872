"""Find the case that a mail speaks of, and say what its sender may do there: two questions that never answer each other (IN3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from mailflow.handling.known_register import KnownRegister
from mailflow.handling.office import Office
from mailflow.message.model import Mail
from mailflow.message.reference import find_case_numbers, find_case_tokens
from mailflow.policy.case import Case
from mailflow.policy.case_address import verify_token
from mailflow.policy.desk import Desk
from mailflow.policy.event import Standing
from mailflow.store import case as case_rows
from mailflow.store import inbound, notice
from mailflow.store.notice import NoticeRow

MOST_NUMBERS = 20
"""Numbers of one mail that are looked up; a mail with more is a list."""
LONGEST_MERGE = 20
BY_ADDRESS, BY_NUMBER = "signed case address", "case number"
"""How a mail names a case that it answers no mail of."""


@dataclass(frozen=True, slots=True)
class Found:
    """The case that a mail speaks of, how it was found, and the notice of ours that it answers ('' for none).

    `merged` is the request that it named, where that one was merged and `case` goes on in its place.
    """

    case: Case | None
    how: str
    answers_notice: str = ""
    merged: Case | None = None
    letters: tuple[str, ...] = ()
    """Texts of the case's letters that the mail may quote, newest first."""


def find_case(
    c: Connection, office: Office, desk: Desk, mail: Mail, text: str, known: KnownRegister, extra_numbers: Iterable[str] = ()
) -> Found:
    """Signed address, known Message-ID, number in subject or text, in this order; of several the first in which the sender takes part.

    Finding gives no rights (IN3). A case of another desk is none.
    """
    answered = answered_notice(c, desk, mail)
    name = answered.name if answered else ""
    first: Found | None = None
    for number, how in candidates(c, office, desk, mail, text, extra_numbers, answered):
        case = load_running(c, desk, number)
        if case is None:
            continue
        found = Found(case, how, name, merged=None if case.number == number else case_rows.load(c, number))
        if desk.roles_of(mail.sender.address) or takes_part(case, mail.sender.address, known):
            return found
        first = first or found
    return first or Found(None, "names no case of ours", name)


def load_running(c: Connection, desk: Desk, number: str) -> Case | None:
    """The desk's case of that number; in the place of a merged one the request that goes on."""
    case = case_rows.load(c, number)
    for _ in range(LONGEST_MERGE):
        if case is None or case.merged_into is None:
            break
        case = case_rows.load(c, case.merged_into)
    return case if case is not None and case.desk == desk.name else None


def _answered_ids(mail: Mail) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references[-20:]))))


def answered_notice(c: Connection, desk: Desk, mail: Mail) -> NoticeRow | None:
    """The desk's letter that a mail answers."""
    rows = (notice.by_message_id(c, one) for one in _answered_ids(mail))
    return next((row for row in rows if row is not None and row.desk == desk.name), None)


def candidates(
    c: Connection, office: Office, desk: Desk, mail: Mail, text: str, extra_numbers: Iterable[str], answered: NoticeRow | None
) -> Iterable[tuple[str, str]]:
    """(case number, how the mail names it), the surest first."""
    mailboxes = [box.address for box in desk.mailboxes]
    for token in find_case_tokens(mail, mailboxes):
        if number := verify_token(office.address_key, token):
            yield number, BY_ADDRESS
    if answered is not None and answered.case_number:
        yield answered.case_number, "answer to a notice of ours"
    for message_id in _answered_ids(mail):
        if number := inbound.message_case(c, message_id, mailboxes):
            yield number, "answer to a mail of the case"
    for number in dict.fromkeys((*extra_numbers, *named_cases(desk, mail.subject, text))):
        yield number, BY_NUMBER


def named_cases(desk: Desk, *texts: str) -> tuple[str, ...]:
    """Case numbers in the texts, in their order."""
    prefixes = tuple(desk.number_prefixes.values())
    return tuple(dict.fromkeys(number for text in texts for number in find_case_numbers(text, prefixes)))[:MOST_NUMBERS]


def standing_of(desk: Desk, case: Case | None, sender: str, *, genuine: bool, failed: bool, known: KnownRegister) -> Standing:
    """What the sender may do: rights come from the sender, never from what it names (IN3, OUT6).

    Who fails the border's test is not the one that From names: a stranger.
    """
    if genuine and desk.roles_of(sender):
        return Standing.STAFF
    if failed:
        return Standing.STRANGER
    if case is not None and takes_part(case, sender, known):
        return Standing.PARTICIPANT
    return Standing.KNOWN if known.is_known(sender) else Standing.STRANGER


def takes_part(case: Case, sender: str, known: KnownRegister) -> bool:
    """A participant: wrote before, is a contact of the contract, or of its domains; of a certification, of the partner's domain."""
    if sender in case.participants:
        return True
    if case.kind == "certification":
        return bool(case.details.domain) and sender.rpartition("@")[2] == case.details.domain
    contract = known.contract(case.contract) if case.contract else None
    return contract is not None and known.speaks_for(contract, sender)
