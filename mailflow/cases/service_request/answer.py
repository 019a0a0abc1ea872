"""How a command is answered: with what was done, or why nothing was. Both are data, which every language can say (OUT4)."""

from __future__ import annotations

from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Effect, SendNotice, Sentence
from mailflow.policy.derivation import Step
from mailflow.policy.event import CommandGiven


def refuse(case: Case, event: CommandGiven, why: Step) -> Decision:
    """Nothing is done, and the sender is told why."""
    return Decision(case=case, reason=f"{event.by}: {event.command.line}: refused, {why.name}", refused=why)


def done(case: Case, event: CommandGiven, told: Sentence, *effects: Effect) -> Decision:
    """The command was carried out; `told` is the answer to its sender (OUT4)."""
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=told)


def tell_customer(case: Case, notice: str, **values: object) -> SendNotice:
    """A letter to the customer, with a copy to all who take part and to nobody who is only proposed (SR11)."""
    return SendNotice(notice=f"service_request/{notice}", to=(case.customer,), cc=case.other_participants, values=values)
