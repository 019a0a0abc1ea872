"""What the rules of requests want to know: devices and who covers them, and what was written and done on the case (IN4, SR5, SR6, SR9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from mailflow.cases import CASE_TYPES, traits_of
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.handling.facts import (
    Opening,
    as_of,
    contact_of_sender,
    contract_of_sender,
    covering,
    facts_of_case,
    facts_of_sender,
    find_entitlement,
    find_other,
    named_serials,
    near_device,
    new_number,
    received_before,
    waiting_deadlines,
)
from mailflow.handling.match import children, load_running, named_cases, takes_part
from mailflow.handling.work import Work
from mailflow.message.customer.one_line import find_escalation_wish, is_yes
from mailflow.message.mime.parse import parse_mail
from mailflow.message.own_words import above_forwarded, find_customer_lines
from mailflow.message.reference import find_forwarded
from mailflow.message.reply import split_reply
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case, Request, ServiceRequestDetails, holds, narrow
from mailflow.policy.case_type import Trait
from mailflow.policy.derivation import Step
from mailflow.policy.desk import AlarmPolicy, Desk, MailboxRole
from mailflow.policy.event import CUSTOMER_NOTICE, STAFF_NOTICE, CommandGiven, DeadlineFell, Event, MailReceived
from mailflow.policy.facts import CustomerWords, LastStep
from mailflow.policy.register import Contract
from mailflow.policy.triage import Verdict, is_alarm
from mailflow.store import case as case_rows
from mailflow.store import inbound, journal, notice
from mailflow.store.inbound import InboundRow

Moment = tuple[datetime, Step]

MOST_STEPS = 5
"""Last steps that a status shows (SR9)."""
MOST_MESSAGES, MOST_CHANGES = 4, 12
"""Of the timeline: the last messages of people, beside the opening mail, and the last changes."""
LONGEST_EXCERPT = 160
FEW_WORDS = 10
"""STATUS with a greeting and a name; a longer mail says something of its own."""
COMMANDS = ("/assign", "/priority", "/reopen", "/entitled", "/merge")
"""Commands that change the case without a letter to its customer."""


def gather_new_request(work: Work, opening: Opening, event: Event) -> RequestFacts:
    """Gather for a request that a mail may open: its devices, and whether its sender is entitled to service for them."""
    facts = facts_of_sender(work, RequestFacts, opening.kind, event, _contract_at_opening)
    if not isinstance(event, MailReceived):
        return facts
    facts = replace(with_wishes(facts, event), devices=work.register.devices(event.extracted.serials))
    if event.alarm is not None and not event.authenticated:
        # Who cannot prove to be the device's or its owner's has nobody informed in its name (IN8, P9).
        facts = replace(facts, contacts=())
    day, is_named = facts.calendar.local_day(event.at), bool(event.extracted.serials)
    judged = replace(facts, entitlement=find_entitlement(facts, event.sender, day, is_named=is_named))
    return _with_serials(work, judged, event.sender, event.extracted.serials, event, is_named=is_named)


def with_wishes(facts: RequestFacts, event: MailReceived) -> RequestFacts:
    """Read what the mail wants beside its fault: the manager, or to say yes."""
    return replace(facts, wants_manager=bool(find_escalation_wish(event.new_text)), says_yes=is_yes(event.new_text))


def _contract_at_opening(work: Work, event: MailReceived) -> Contract | None:
    """A device's own, where it reports itself from a sender that the desk names and the border vouches for: a header can be anybody's."""
    devices = work.register.devices(event.extracted.serials)
    named = AlarmPolicy(sources=tuple(source for source in work.desk.alarms.sources if source.sender))
    if event.alarm is not None and event.authenticated and is_alarm(event.mail, named):
        return next((work.register.contract(device.contract) for device in devices.values()), None)
    return covering(work, devices, event.sender) or contract_of_sender(work, event)


def gather_request(work: Work, case: Request, event: Event) -> RequestFacts:
    """Gather for a running request: of its devices always, of its history what the event makes somebody tell."""
    serials = tuple(dict.fromkeys((*case.details.serials, *named_serials(event))))
    devices = work.register.devices(serials)
    facts = replace(facts_of_case(work, RequestFacts, case, event, devices), devices=devices)
    today = facts.calendar.local_day(as_of(work, event))
    facts = replace(facts, entitlement=find_entitlement(facts, case.customer, today) if serials else None)
    facts = _with_serials(work, facts, case.customer, serials, event, is_named=bool(named_serials(event)))
    match event:
        case DeadlineFell():
            return replace(facts, waiting=waiting_deadlines(work, (case, *facts.rmas)))
        case CommandGiven():
            words = customer_words(work, case) if event.command.name == "assign" else None
            return replace(facts, other_case=find_other(work, event), customer_words=words)
        case MailReceived():
            return _for_mail(work, case, event, with_wishes(facts, event))
    return facts


def _with_serials(work: Work, facts: RequestFacts, sender: str, serials: Sequence[str], event: Event, *, is_named: bool) -> RequestFacts:
    """Add what is known of the serials beside their devices; `is_named` where the event itself speaks of some.

    A clock needs to know only which of them look mistyped, to ask again (IN5).
    """
    near = {serial: near_device(work, serial, sender) for serial in serials if serial not in facts.devices}
    facts = replace(facts, serial_slips={serial: device for serial, device in near.items() if device})
    if isinstance(event, DeadlineFell):
        return facts
    return replace(
        facts,
        open_cases_of_serials=tuple(case_rows.open_with_serial(work.c, serials, desk=work.desk.name)),
        received_before=received_before(work, serials) if is_named else {},
    )


def _for_mail(work: Work, case: Case, event: MailReceived, facts: RequestFacts) -> RequestFacts:
    line = event.customer_line.kind if event.customer_line else ""
    names_other = Trait.ASKS_NUMBER in traits_of(event.answers_notice)
    escalates = line == "escalate" or event.mailbox_role is MailboxRole.ESCALATION or names_other
    # The request that an answer to our question names, where the sender takes part in it (SR6).
    named = (load_running(work, number) for number in named_cases(work.desk, event.new_text)) if names_other else ()
    theirs = (one for one in named if one is not None and takes_part(work, one, event.sender))
    told_of = next((one for one in theirs if one.number != case.number and holds(one, ServiceRequestDetails)), case)
    if escalates:
        rmas = children(work, told_of)
        facts = replace(facts, timeline=timeline(work, told_of, rmas), waiting=waiting_deadlines(work, (told_of, *rmas)))
    if line == "status":
        facts = replace(facts, last_steps=last_steps(work, case, facts.rmas))
    if case.state in CASE_TYPES[case.kind].begins_anew:
        contract = _contract_at_opening(work, event)
        facts = replace(facts, new_numbers=new_number(work, case.kind), contact=contact_of_sender(work, event.sender, contract))
    return replace(facts, other_case=None if told_of is case else told_of)


def find_same_alarm(work: Work, kind: str, event: MailReceived) -> tuple[Case, str] | None:
    """Find the open request of the same alarm and serial, where the same sender reported it lately (IN8)."""
    alarm = event.alarm
    if alarm is None or not alarm.serial:
        return None
    within = calendar_for("", "", work.desk.calendar).add_time
    for _, number, of_kind in case_rows.open_with_serial(work.c, (alarm.serial,), desk=work.desk.name):
        case = case_rows.load(work.c, number) if of_kind == kind else None
        if case is None or narrow(case, ServiceRequestDetails).details.alarm != alarm.name:
            continue
        last = inbound.newest_from(work.c, (number,), (event.mail.sender.address,), 1)
        if last and event.at <= within(last[0][0], work.desk.alarms.same_within):
            return case, "the same alarm again"
    return None


def last_steps(work: Work, case: Case, rmas: Sequence[Case]) -> tuple[LastStep, ...]:
    """List the newest mails between the customer and the desk, oldest first, without what staff write among themselves (SR9)."""
    numbers = [case.number, *(rma.number for rma in rmas)]
    theirs = inbound.newest_from(work.c, numbers, case.participants, MOST_STEPS)
    ours = notice.newest_for(work.c, numbers, case.participants, MOST_STEPS)
    steps = (
        *(LastStep(at=at, subject=subject, from_us=False, by=by) for at, subject, by in theirs),
        *(LastStep(at=at, subject=subject, from_us=True) for at, subject in ours),
    )
    return tuple(sorted(steps, key=lambda step: step.at)[-MOST_STEPS:])


def timeline(work: Work, case: Case, rmas: Sequence[Case]) -> tuple[Moment, ...]:
    """Tell the opening, what changed since, and the last messages of people, oldest first; no STATUS and no automatic reply among them."""
    numbers = (case.number, *(rma.number for rma in rmas))
    mails = sorted((row for number in numbers for row in inbound.of_case(work.c, number)), key=lambda row: row.received_at)
    heard = [row for row in mails if row.state in (Verdict.OPENED, Verdict.ADDED)]
    changes = sorted(_changes(work, numbers), key=lambda moment: moment[0])
    theirs = [(row, _words(work, row)) for row in [row for row in heard[1:] if row.sender in case.participants][-3 * MOST_MESSAGES :]]
    wrote = [(row.received_at, _said("told_wrote", row, said)) for row, said in theirs if not _asks_only_for_status(work.desk, case, said)]
    by_id = {row.id: row for row in mails}
    letters = [row for number in numbers for row in notice.list_of_case(work.c, number) if row.name == STAFF_NOTICE]
    sent = [by_id[one.inbound_id] for one in letters[-MOST_MESSAGES:] if one.inbound_id in by_id]
    answered = [(row.received_at, _said("told_answered", row, split_reply(_body(work, row)).new_text)) for row in sent]
    messages = sorted((*wrote, *answered), key=lambda moment: moment[0])
    opening = [(row.received_at, _said("told_opened", row, _words(work, row))) for row in heard[:1]]
    return tuple(sorted((*opening, *changes[-MOST_CHANGES:], *messages[-MOST_MESSAGES:]), key=lambda moment: moment[0]))


def _changes(work: Work, numbers: Iterable[str]) -> Iterable[Moment]:
    """Letters that mark a change of the case, and commands that change it without one."""
    for number in numbers:
        for row in notice.list_of_case(work.c, number):
            kind, _, name = row.name.partition("/")
            if kind in CASE_TYPES and (sentence := CASE_TYPES[kind].milestones.get(name)):
                yield row.created_at, Step(sentence, {"number": row.case_number or ""})
        for given in journal.commands_of_case(work.c, number):
            if given.line.lower().startswith(COMMANDS) and not given.undone:
                yield given.at, Step("told_command", {"by": given.by, "line": given.line})


def _said(name: str, row: InboundRow, text: str) -> Step:
    """Who wrote, with the first words after the greeting; without any the subject speaks."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    while len(lines) > 1 and len(lines[0]) <= 40 and lines[0].endswith((",", "!", "，", "！", "：", ":")):
        del lines[0]
    joined = " ".join(lines)
    excerpt = joined if len(joined) <= LONGEST_EXCERPT else f"{joined[:LONGEST_EXCERPT].rsplit(' ', 1)[0]} …"
    return Step(name, {"by": row.sender, "text": excerpt or row.subject})


def customer_words(work: Work, case: Case) -> CustomerWords | None:
    """Find the first and the last mail of the customer's side; None where there is none that can be read."""
    desk = work.desk
    rows = [row for row in inbound.of_case(work.c, case.number) if row.state in (Verdict.OPENED, Verdict.ADDED)]
    theirs = [row for row in rows[1:] if row.sender in case.participants and not _asks_only_for_status(desk, case, _words(work, row))]
    if not rows:
        return None
    last = theirs[-1] if theirs else rows[0]
    forwarded = [row for row in notice.list_of_case(work.c, case.number) if row.name == CUSTOMER_NOTICE]
    readers = tuple(dict.fromkeys(address for row in forwarded if row.inbound_id == last.id for address in row.to))
    sender = last.sender if last.sender in case.participants else case.customer or last.sender
    # Of the first mail all is new to who takes over, what it forwards included.
    opening = _words(work, rows[0]) if desk.roles_of(rows[0].sender) else _body(work, rows[0]).strip()
    return CustomerWords(sender=sender, opening=opening, last=_words(work, last) if theirs else "", readers=readers)


def _words(work: Work, row: InboundRow) -> str:
    """What the customer's side wrote; of a mail by which staff opened the case, what they pass on or took down (SR10)."""
    if not work.desk.roles_of(row.sender):
        return split_reply(_body(work, row)).new_text.strip()
    forwarded = find_forwarded(parse_mail(inbound.load(work.c, row.id).raw))
    if forwarded is not None:
        return forwarded.text.strip()
    lines = above_forwarded(split_reply(_body(work, row)).new_text).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("/")).strip()


def _body(work: Work, row: InboundRow) -> str:
    mail = parse_mail(inbound.load(work.c, row.id).raw)
    return mail.text or mail.alternative_text


def _asks_only_for_status(desk: Desk, case: Case, said: str) -> bool:
    today = calendar_for(case.country, case.timezone, desk.calendar).local_day(case.opened_at)
    lines = find_customer_lines(said, (case.language, *desk.languages), today, tuple(desk.number_prefixes.values()))
    return len(said.split()) <= FEW_WORDS and any(line.kind == "status" for line in lines)
