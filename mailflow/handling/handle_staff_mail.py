"""Mail of the desk's staff: commands, a booking, a request for somebody else, a letter to the customer, a note (OUT4, RM5, SR5, SR10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailflow.cases import CASE_TYPES, traits_of
from mailflow.handling.handle_booking import handle_booking, tells_of_arrivals
from mailflow.handling.handle_command import NO_CASE, STANDS_ALONE, handle_commands, read_commands, refuse, tell_results
from mailflow.handling.handle_customer_mail import extract, open_for_caller
from mailflow.handling.match import BY_ADDRESS, BY_NUMBER, CaseMatch, children, only_open
from mailflow.handling.notice import write_notice
from mailflow.handling.settle import settle
from mailflow.handling.work import IncomingMail, Outcome, Work
from mailflow.message.own_words import above_forwarded, before_quotation
from mailflow.message.reference import Forwarded, find_forwarded
from mailflow.message.reply_words import ANSWERED, FORWARDED
from mailflow.message.staff.command import CommandMail, misses_slash
from mailflow.policy.case import Case
from mailflow.policy.case_type import Trait
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import MailboxRole, Role
from mailflow.policy.event import MailReceived, SenderRole
from mailflow.policy.triage import NOT_GENUINE, Verdict
from mailflow.store import notice

MOST_LINES_TOLD = 10
"""Lines of a forged mail that are shown to whom it names."""
SURELY = 0.8
"""Share of a letter's lines that a mail has to repeat to be an answer to it, of 1."""
FEWEST_LETTERS = 8
"""Letters and digits of a line that says something."""


def handle_staff_mail(incoming: IncomingMail, match: CaseMatch, event: MailReceived) -> Outcome:
    """Take what staff write: commands, a booking, a customer's mail passed on, a letter, a note; nothing if not genuine (OUT6)."""
    work, case = incoming.work, match.case
    if event.sender_role is not SenderRole.STAFF:
        return _refuse_forged(incoming, event)
    if event.is_encrypted:
        # Neither an order nor a letter to the customer: nobody here could read it (IN9).
        return _refuse(work, match, event, reason=Step("staff_mail_encrypted"))
    passed_on = _passed_on(work, match, event)
    commands = read_commands(_own_words(event), work.desk, case, event.at)
    if Role.RECEIVING in event.roles and not (commands.commands or commands.errors or passed_on):
        returned = None
        if case is not None:
            # What receiving staff write of a request alone is a note (RM5).
            is_return, in_receiving = CASE_TYPES[case.kind].expected_parts is not None, event.mailbox_role is MailboxRole.RECEIVING
            returned = case if is_return else only_open(children(work, case)) if in_receiving else None
        if returned is not None or tells_of_arrivals(event, case):
            return handle_booking(work, returned, event)
    stands_alone = any(one.name in STANDS_ALONE for one in commands.commands)
    if passed_on is not None and not commands.errors and not stands_alone:
        return _open_passed_on(work, event, passed_on, commands)
    if commands.errors or stands_alone or (case and commands.commands):
        # What is meant for a merged request must not happen to the one that goes on: whoever gives a command is told.
        return handle_commands(work, event, match.merged or case, commands)
    if case is None:
        return _refuse(work, match, event, reason=Step("command_names_no_case"))
    # Command lines below quoted text count for nothing, and no letter goes out with them in it (SR5).
    below = read_commands(event.new_text, work.desk, case, event.at)
    misread = (error.line for error in below.errors if error.reason.name != "unknown_command")
    if lines := [line.strip() for line in (*(command.line for command in below.commands), *misread)]:
        return _refuse(work, match, event, tuple((line, Step("command_below_quotation"), "") for line in lines))
    if form := misses_slash(event.new_text):
        return _refuse(work, match, event, ((event.new_text.strip(), Step("slash_missing"), form),))
    # An answer that names the case and no mail that we know: relays rewrite Message-IDs (SR5, BX7).
    is_answer = bool(event.mail.in_reply_to or event.mail.references or ANSWERED.match(event.mail.subject))
    if is_answer and not match.answers_notice and match.how in (BY_ADDRESS, BY_NUMBER):
        return _take_out_of_thread(work, match, case, event)
    return _write_to_case(work, match, case, event)


def _refuse_forged(incoming: IncomingMail, event: MailReceived) -> Outcome:
    """Told to the address on the list, but no flood of forged mails becomes a flood of answers (P9)."""
    work = incoming.work
    if not work.had_its_share(event.sender, work.desk.caps.known_per_hour):
        said: dict[str, Value] = {"subject": event.mail.subject or "-", "at": event.at, "timezone": work.desk.calendar.timezone}
        read = read_commands(_own_words(event), work.desk, None, event.at)
        given = (*(one.line for one in read.commands), *(one.line for one in read.errors))[:MOST_LINES_TOLD]
        lines = tuple((line, Step("not_done"), "") for line in given)
        refuse(work, None, event.sender, lines, reason=Step("mail_not_genuine", said))
    return Outcome(Verdict.QUARANTINED, NOT_GENUINE, incoming.authentication.rule)


def _refuse(
    work: Work, match: CaseMatch, event: MailReceived, lines: Sequence[tuple[str, Step, str]] = (), reason: Step | None = None
) -> Outcome:
    refuse(work, match.case, event.sender, lines, reason=reason or "")
    why = work.services.in_english(reason or lines[0][1])
    return Outcome(Verdict.ADDED, match.how, why, match.number) if match.case else Outcome(Verdict.IGNORED, NO_CASE, why)


def _own_words(event: MailReceived) -> str:
    """What a member of staff wrote above anything quoted or passed on: the only place for commands (contract: Staff commands)."""
    return above_forwarded(before_quotation(event.mail, event.new_text))


def _passed_on(work: Work, match: CaseMatch, event: MailReceived) -> Forwarded | None:
    """The customer's mail that staff forward without naming a case; one of staff or of ours is none (SR10)."""
    forwarded = find_forwarded(event.mail) if match.case is None and not match.answers_notice else None
    if forwarded is None or "@" not in forwarded.sender.address:
        return None
    sender = forwarded.sender.address
    return None if work.desk.roles_of(sender) or work.services.is_own(sender) else forwarded


def _open_passed_on(work: Work, event: MailReceived, passed_on: Forwarded, commands: CommandMail) -> Outcome:
    """Opened for the customer and answered like any new request; commands above it are done on the new case."""
    case = open_for_caller(work, event, passed_on.sender, passed_on.subject, passed_on.text)
    if commands.commands:
        done = handle_commands(work, event, case, commands)
        return replace(done, verdict=Verdict.OPENED, case_number=case.number)
    # Whoever passed the mail on hears the number, in whose thread the case goes on.
    tell_results(work, case, event.sender, ((event.mail.subject, Step("command_new", {"number": case.number, "address": case.customer})),))
    reason = f"{event.sender} passed on a mail of {passed_on.sender.address}"
    return Outcome(Verdict.OPENED, "a customer's mail forwarded by staff", reason, case.number)


def _write_to_case(work: Work, match: CaseMatch, case: Case, event: MailReceived) -> Outcome:
    """A letter to the customer, or an internal note, as the case type's rule has it (SR5)."""
    decision = settle(work, case, replace(event, extracted=extract(work, event)))
    if decision.refused:
        refuse(work, case, event.sender, reason=decision.refused)
    return Outcome(Verdict.ADDED, match.how, decision.reason, case.number)


def _take_out_of_thread(work: Work, match: CaseMatch, case: Case, event: MailReceived) -> Outcome:
    """Take what surely answers a forwarded mail so; else it is a note, and its sender hears which mail to answer instead (SR5, BX7)."""
    letters = [row for row in notice.list_of_case(work.c, case.number) if event.sender in row.to]
    # Only with the case's signed address: what is sent out by mistake cannot be taken back, a note can be sent again.
    is_sure = match.how == BY_ADDRESS and not FORWARDED.match(event.mail.subject)
    body = _bare(event.mail.text or event.mail.alternative_text)
    repeated: set[str] = set()
    for row in letters if is_sure else ():
        said = [bare for line in row.text.splitlines() if len(bare := _bare(line)) >= FEWEST_LETTERS]
        if said and sum(one in body for one in said) >= SURELY * len(said):
            repeated.add(row.name)
    answered = repeated.pop() if len(repeated) == 1 else ""
    if Trait.ANSWER_LEAVES not in traits_of(answered):
        answered = ""
    outcome = _write_to_case(work, match, case, replace(event, answers_notice=answered))
    if not answered and event.new_text.strip():
        instead = next((row for row in reversed(letters) if Trait.ANSWER_LEAVES in traits_of(row.name)), None)
        values = {
            "note": event.new_text.strip(),
            "answer_to": instead.subject if instead else "",
            "written_at": instead.created_at if instead else None,
        }
        write_notice(work, case, SendNotice(notice="staff/note_kept", to=(event.sender,), to_staff=True, values=values))
    return outcome


def _bare(text: str) -> str:
    """Letters and digits alone: mail programs wrap and mark what they quote."""
    return "".join(filter(str.isalnum, text))
