"""Which case a mail speaks of, and what its sender may do there: two questions that never answer each other (IN3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailflow.cases import CASE_TYPES, children_of
from mailflow.handling.work import IncomingMail, Work
from mailflow.message.model import Mail
from mailflow.message.reference import find_case_numbers, find_case_tokens, verify_token
from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.policy.event import SenderRole
from mailflow.store import case as case_rows
from mailflow.store import inbound, notice
from mailflow.store.notice import NoticeRow

MOST_NUMBERS = 20
"""Numbers of one mail that are looked up; a mail with more is a list."""
LONGEST_MERGE = 20
BY_ADDRESS, BY_NUMBER = "signed case address", "case number"
"""How a mail names a case that it answers no mail of."""


@dataclass(frozen=True, slots=True)
class CaseMatch:
    """The case that a mail speaks of, how it was found, and the notice of ours that it answers ('' for none).

    `merged` is the request that it named, where that one was merged and `case` goes on in its place.
    """

    case: Case | None
    how: str
    answers_notice: str = ""
    merged: Case | None = None

    @property
    def number(self) -> str | None:
        """Return the number of the case, None where there is none."""
        return self.case.number if self.case else None


def find_case(work: Work, mail: Mail, text: str, extra_numbers: Iterable[str] = ()) -> CaseMatch:
    """Find it by signed address, known Message-ID, number in subject or text, in this order; of several the first whose participant wrote.

    Finding gives no rights (IN3). A case of another desk is none.
    """
    sender = mail.sender.address
    answered = answered_notice(work, mail)
    name = answered.name if answered else ""
    first: CaseMatch | None = None
    for number, how in candidates(work, mail, text, extra_numbers, answered):
        case = load_running(work, number)
        if case is None:
            continue
        match = CaseMatch(case, how, name, merged=None if case.number == number else case_rows.load(work.c, number))
        if work.desk.roles_of(sender) or takes_part(work, case, sender):
            return match
        first = first or match
    return first or CaseMatch(None, "names no case of ours", name)


def find_own_case(incoming: IncomingMail) -> str | None:
    """Find the number of the case in which the sender takes part, for a mail that is only kept: an out-of-office (IN7); none if forged."""
    match = find_case(incoming.work, incoming.mail, "") if not incoming.authentication.failed else None
    return match.number if match and match.case and takes_part(incoming.work, match.case, incoming.sender) else None


def quotable_letters(work: Work, match: CaseMatch, sender: str) -> tuple[str, ...]:
    """List the texts of the case's letters, newest first. What only staff got, no customer can quote (IN6)."""
    letters = [one for case in (match.case, match.merged) if case for one in notice.texts_of_case(work.c, case.number)]
    is_staff = bool(work.desk.roles_of(sender))
    return tuple(text for to, text in letters if is_staff or not all(map(work.desk.roles_of, to)))


def load_running(work: Work, number: str) -> Case | None:
    """Load the desk's case of that number; in the place of a merged one the request that goes on."""
    case = case_rows.load(work.c, number)
    for _ in range(LONGEST_MERGE):
        if case is None or case.merged_into is None:
            break
        case = case_rows.load(work.c, case.merged_into)
    return case if case is not None and case.desk == work.desk.name else None


def answered_notice(work: Work, mail: Mail) -> NoticeRow | None:
    """Find the desk's letter that a mail answers."""
    rows = (notice.by_message_id(work.c, one) for one in _answered_ids(mail))
    return next((row for row in rows if row is not None and row.desk == work.desk.name), None)


def is_own_notice(work: Work, mail: Mail) -> bool:
    """Tell a letter of the desk's own. The mark alone proves nothing: another mailflow sets it too, and so could anybody."""
    ours = notice.by_message_id(work.c, mail.message_id) if mail.header("x-mailflow-desk") else None
    return ours is not None and ours.desk == work.desk.name


def _answered_ids(mail: Mail) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references[-20:]))))


def candidates(work: Work, mail: Mail, text: str, extra_numbers: Iterable[str], answered: NoticeRow | None) -> Iterable[tuple[str, str]]:
    """Yield (case number, how the mail names it), the surest first."""
    mailboxes = [box.address for box in work.desk.mailboxes]
    for token in find_case_tokens(mail, mailboxes):
        if number := verify_token(work.services.address_key, token):
            yield number, BY_ADDRESS
    if answered is not None and answered.case_number:
        yield answered.case_number, "answer to a notice of ours"
    for message_id in _answered_ids(mail):
        if number := inbound.message_case(work.c, message_id, mailboxes):
            yield number, "answer to a mail of the case"
    for number in dict.fromkeys((*extra_numbers, *named_cases(work.desk, mail.subject, text))):
        yield number, BY_NUMBER


def prefix_of(desk: Desk, kind: str) -> str:
    """Return the letters before the numbers of a case type, by default its name."""
    return desk.number_prefixes.get(kind) or f"{kind.upper()}-"


def named_cases(desk: Desk, *texts: str) -> tuple[str, ...]:
    """List the case numbers in the texts, in their order."""
    prefixes = tuple(prefix_of(desk, kind) for kind in CASE_TYPES)
    return tuple(dict.fromkeys(number for text in texts for number in find_case_numbers(text, prefixes)))[:MOST_NUMBERS]


def role_of_sender(work: Work, case: Case | None, sender: str, *, genuine: bool, failed: bool) -> SenderRole:
    """Say what the sender may do: rights come from the sender, never from what it names (IN3, OUT6).

    Who fails the border's test is not the one that From names: a stranger.
    """
    if genuine and work.desk.roles_of(sender):
        return SenderRole.STAFF
    if failed:
        return SenderRole.STRANGER
    if case is not None and takes_part(work, case, sender):
        return SenderRole.PARTICIPANT
    return SenderRole.KNOWN if work.register.is_known(sender) else SenderRole.STRANGER


def takes_part(work: Work, case: Case, sender: str) -> bool:
    """Tell a participant: who wrote before, is a contact of the contract, of its domains, or of the domain that the case belongs to."""
    if sender in case.participants:
        return True
    if domain := CASE_TYPES[case.kind].domain_of(case):
        return sender.rpartition("@")[2] == domain
    contract = work.register.contract(case.contract) if case.contract else None
    return contract is not None and work.register.speaks_for(contract, sender)


def children(work: Work, case: Case) -> tuple[Case, ...]:
    """List the cases that stand in the thread of this one, in order of opening; requests that grew out of it are none (RM1)."""
    kinds = {one.kind for one in children_of(case.kind)}
    return tuple(one for one in case_rows.children(work.c, case.number) if one.kind in kinds) if kinds else ()


def thread_of(work: Work, case: Case) -> tuple[Case, ...]:
    """List the request and all its returns: the cases whose letters and numbers belong together."""
    root = case_rows.load(work.c, case.parent) if CASE_TYPES[case.kind].parent and case.parent else case
    return (case,) if root is None else (root, *children(work, root))


def only_open(cases: Iterable[Case]) -> Case | None:
    """Return the one case that is still open, None where none is, or several."""
    still_open = [one for one in cases if one.closed_at is None]
    return still_open[0] if len(still_open) == 1 else None
