"""Taking a command back: what it changed of a case, for every case type alike (contract: /undo)."""

from __future__ import annotations

from mailflow.policy.case import Case
from mailflow.policy.decision import ClearDeadline, Decision, SetDeadline
from mailflow.policy.event import CommandUndone
from mailflow.policy.lifecycle import Lifecycle


def take_back(case: Case, event: CommandUndone, lifecycle: Lifecycle) -> Decision:
    """The case as it stood before the command, with the clocks that ran then. Raises ImpossibleTransition."""
    former = event.former or case
    lifecycle.go_back(case.state, former.state)
    return Decision(
        case=former.changed(version=case.version),
        effects=(
            *(ClearDeadline(kind=clock.kind, key=clock.key) for clock in event.started),
            *(SetDeadline(kind=clock.kind, key=clock.key, at=clock.due_at, steps=clock.steps) for clock in event.stopped),
        ),
        reason=f"taken back: {event.line}",
    )
