"""Mail of anybody but staff: a participant's is added to the case, anybody else's opens a request of its own (IN3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailflow.cases import CASE_TYPES, decide
from mailflow.handling.apply import apply
from mailflow.handling.caps import why_unanswered
from mailflow.handling.errand import Errand, Outcome
from mailflow.handling.finding import Found, load_running, named_cases, takes_part
from mailflow.handling.gather import ESCALATION_QUESTION, facts_for_case, facts_for_opening
from mailflow.handling.opening import extract, open_case, welcome_back
from mailflow.handling.reading import above_forwarded, find_customer_lines
from mailflow.message.customer.add_line import read_added_addresses
from mailflow.message.customer.customer_line import CustomerLine
from mailflow.message.customer.escalation_wish import find_escalation_wish
from mailflow.message.customer.survey import SurveyAnswer, read_prepared_score, read_survey_answer
from mailflow.message.model import Kind, ReturnNotification
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision
from mailflow.policy.desk import MailboxRole
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.facts import Facts
from mailflow.policy.triage import Verdict
from mailflow.store import case as case_rows
from mailflow.store import inbound

RETURN_ANSWERS = ("shipped", "delivered", "extend", "already_returned")
REQUEST_ANSWERS = ("status", "escalate")
SURVEY = "service_request/survey"


def take_customer_mail(errand: Errand, found: Found, event: MailReceived) -> Outcome:
    """Rights come from the sender: whoever takes no part in the case gets one of their own, and nothing of that one."""
    if event.alarm is not None:
        return _take_alarm(errand, event)
    if found.case is None or event.standing is not Standing.PARTICIPANT:
        return open_case(errand, found, replace(event, customer_line=_asked_at_once(errand, event)))
    silent = event.unanswered_because or why_unanswered(
        errand.c, errand.office, errand.desk, event.sender, is_stranger=_is_stranger(errand, found.case, event), cause=errand.cause()
    )
    told = replace(
        event,
        unanswered_because=silent,
        survey_answer=_find_score(event),
        added_addresses=read_added_addresses(above_forwarded(event.new_text)),
    )
    is_asked = found.case.state == "awaiting information"
    return _add_to_case(errand, found, replace(told, extracted=extract(errand, told, sent=found.letters, is_asked=is_asked)))


def _add_to_case(errand: Errand, found: Found, event: MailReceived) -> Outcome:
    """The mail goes to one case; what it says to others goes to each of them (BX12, RM4)."""
    assert found.case is not None
    (case, told), *further = _tellings(errand, found.case, event)
    target = _case_meant(errand, case, told)
    decided = _decide_and_apply(errand, target, told)
    for other, also in further:
        # What was told before may have changed the same case.
        if (running := load_running(errand.c, errand.desk, other.number)) is not None:
            _decide_and_apply(errand, _case_meant(errand, running, also), also)
    number = decided.case.number if decided.case else target.number
    verdict = Verdict.OPENED if number != target.number else Verdict.ADDED
    return Outcome(verdict, found.how, decided.reason, number)


def _tellings(errand: Errand, case: Case, event: MailReceived) -> list[tuple[Case, MailReceived]]:
    """The mail as each case is told of it: the first one whole; of further answers and forms each case hears its own alone."""
    forms, *others = _forms_by_return(event.return_notifications)
    answers = [one for one in _answers(errand, case, event) if not _says_the_form(one[1], event.return_notifications)]
    first, line = answers.pop(0) if answers and not forms else (case, None)
    bare = replace(event, return_notifications=(), survey_answer=None, added_addresses=())
    return [
        (first, replace(event, customer_line=line, return_notifications=forms)),
        *((other, replace(bare, customer_line=further)) for other, further in answers),
        *((case, replace(bare, return_notifications=own)) for own in others),
    ]


def _forms_by_return(forms: Sequence[ReturnNotification]) -> list[tuple[ReturnNotification, ...]]:
    """The forms of the first one's return, none without a form, then those of each other: one answer for each return (RM4)."""
    by_return: dict[str, list[ReturnNotification]] = {forms[0].rma if forms else "": []}
    for form in forms:
        by_return.setdefault(form.rma or next(iter(by_return)), []).append(form)
    return [tuple(own) for own in by_return.values()]


def _says_the_form(line: CustomerLine, forms: Sequence[ReturnNotification]) -> bool:
    """SHIPPED beside a form of the same parcel says nothing more."""
    return bool(forms) and line.kind == "shipped" and line.number in ("", *(form.rma for form in forms))


def _answers(errand: Errand, case: Case, event: MailReceived) -> list[tuple[Case, CustomerLine]]:
    """Each one-line answer with the case that it names, else the mail's own. One for a case of others is none (IN3)."""
    answers: list[tuple[Case, CustomerLine]] = []
    for line in _find_lines(errand, case, event):
        named = load_running(errand.c, errand.desk, line.number) if line.number else case
        if named is not None and takes_part(named, event.sender, errand.known):
            answers.append((named, line))
    return answers


def _find_score(event: MailReceived) -> SurveyAnswer | None:
    """The survey's answer: a reply to it, or the prepared mail that one click opened, which answers no mail at all (SR8)."""
    if event.answers_notice == SURVEY:
        return read_survey_answer(event.new_text)
    return None if event.answers_notice else read_prepared_score(event.new_text)


def _is_stranger(errand: Errand, case: Case, event: MailReceived) -> bool:
    """Somebody whom only their own request knows."""
    return case.contract is None and not errand.known.is_known(event.sender)


def _case_meant(errand: Errand, case: Case, event: MailReceived) -> Case:
    """The return for what concerns parts, the request for everything else (BX6, SR9)."""
    line = event.customer_line
    answer = line.kind if line else ""
    about_parts = answer not in REQUEST_ANSWERS and (
        bool(event.return_notifications)
        or answer in RETURN_ANSWERS
        or event.answers_notice == "rma/receipt_notification"
        or event.mailbox_role is MailboxRole.RECEIVING
    )
    if about_parts:
        return _return_of_form(errand, event) or _return_meant(errand, case)
    if case.kind != "rma" or not case.parent:
        return case
    request = load_running(errand.c, errand.desk, case.parent)
    # Whom staff added to the return alone, a carrier for instance, has no right to its request (IN3).
    return request if request is not None and takes_part(request, event.sender, errand.known) else case


def _return_of_form(errand: Errand, event: MailReceived) -> Case | None:
    """The return that a Return Notification names, whatever it answers (RM4)."""
    form = next(iter(event.return_notifications), None)
    named = (load_running(errand.c, errand.desk, number) for number in named_cases(errand.desk, form.rma if form else ""))
    return next((one for one in named if one and one.kind == "rma" and takes_part(one, event.sender, errand.known)), None)


def _return_meant(errand: Errand, case: Case) -> Case:
    """The case itself where it is a return, else the request's only open one."""
    if case.kind != "service_request":
        return case
    still_open = [one for one in case_rows.returns_of(errand.c, case.number) if one.closed_at is None]
    return still_open[0] if len(still_open) == 1 else case


def _decide_and_apply(errand: Errand, case: Case, event: MailReceived) -> Decision:
    """Ask the case type's rule and apply what it wants; a closed request that must begin anew becomes a case of its own."""
    c, office, desk = errand.c, errand.office, errand.desk
    facts = facts_for_case(c, office, desk, case, event.at, event=event, extracted=event.extracted, known=errand.known)
    facts = welcome_back(errand, event, facts)
    if (other := _other_request(errand, case, event)) is not None:
        named = facts_for_case(c, office, desk, other, event.at, event=event, known=errand.known)
        facts = replace(facts, other_case=other, waiting=named.waiting, timeline=named.timeline)
    if case.state in CASE_TYPES[case.kind].begins_anew:
        facts = _ready_to_begin_anew(errand, case, facts, event)
    decision = decide(case.kind, case, event, facts, desk, errand.now)
    if decision.refused:
        return decision
    before = case if decision.case is not None and decision.case.number == case.number else None
    cause = replace(errand.cause(), unanswered=event.unanswered_because, from_stranger=_is_stranger(errand, case, event))
    applied = apply(c, office, desk, before, decision, cause)
    return replace(decision, case=applied.case)


def _ready_to_begin_anew(errand: Errand, case: Case, facts: Facts, event: MailReceived) -> Facts:
    anew = facts_for_opening(errand.c, errand.desk, event, mailbox_language=errand.mailbox.language, kind=case.kind, known=errand.known)
    return replace(facts, new_numbers=anew.new_numbers, contact=anew.contact)


def _other_request(errand: Errand, case: Case, event: MailReceived) -> Case | None:
    """The request that an answer to our question names, where the sender takes part in it (SR6)."""
    if event.answers_notice != ESCALATION_QUESTION:
        return None
    named = (load_running(errand.c, errand.desk, number) for number in named_cases(errand.desk, event.new_text))
    theirs = (one for one in named if one is not None and takes_part(one, event.sender, errand.known))
    return next((one for one in theirs if one.number != case.number and one.kind == "service_request"), None)


def _find_lines(errand: Errand, case: Case, event: MailReceived) -> tuple[CustomerLine, ...]:
    """One-line answers in the sender's own words; STATUS and ESCALATE also as the subject of a fresh mail (SR6, SR9)."""
    languages = tuple(dict.fromkeys((case.language, *errand.desk.languages)))
    today = calendar_for(case.country, case.timezone, errand.desk.calendar).local_day(event.at)
    prefixes = tuple(errand.desk.number_prefixes.values())
    own_words = above_forwarded(event.new_text)
    lines = find_customer_lines(own_words, languages, today, prefixes)
    if (wish := _wish(errand, event, lines)) is not None:
        return (*lines, wish)
    if lines or event.mail.in_reply_to:
        return lines
    line = next(iter(find_customer_lines(event.mail.subject, languages, today, prefixes)), None)
    if line is None or line.kind not in REQUEST_ANSWERS:
        return ()
    return (line if line.reason or line.kind == "status" else replace(line, reason=event.new_text.strip()),)


def _wish(errand: Errand, event: MailReceived, lines: Sequence[CustomerLine]) -> CustomerLine | None:
    """A sentence that asks for the manager is an ESCALATE with itself as the reason; no machine wishes anything (SR6)."""
    is_escalation = event.mailbox_role is MailboxRole.ESCALATION or any(line.kind == "escalate" for line in lines)
    if is_escalation or errand.reading.nature.kind is not Kind.PERSON:
        return None
    sentence = find_escalation_wish(event.new_text)
    return CustomerLine("escalate", reason=sentence) if sentence else None


def _asked_at_once(errand: Errand, event: MailReceived) -> CustomerLine | None:
    """STATUS or ESCALATE in a mail that belongs to no case: its first line, or its subject."""
    today = calendar_for("", "", errand.desk.calendar).local_day(event.at)
    first = next((line for line in event.new_text.splitlines() if line.strip()), "")
    prefixes = tuple(errand.desk.number_prefixes.values())
    lines = (line for text in (first, event.mail.subject) for line in find_customer_lines(text, errand.desk.languages, today, prefixes))
    return next((line for line in lines if line.kind in REQUEST_ANSWERS), None)


def _take_alarm(errand: Errand, event: MailReceived) -> Outcome:
    """The same alarm of the same device is one request; the device itself is never answered (IN8)."""
    told = replace(event, extracted=extract(errand, event))
    running = _same_alarm(errand, told, event.at)
    if running is None:
        return open_case(errand, Found(None, "a device reports by Call Home"), event)
    decided = _decide_and_apply(errand, running, told)
    return Outcome(Verdict.ADDED, "the same alarm again", decided.reason, running.number)


def _same_alarm(errand: Errand, event: MailReceived, at: datetime) -> Case | None:
    """The open request of the same alarm and serial, where the same sender reported it lately."""
    alarm = event.alarm
    if alarm is None or not alarm.serial:
        return None
    within = calendar_for("", "", errand.desk.calendar).add_time
    for _, number, kind in case_rows.open_with_serial(errand.c, (alarm.serial,), desk=errand.desk.name):
        case = case_rows.load(errand.c, number) if kind == "service_request" else None
        if case is None or case.details.alarm != alarm.name:
            continue
        last = inbound.newest_from(errand.c, (number,), (event.mail.sender.address,), 1)
        if last and at <= within(last[0][0], errand.desk.alarms.same_within):
            return case
    return None
