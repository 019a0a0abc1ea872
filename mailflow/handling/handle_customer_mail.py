"""Mail of anybody but staff: a participant's is added to the case, anybody else's opens a request of its own (IN3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailflow.cases import CASE_TYPES, children_of, kind_opened_by, traits_of
from mailflow.handling.facts import Opening, near_device
from mailflow.handling.match import CaseMatch, children, load_running, named_cases, only_open, takes_part
from mailflow.handling.notice import why_unanswered
from mailflow.handling.settle import settle
from mailflow.handling.work import IncomingMail, Outcome, Work
from mailflow.message.customer.one_line import CustomerLine, find_escalation_wish, read_added_addresses
from mailflow.message.customer.survey import read_prepared_score, read_survey_answer
from mailflow.message.model import Address, Extracted, Kind, ReturnNotification
from mailflow.message.own_words import above_forwarded, find_customer_lines, find_request
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.case_type import Trait
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import AT_ONCE, MailReceived, SenderRole
from mailflow.policy.triage import Verdict
from mailflow.store import notice


def handle_customer_mail(incoming: IncomingMail, match: CaseMatch, event: MailReceived, letters: Sequence[str]) -> Outcome:
    """Add a participant's mail to its case; whoever takes no part in the case gets one of their own, and nothing of that one (IN3).

    `letters` are the texts of the case's letters that the mail may quote.
    """
    work, case = incoming.work, match.case
    if event.authenticated:
        # Whoever proves to write from an address can be reached there again.
        notice.forget_bounces(work.c, event.sender)
    if event.alarm is not None and case is not None:
        # The same alarm of the same device is one request; the device itself is never answered (IN8).
        decision = _settle(work, case, replace(event, extracted=extract(work, event)))
        return Outcome(Verdict.ADDED, match.how, decision.reason, case.number)
    if case is None or event.sender_role is not SenderRole.PARTICIPANT:
        # STATUS or ESCALATE in a mail that belongs to no case: its first line, or its subject; a device asks for nothing.
        first_line = next((line for line in event.new_text.splitlines() if line.strip()), "")
        texts = (first_line, event.mail.subject) if event.alarm is None else ()
        lines = (line for text in texts for line in _read_lines(work.desk, None, event, text))
        asked = replace(event, customer_line=next((line for line in lines if line.kind in AT_ONCE), None))
        # What the mail named is linked for staff (IN3).
        opened = open_case(work, replace(asked, linked_to=match.number))
        rule = f"named {match.number}, in which the sender takes no part" if match.number else match.how
        return Outcome(Verdict.OPENED, rule, opened.reason, opened.case.number if opened.case else None)
    is_asked = case.state == "awaiting information"
    said = replace(
        event,
        unanswered_because=event.unanswered_because
        or why_unanswered(work, event.sender, is_stranger=_is_stranger(work, case, event.sender)),
        extracted=extract(work, event, sent=letters, is_asked=is_asked),
        added_addresses=read_added_addresses(above_forwarded(event.new_text)),
    )
    return _add_to_case(incoming, match, case, said)


def open_case(work: Work, event: MailReceived) -> Decision:
    """Open the mail's own case: a customer's, a device's, or one that staff bring for a caller (SR1, SR10, IN8)."""
    is_stranger = event.sender_role is SenderRole.STRANGER
    work = work.because(replace(work.trigger, from_stranger=is_stranger))
    silent = event.unanswered_because or why_unanswered(work, event.sender, is_stranger=is_stranger)
    opening = replace(event, extracted=extract(work, event), unanswered_because=silent)
    kind = kind_opened_by(opening)
    decision = settle(work.because(replace(work.trigger, unanswered=silent)), Opening(kind), opening)
    if decision.case is None:
        raise LookupError(f"the rules of {kind} opened no case for inbound mail {work.trigger.inbound_id}")
    return decision


def open_for_caller(work: Work, event: MailReceived, caller: Address, subject: str, text: str) -> Case:
    """Open a request in the name of somebody who called, or whose mail staff pass on; genuine staff vouch for the address (SR10)."""
    spoken = replace(event.mail, subject=subject, text=text, alternative_text="", cc=(), in_reply_to=(), references=(), reply_to=())
    asked = replace(
        event,
        mail=spoken,
        new_text=text,
        sender_role=SenderRole.KNOWN if work.register.is_known(caller.address) else SenderRole.STRANGER,
        authenticated=True,
        roles=(),
        answers_notice="",
        caller=caller,
    )
    case = open_case(work, asked).case
    assert case is not None
    return case


def extract(work: Work, event: MailReceived, *, sent: Sequence[str] | None = None, is_asked: bool = False) -> Extracted:
    """Read what the mail says of its request (IN4); a device's serial is the one that its alarm names.

    `sent`: the letters of the case that the mail may quote, None for a mail that opens one. `is_asked`: the case waits for answers,
    which may stand under our quoted questions whatever the mail program says it answers (IN5).
    """
    extracted = find_request(
        event.mail,
        lambda serial: bool(work.register.devices((serial,))),
        lambda word: bool(near_device(work, word, event.sender)),
        sent=sent,
        answers_question=is_asked or Trait.ASKS_DETAILS in traits_of(event.answers_notice),
    )
    return replace(extracted, serials=(event.alarm.serial,)) if event.alarm is not None and event.alarm.serial else extracted


def _is_stranger(work: Work, case: Case, sender: str) -> bool:
    """Somebody whom only their own request knows."""
    return case.contract is None and not work.register.is_known(sender)


def _settle(work: Work, case: Case, event: MailReceived) -> Decision:
    from_stranger = _is_stranger(work, case, event.sender)
    return settle(work.because(replace(work.trigger, unanswered=event.unanswered_because, from_stranger=from_stranger)), case, event)


def _add_to_case(incoming: IncomingMail, match: CaseMatch, case: Case, event: MailReceived) -> Outcome:
    """The mail goes to one case; what it says to others goes to each of them (BX12, RM4)."""
    work = incoming.work
    (first, first_event), *further = _tellings(incoming, case, event)
    target = _case_meant(work, first, first_event)
    decided = _settle(work, target, first_event)
    for other, also in further:
        # What was told before may have changed the same case.
        if (running := load_running(work, other.number)) is not None:
            _settle(work, _case_meant(work, running, also), also)
    number = decided.case.number if decided.case else target.number
    return Outcome(Verdict.OPENED if number != target.number else Verdict.ADDED, match.how, decided.reason, number)


def _tellings(incoming: IncomingMail, case: Case, event: MailReceived) -> list[tuple[Case, MailReceived]]:
    """The mail as each case is told of it: the first one whole; of further answers and forms each case hears its own alone."""
    work, sent = incoming.work, event.return_notifications
    # The forms of the first one's return, none without a form, then those of each other: one answer for each return (RM4).
    by_return: dict[str, list[ReturnNotification]] = {sent[0].rma if sent else "": []}
    for form in sent:
        by_return.setdefault(form.rma or next(iter(by_return)), []).append(form)
    forms, *others = (tuple(own) for own in by_return.values())
    answers: list[tuple[Case, CustomerLine]] = []
    for line in _find_lines(incoming, case, event):
        named = load_running(work, line.number) if line.number else case
        # SHIPPED beside a form of the same parcel says nothing more; a line for a case of others is none (IN3).
        says_the_form = bool(sent) and line.kind == "shipped" and line.number in ("", *(form.rma for form in sent))
        if named is not None and takes_part(work, named, event.sender) and not says_the_form:
            answers.append((named, line))
    # A reply to the survey, or the prepared mail that one click opened, which answers no mail at all (SR8).
    is_score = Trait.ASKS_SCORE in traits_of(event.answers_notice)
    score = read_survey_answer(event.new_text) if is_score else None if event.answers_notice else read_prepared_score(event.new_text)
    first, said = answers.pop(0) if answers and not forms else (case, None)
    bare = replace(event, return_notifications=(), added_addresses=())
    return [
        (first, replace(event, customer_line=said, return_notifications=forms, survey_answer=score)),
        *((other, replace(bare, customer_line=further)) for other, further in answers),
        *((case, replace(bare, return_notifications=own)) for own in others),
    ]


def _case_meant(work: Work, case: Case, event: MailReceived) -> Case:
    """The return for what concerns parts, the request for everything else (BX6, SR9)."""
    own_type = CASE_TYPES[case.kind]
    for child_type in (own_type,) if own_type.parent else children_of(case.kind):
        if child_type.concerns(event):
            # The return that a Return Notification names, whatever it answers (RM4).
            form = next(iter(event.return_notifications), None)
            named = (load_running(work, number) for number in named_cases(work.desk, form.rma if form else ""))
            theirs = (one for one in named if one and one.kind == child_type.kind and takes_part(work, one, event.sender))
            return next(theirs, None) or (case if own_type.parent else only_open(children(work, case)) or case)
    parent = load_running(work, case.parent) if own_type.parent and case.parent else None
    # Whom staff added to the return alone, a carrier for instance, has no right to its request (IN3).
    return parent if parent is not None and takes_part(work, parent, event.sender) else case


def _find_lines(incoming: IncomingMail, case: Case, event: MailReceived) -> tuple[CustomerLine, ...]:
    """One-line answers in the sender's own words; STATUS and ESCALATE also as the subject of a fresh mail (SR6, SR9)."""
    desk = incoming.work.desk
    lines = _read_lines(desk, case, event, above_forwarded(event.new_text))
    is_escalation = event.mailbox_role is MailboxRole.ESCALATION or any(line.kind == "escalate" for line in lines)
    # A sentence that asks for the manager is an ESCALATE with itself as the reason; no machine wishes anything (SR6).
    if not is_escalation and incoming.nature.kind is Kind.PERSON and (wish := find_escalation_wish(event.new_text)):
        return (*lines, CustomerLine("escalate", reason=wish))
    if lines or event.mail.in_reply_to:
        return lines
    line = next(iter(_read_lines(desk, case, event, event.mail.subject)), None)
    if line is None or line.kind not in AT_ONCE:
        return ()
    return (line if line.reason or line.kind == "status" else replace(line, reason=event.new_text.strip()),)


def _read_lines(desk: Desk, case: Case | None, event: MailReceived, text: str) -> tuple[CustomerLine, ...]:
    """One-line answers in the languages and on the day of the case's customer, of the desk where there is none."""
    languages = tuple(dict.fromkeys((*((case.language,) if case else ()), *desk.languages)))
    today = calendar_for(case.country if case else "", case.timezone if case else "", desk.calendar).local_day(event.at)
    return find_customer_lines(text, languages, today, tuple(desk.number_prefixes.values()))
