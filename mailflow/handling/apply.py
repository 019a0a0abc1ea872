"""Apply a decision: the only writer of case state. Everything of one decision stands or falls with the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mailflow.cases import CASE_TYPES
from mailflow.handling.cause import Cause
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.policy.case import Case
from mailflow.policy.decision import ClearDeadline, Decision, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import Derivation
from mailflow.policy.desk import Desk
from mailflow.store import case as case_rows
from mailflow.store import deadline, journal


@dataclass(frozen=True, slots=True)
class Applied:
    """The case as it stands now (None where none was touched), and the notices that were written, by name."""

    case: Case | None
    notices: tuple[str, ...]


def apply(c: Connection, office: Office, desk: Desk, before: Case | None, decision: Decision, cause: Cause) -> Applied:
    """Write the new case, its deadlines, journal and letters. Raises CaseChanged where another worker was faster."""
    case = _save(c, before, decision.case)
    if case is not None:
        _write(c, desk, case, cause, cause.what, decision.reason)
    sent: list[str] = []
    for effect in decision.effects:
        match effect:
            case SetDeadline() if case is not None:
                deadline.set(c, case.number, effect.kind, effect.key, effect.at, effect.steps)
            case ClearDeadline() if case is not None and before is not None:
                deadline.clear(c, case.number, effect.kind, effect.key)
            case Note():
                _write(c, desk, effect.case or case, cause, "note", effect.text, who=effect.who, steps=effect.steps)
            case SendNotice():
                if write_letter(c, office, desk, case, effect, cause) is not None:
                    sent.append(effect.notice)
                    _write(c, desk, case, cause, "notice", f"{effect.notice} to {', '.join((*effect.to, *effect.cc))}")
    if case is not None and CASE_TYPES[case.kind].lifecycle.is_closed(case.state):
        deadline.clear_all(c, case.number)
    return Applied(case, tuple(sent))


def _save(c: Connection, before: Case | None, after: Case | None) -> Case | None:
    if after is None or after == before:
        return after
    if before is None:
        case_rows.insert(c, after)
        return after
    return case_rows.save(c, after)


def _write(
    c: Connection, desk: Desk, case: Case | None, cause: Cause, what: str, text: str, *, who: str = "", steps: Derivation = ()
) -> None:
    journal.write(
        c,
        case_number=case.number if case else None,
        desk=desk.name,
        at=cause.at,
        who=who or cause.who,
        what=what,
        text=text,
        steps=steps,
        inbound_id=cause.inbound_id,
        deadline_id=cause.deadline_id,
    )
