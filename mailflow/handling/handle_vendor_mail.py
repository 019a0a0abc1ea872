"""Mail of the manufacturer in a case that was handed over to it: found by our address, thread or number, or by its own (DK1)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from mailflow.cases import decide
from mailflow.handling.apply import apply
from mailflow.handling.errand import Errand, Outcome
from mailflow.handling.finding import Found, answered_notice, candidates, load_running
from mailflow.handling.gather import facts_for_case
from mailflow.message.absence import is_absence_notice
from mailflow.message.model import Extracted, Kind
from mailflow.message.reference import find_case_numbers
from mailflow.message.reply import split_reply
from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.triage import Verdict
from mailflow.store import case as case_rows
from mailflow.store import foreign_number

MOST_NUMBERS = 20
"""Numbers of one mail that are looked up."""
SILENT = "the manufacturer is never answered by a machine"
AWAY = "an out-of-office notice of the manufacturer"


def is_vendor(errand: Errand) -> bool:
    """Whether our border found that the manufacturer wrote this mail."""
    return errand.reading.authentication.genuine and errand.desk.is_vendor(errand.mail.sender.address)


def find_handed_over(errand: Errand) -> Found | None:
    """The case that the manufacturer's mail speaks of, among those that were handed over to it; None for any other mail."""
    if not is_vendor(errand):
        return None
    c, desk, mail = errand.c, errand.desk, errand.mail
    answered = answered_notice(c, desk, mail)
    text = _new_text(errand)
    named = ((number, how) for number, how in candidates(c, errand.office, desk, mail, text, (), answered))
    for number, how in (*named, *_by_its_own_number(c, desk, mail.subject, text)):
        if (case := _handed_over(c, desk, number)) is not None:
            return Found(case, how, answered.name if answered else "")
    return None


def _by_its_own_number(c: Connection, desk: Desk, *texts: str) -> Iterable[tuple[str, str]]:
    for text in texts:
        for theirs in _numbers(desk, text):
            if ours := foreign_number.find(c, desk.name, theirs):
                yield ours, f"the manufacturer's number {theirs}"


def _numbers(desk: Desk, text: str) -> tuple[str, ...]:
    return find_case_numbers(text, desk.vendor.number_prefixes if desk.vendor else ())[:MOST_NUMBERS]


def _handed_over(c: Connection, desk: Desk, number: str) -> Case | None:
    """The running request behind a number, where it or the one merged into it was handed over."""
    case = case_rows.load(c, number)
    if case is not None and case.kind == "rma" and case.parent:
        case = case_rows.load(c, case.parent)
    if case is None or case.desk != desk.name or not getattr(case.details, "handed_to", ""):
        return None
    return load_running(c, desk, case.number)


def _new_text(errand: Errand) -> str:
    return split_reply(errand.mail.text or errand.mail.alternative_text).new_text


def take_vendor_mail(errand: Errand, found: Found) -> Outcome:
    """Added whatever machine wrote it, and answered by none; its number is kept beside ours. An out-of-office is only journalled (IN7)."""
    c, office, desk, case = errand.c, errand.office, errand.desk, found.case
    assert case is not None
    nature = errand.reading.nature
    if nature.kind is Kind.AUTOMATIC and is_absence_notice(errand.mail):
        return Outcome(Verdict.AUTOMATIC, AWAY, nature.rule, case.number)
    event = MailReceived(
        mail=errand.mail,
        at=errand.row.received_at,
        new_text=_new_text(errand),
        standing=Standing.VENDOR,
        authenticated=True,
        mailbox_role=errand.mailbox.role,
        extracted=Extracted(),
        unanswered_because=SILENT,
        answers_notice=found.answers_notice,
    )
    facts = facts_for_case(c, office, desk, case, event.at, event=event, known=errand.known)
    decision = decide(case.kind, case, event, facts, desk, errand.now)
    applied = apply(c, office, desk, case, decision, errand.cause())
    if applied.case is not None:
        _keep_numbers(errand, case, applied.case)
    return Outcome(Verdict.ADDED, found.how, decision.reason, case.number)


def _keep_numbers(errand: Errand, before: Case, case: Case) -> None:
    """The number of its request, and those that its subjects name later, a return's for instance; the customer's own subject tells none."""
    of_customer = _numbers(errand.desk, before.subject)
    for number in (case.details.vendor_number, *_numbers(errand.desk, errand.mail.subject)):
        if number and number not in of_customer:
            foreign_number.add(errand.c, errand.desk.name, number, case.number)
