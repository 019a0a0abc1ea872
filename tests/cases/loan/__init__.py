"""A case type that the product does not have: test equipment lent to a customer. All that it needs stands in this folder.

A mail whose subject begins with "Loan" asks for it, `/shipped` lends it, a reminder goes out before it is due, `/close` ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from mailflow.policy.case import Case, Lifecycle, State
from mailflow.policy.case_type import CaseType
from mailflow.policy.customer_message import answer_at_once, ask_staff, forward_to_staff, keep_as_note
from mailflow.policy.decision import Decision, SendNotice, SetDeadline
from mailflow.policy.derivation import Derivation
from mailflow.policy.desk import Desk, MailboxRole, Role, Term, Unit
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived, SenderRole
from mailflow.policy.facts import CaseFacts

LENT_FOR = Term(20, Unit.BUSINESS_DAYS)
REMINDED_BEFORE = Term(3, Unit.BUSINESS_DAYS)
REMINDER, OVERDUE = "reminder", "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDetails:
    """What is lent, by which parcel, and until when, with the steps to that day."""

    wanted: str
    tracking: str = ""
    due: date | None = None
    steps: Derivation = ()


Loan = Case[LoanDetails]


def decide(case: Loan | None, event: Event, facts: CaseFacts, desk: Desk, now: datetime) -> Decision:
    """The rules of a loan, by the kind of event."""
    match event:
        case MailReceived() if case is None:
            return _open(event, facts, desk)
        case MailReceived(sender_role=SenderRole.STAFF) if case is not None:
            return keep_as_note(case, event)
        case MailReceived() if case is not None:
            forward = forward_to_staff(event, desk.staff_of(Role.CSE), summary=(("customer", case.customer),), commands=("/close",))
            return Decision(case=case, effects=(forward,), reason=f"{event.sender} wrote about the loan")
        case CommandGiven() if case is not None and event.command.name == "shipped":
            return _lend(case, event, facts)
        case CommandGiven() if case is not None and event.command.name == "close":
            closed = replace(case, state="closed", closed_at=event.at)
            return Decision(case=closed, effects=(_tell(closed, "closed"),), reason=f"{event.by}: {event.command.line}")
        case DeadlineFell() if case is not None:
            return _remind(case, event, facts, desk)
    raise ValueError(f"a loan has no rule for {type(event).__name__}")


def _open(event: MailReceived, facts: CaseFacts, desk: Desk) -> Decision:
    case = Case(
        number=facts.new_numbers["loan"],
        kind="loan",
        desk=desk.name,
        state="asked for",
        opened_at=event.at,
        language=facts.language,
        country=facts.country,
        timezone=facts.timezone,
        customer=event.sender,
        customer_name=event.customer.name,
        participants=(event.sender,),
        subject=event.mail.subject,
        contract=facts.contract.number if facts.contract else None,
        details=LoanDetails(wanted=event.new_text.strip()),
    )
    question = ask_staff(
        case.customer, desk.staff_of(Role.CSE), summary=(("customer", case.customer),), commands=("/shipped CARRIER TRACKING",)
    )
    return Decision(case=case, effects=(*answer_at_once(event, _tell(case, "requested")), question), reason="a loan is asked for")


def _lend(case: Loan, event: CommandGiven, facts: CaseFacts) -> Decision:
    due = facts.calendar.end_of_term(facts.calendar.local_day(event.at), LENT_FOR)
    details = replace(case.details, tracking=event.command.tracking, due=due.day, steps=due.steps)
    lent = replace(case, state="lent", details=details)
    moments = {REMINDER: facts.calendar.before(due.day, REMINDED_BEFORE), OVERDUE: facts.calendar.next_business_day(due.day)}
    clocks = (SetDeadline(kind=kind, at=facts.calendar.dated_moment(day), steps=due.steps) for kind, day in moments.items())
    return Decision(case=lent, effects=(_tell(lent, "lent"), *clocks), reason=f"{event.by}: {event.command.line}")


def _remind(case: Loan, event: DeadlineFell, facts: CaseFacts, desk: Desk) -> Decision:
    if event.kind == REMINDER:
        return Decision(case=case, effects=(_tell(case, "reminder"),), reason=f"due on {case.details.due}")
    again = SetDeadline(
        kind=OVERDUE, at=facts.calendar.dated_moment(facts.calendar.next_business_day(facts.calendar.local_day(event.due_at)))
    )
    question = ask_staff(case.customer, desk.staff_of(Role.CSE), summary=(("customer", case.customer),), commands=("/close",))
    return Decision(case=case, effects=(question, again), reason=f"it was due on {case.details.due}")


def _ask(case: Loan, desk: Desk, command: str) -> SendNotice:
    return ask_staff(case.customer, desk.staff_of(Role.CSE), summary=(("customer", case.customer),), commands=(command,))


def _tell(case: Loan, notice: str) -> SendNotice:
    values = {"wanted": case.details.wanted, "due": case.details.due, "tracking": case.details.tracking, "steps": case.details.steps}
    return SendNotice(notice=f"loan/{notice}", to=(case.customer,), cc=case.other_participants, values=values)


CASE_TYPE: CaseType[LoanDetails, CaseFacts] = CaseType(
    kind="loan",
    lifecycle=Lifecycle(
        kind="loan",
        states=(
            State("asked for", after=("",)),
            State("lent", after=("asked for",)),
            State("closed", after=("asked for", "lent"), closed=True),
        ),
    ),
    decide=decide,
    facts=CaseFacts,
    commands=frozenset({"shipped", "close"}),
    details=LoanDetails,
    opened_by=(MailboxRole.TAC,),
    claims=lambda mail: mail.mail.subject.lower().startswith(("loan", "wypożyczenie")),
)
