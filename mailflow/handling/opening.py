"""A mail that opens a case of its own: a customer's, a device's, or one that staff bring for a caller (SR1, SR10, IN8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailflow.cases import decide, kind_opened_in
from mailflow.handling.apply import apply
from mailflow.handling.caps import why_unanswered
from mailflow.handling.errand import Errand, Outcome
from mailflow.handling.finding import Found
from mailflow.handling.gather import facts_for_opening, near_device
from mailflow.handling.reading import find_request
from mailflow.message.model import Address, Extracted
from mailflow.policy.case import Case
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.facts import Facts
from mailflow.policy.triage import Verdict
from mailflow.store import suppressed


def open_case(errand: Errand, found: Found, event: MailReceived) -> Outcome:
    """The mail's own case; what it named is linked for staff (IN3)."""
    linked = found.case.number if found.case else None
    case, reason = _open(errand, replace(event, linked_to=linked))
    rule = f"named {linked}, in which the sender takes no part" if linked else found.how
    return Outcome(Verdict.OPENED, rule, reason, case.number)


def open_for_caller(errand: Errand, event: MailReceived, caller: Address, subject: str, text: str) -> Case:
    """A request in the name of somebody who called, or whose mail staff pass on; genuine staff vouch for the address (SR10)."""
    is_known = errand.known.is_known(caller.address)
    told = replace(event.mail, subject=subject, text=text, alternative_text="", cc=(), in_reply_to=(), references=(), reply_to=())
    asked = replace(
        event,
        mail=told,
        new_text=text,
        standing=Standing.KNOWN if is_known else Standing.STRANGER,
        authenticated=True,
        roles=(),
        answers_notice="",
        caller=caller,
    )
    case, _ = _open(errand, asked)
    return case


def _open(errand: Errand, event: MailReceived) -> tuple[Case, str]:
    c, office, desk = errand.c, errand.office, errand.desk
    is_stranger = event.standing is Standing.STRANGER
    cause = replace(errand.cause(), from_stranger=is_stranger)
    silent = event.unanswered_because or why_unanswered(c, office, desk, event.sender, is_stranger=is_stranger, cause=cause)
    opening = replace(event, extracted=extract(errand, event), unanswered_because=silent)
    kind = kind_opened_in(event.mailbox_role)
    facts = facts_for_opening(c, desk, opening, mailbox_language=errand.mailbox.language, kind=kind, known=errand.known)
    facts = welcome_back(errand, opening, facts)
    decision = decide(kind, None, opening, facts, desk, errand.now)
    applied = apply(c, office, desk, None, decision, replace(cause, unanswered=silent))
    if applied.case is None:
        raise LookupError(f"the rules of {kind} opened no case for inbound mail {errand.row.id}")
    return applied.case, decision.reason


def welcome_back(errand: Errand, event: MailReceived, facts: Facts) -> Facts:
    """Whoever proves to write from an address can be reached there again: its bounces are forgotten."""
    if event.caller is not None or not event.authenticated or event.sender not in facts.undeliverable:
        return facts
    suppressed.forget(errand.c, event.sender)
    return replace(facts, undeliverable=facts.undeliverable - {event.sender})


def extract(errand: Errand, event: MailReceived, *, sent: Sequence[str] | None = None, is_asked: bool = False) -> Extracted:
    """What the mail says of its request (IN4); a device's serial is the one that its alarm names.

    `sent`: the letters of the case that the mail may quote, None for a mail that opens one. `is_asked`: the case waits for answers,
    which may stand under our quoted questions whatever the mail program says it answers (IN5).
    """

    def is_known(serial: str) -> bool:
        return bool(errand.known.devices((serial,)))

    def is_nearly_known(word: str) -> bool:
        return bool(near_device(errand.known, word, event.sender))

    answers_question = is_asked or event.answers_notice == "service_request/information_request"
    extracted = find_request(event.mail, is_known, is_nearly_known, sent=sent, answers_question=answers_question)
    if event.alarm is not None and event.alarm.serial:
        return replace(extracted, serials=(event.alarm.serial,))
    return extracted
