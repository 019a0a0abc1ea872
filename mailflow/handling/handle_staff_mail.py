"""Mail of the desk's staff: commands, a booking, a request for somebody else, a letter to the customer, a note (OUT4, RM5, SR5, SR10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailflow.cases import decide
from mailflow.handling.apply import apply
from mailflow.handling.errand import Errand, Outcome
from mailflow.handling.finding import Found
from mailflow.handling.gather import facts_for_case
from mailflow.handling.handle_booking import handle_booking, tells_of_arrivals
from mailflow.handling.handle_command import STANDS_ALONE, handle_commands, read_commands
from mailflow.handling.letter import write_letter
from mailflow.handling.lost_thread import has_lost_thread, quoted_notice, tell_note_kept
from mailflow.handling.opening import extract, open_for_caller
from mailflow.handling.reading import above_forwarded, before_quotation
from mailflow.handling.refusal import in_english, refuse
from mailflow.message.forwarded import Forwarded, find_forwarded
from mailflow.message.model import Address
from mailflow.message.staff.command import CommandMail, misses_slash
from mailflow.policy.case import Case
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import MailboxRole, Role
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.triage import NOT_GENUINE, Verdict
from mailflow.store import case as case_rows
from mailflow.store import notice

NO_CASE = "staff mail that names no case"
LONGEST_SUBJECT = 80
MOST_LINES_TOLD = 10
"""Lines of a forged mail that are shown to whom it names."""


def take_staff_mail(errand: Errand, found: Found, event: MailReceived) -> Outcome:
    """From a sender that is not genuine nothing at all is taken (OUT6)."""
    if event.standing is not Standing.STAFF:
        return _refuse_forged(errand, event)
    if event.is_encrypted:
        return _refuse_encrypted(errand, found, event)
    passed_on = _passed_on(errand, found, event)
    commands = read_commands(_own_words(event), errand.desk, found.case, event.at)
    if Role.RECEIVING in event.roles and not (commands.commands or commands.errors or passed_on):
        returned = _return_meant(errand, found.case, event) if found.case else None
        if returned is not None or tells_of_arrivals(event, found.case):
            booked = handle_booking(errand.c, errand.office, errand.desk, returned, event, errand.cause())
            return Outcome(Verdict.ADDED if booked.case_number else Verdict.IGNORED, "booking", booked.reason, booked.case_number)
    if passed_on is not None and not commands.errors and not any(one.name in STANDS_ALONE for one in commands.commands):
        return _open_passed_on(errand, event, passed_on, commands)
    if commands.errors or any(found.case or one.name in STANDS_ALONE for one in commands.commands):
        # What is meant for a merged request must not happen to the one that goes on: whoever gives a command is told.
        return _command(errand, event, found.merged or found.case, commands)
    if found.case is None:
        return _refuse_nameless(errand, event)
    if below := _commands_below(errand, found.case, event):
        return _refuse_lines(errand, found, event, tuple((line, Step("command_below_quotation"), "") for line in below))
    if form := misses_slash(event.new_text):
        return _refuse_lines(errand, found, event, ((event.new_text.strip(), Step("slash_missing"), form),))
    if has_lost_thread(found, event.mail):
        return _take_out_of_thread(errand, found, found.case, event)
    return _write_to_case(errand, found, found.case, event)


def _take_out_of_thread(errand: Errand, found: Found, case: Case, event: MailReceived) -> Outcome:
    """What surely answers a relayed mail is taken so; else it is a note, and its sender is told (SR5, BX7)."""
    answered = quoted_notice(errand.c, found, event.mail)
    outcome = _write_to_case(errand, found, case, replace(event, answers_notice=answered))
    if not answered and event.new_text.strip():
        write_letter(errand.c, errand.office, errand.desk, case, tell_note_kept(errand.c, case, event), errand.cause())
    return outcome


def _refuse_encrypted(errand: Errand, found: Found, event: MailReceived) -> Outcome:
    """Neither an order nor a letter to the customer: nobody here could read it (IN9)."""
    _refuse(errand, found.case, event, why := Step("staff_mail_encrypted"))
    told = in_english(errand.office, why)
    return Outcome(Verdict.ADDED, found.how, told, found.case.number) if found.case else Outcome(Verdict.IGNORED, NO_CASE, told)


def _refuse_forged(errand: Errand, event: MailReceived) -> Outcome:
    """Told to the address on the list, but no flood of forged mails becomes a flood of answers (P9)."""
    rule = errand.reading.authentication.rule
    hour = timedelta(hours=1)
    if notice.count_to(errand.c, event.sender, errand.now - hour, immediate_only=False) < errand.desk.caps.known_per_hour:
        said: dict[str, Value] = {"subject": event.mail.subject or "-", "at": event.at, "timezone": errand.desk.calendar.timezone}
        read = read_commands(_own_words(event), errand.desk, None, event.at)
        given = (*(one.line for one in read.commands), *(one.line for one in read.errors))[:MOST_LINES_TOLD]
        lines = tuple((line, Step("not_done"), "") for line in given)
        refuse(errand.c, errand.office, errand.desk, None, event.sender, lines, errand.cause(), reason=Step("mail_not_genuine", said))
    return Outcome(Verdict.QUARANTINED, NOT_GENUINE, rule)


def _refuse_nameless(errand: Errand, event: MailReceived) -> Outcome:
    _refuse(errand, None, event, named := Step("command_names_no_case"))
    return Outcome(Verdict.IGNORED, NO_CASE, in_english(errand.office, named))


def _refuse(errand: Errand, case: Case | None, event: MailReceived, reason: Step) -> None:
    refuse(errand.c, errand.office, errand.desk, case, event.sender, (), errand.cause(), reason=reason)


def _own_words(event: MailReceived) -> str:
    """What a member of staff wrote above anything quoted or passed on: the only place for commands (contract: Staff commands)."""
    return above_forwarded(before_quotation(event.mail, event.new_text))


def _commands_below(errand: Errand, case: Case, event: MailReceived) -> tuple[str, ...]:
    """Command lines that stand below quoted text: they count for nothing, and no letter goes out with them in it (SR5)."""
    read = read_commands(event.new_text, errand.desk, case, event.at)
    misread = (error.line for error in read.errors if error.reason.name != "unknown_command")
    return tuple(line.strip() for line in (*(command.line for command in read.commands), *misread))


def _refuse_lines(errand: Errand, found: Found, event: MailReceived, lines: tuple[tuple[str, Step, str], ...]) -> Outcome:
    refuse(errand.c, errand.office, errand.desk, found.case, event.sender, lines, errand.cause())
    return Outcome(Verdict.ADDED, found.how, in_english(errand.office, lines[0][1]), found.case.number if found.case else None)


def _command(errand: Errand, event: MailReceived, case: Case | None, commands: CommandMail) -> Outcome:
    def open_request(caller: Address, text: str) -> Case:
        first_line = next((line.strip() for line in text.splitlines() if line.strip()), "")
        return open_for_caller(errand, event, caller, first_line[:LONGEST_SUBJECT], text)

    done = handle_commands(errand.c, errand.office, errand.desk, case, commands, event.sender, event.at, errand.cause(), open_request)
    if done.case is None:
        return Outcome(Verdict.IGNORED, NO_CASE, done.reason)
    return Outcome(Verdict.OPENED if done.opened else Verdict.ADDED, "staff command", done.reason, done.case.number)


def _passed_on(errand: Errand, found: Found, event: MailReceived) -> Forwarded | None:
    """The customer's mail that staff forward without naming a case; one of staff or of ours is none (SR10)."""
    if found.case is not None or found.answers_notice:
        return None
    forwarded = find_forwarded(event.mail)
    if forwarded is None or "@" not in forwarded.sender.address:
        return None
    sender = forwarded.sender.address
    return None if errand.desk.roles_of(sender) or errand.office.is_own(sender) else forwarded


def _open_passed_on(errand: Errand, event: MailReceived, passed_on: Forwarded, commands: CommandMail) -> Outcome:
    """Opened for the customer and answered like any new request; commands above it are done on the new case."""
    case = open_for_caller(errand, event, passed_on.sender, passed_on.subject, passed_on.text)
    if not commands.commands:
        reason = f"{event.sender} passed on a mail of {passed_on.sender.address}"
        _confirm(errand, event, case)
        return Outcome(Verdict.OPENED, "a customer's mail forwarded by staff", reason, case.number)
    done = _command(errand, event, case, commands)
    return replace(done, verdict=Verdict.OPENED, case_number=case.number)


def _confirm(errand: Errand, event: MailReceived, case: Case) -> None:
    """Whoever passed the mail on hears the number, in whose thread the case goes on."""
    done = Step("command_new", {"number": case.number, "address": case.customer})
    values = {"results": ((event.mail.subject, done),), "note_kept": False, "note": ""}
    answer = SendNotice(notice="staff/command_result", to=(event.sender,), to_staff=True, values=values)
    write_letter(errand.c, errand.office, errand.desk, case, answer, errand.cause())


def _return_meant(errand: Errand, case: Case, event: MailReceived) -> Case | None:
    """The return that a mail of receiving staff is about; what they write of a request alone is a note (RM5)."""
    if case.kind == "rma":
        return case
    if event.mailbox_role is not MailboxRole.RECEIVING:
        return None
    returns = [one for one in case_rows.returns_of(errand.c, case.number) if one.closed_at is None]
    return returns[0] if len(returns) == 1 else None


def _write_to_case(errand: Errand, found: Found, case: Case, event: MailReceived) -> Outcome:
    """A letter to the customer, or an internal note, as the case type's rule has it (SR5)."""
    told = replace(event, extracted=extract(errand, event))
    facts = facts_for_case(errand.c, errand.office, errand.desk, case, event.at, event=told, extracted=told.extracted, known=errand.known)
    decision = decide(case.kind, case, told, facts, errand.desk, errand.now)
    if decision.refused:
        refuse(errand.c, errand.office, errand.desk, case, event.sender, (), errand.cause(), reason=decision.refused)
    else:
        apply(errand.c, errand.office, errand.desk, case, decision, errand.cause())
    return Outcome(Verdict.ADDED, found.how, decision.reason, case.number)
