"""What takes effect only after `/confirm CODE` (BX8): waiving, cancelling, and an invoice request that a human has to decide on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.invoicing import confirm_invoice
from mailflow.cases.rma.obligation import INVOICE_CONFIRMATION
from mailflow.message.staff.command import parse_commands
from mailflow.policy.case import Case, PendingConfirmation, RmaDetails
from mailflow.policy.decision import Decision, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts

FROM_DEADLINE = "mailflow"
"""Who asks where no command of a person waits: every CCR got the code."""

Rule = Callable[[Case, CommandGiven, Facts, Desk, datetime], Decision]


def ask_confirmation(case: Case, event: CommandGiven, facts: Facts, would: Step) -> Decision:
    """Nothing is done yet; the code goes to the one who gave the command. `would` says what it would do."""
    pending = PendingConfirmation(code=facts.confirmation_code, line=event.command.line, by=event.by, at=event.at)
    asked = case.changed(details=replace(case.details, confirmations=(*case.details.confirmations, pending)))
    values = {"code": pending.code, "line": pending.line, "summary": would}
    question = SendNotice(notice="staff/confirmation_request", to=(event.by,), to_staff=True, values=values)
    done = Step("rma_confirm_first", {"code": pending.code, "would": would})
    return Decision(case=asked, effects=(question,), reason=f"{event.by}: {event.command.line}: asked to confirm", done=done)


def confirm(case: Case, event: CommandGiven, give: Rule, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/confirm CODE`: the command that waits for it, given again through `give`; only by who gave it, who alone got the code (BX8)."""
    details: RmaDetails = case.details
    pending = next((p for p in details.confirmations if p.code.lower() == event.command.code.lower()), None)
    if pending is None:
        why = Step("rma_code_unknown", {"rma": case.number, "code": event.command.code})
        return Decision(case=case, reason=why.name, refused=why)
    if pending.by not in (event.by, FROM_DEADLINE):
        why = Step("rma_confirm_own", {"rma": case.number, "by": pending.by})
        return Decision(case=case, reason=why.name, refused=why)
    rest = tuple(other for other in details.confirmations if other is not pending)
    freed = case.changed(details=replace(details, confirmations=rest))
    if pending.line.startswith(INVOICE_CONFIRMATION):
        return confirm_invoice(freed, event, facts, desk, now)
    command = parse_commands(pending.line, prefixes=tuple(desk.number_prefixes.values())).commands[0]
    return give(freed, replace(event, command=command, confirmed=True), facts, desk, now)
