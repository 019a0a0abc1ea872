"""Apply a decision: the only writer of case state. Everything of one decision stands or falls with the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mailflow.cases import CASE_TYPES
from mailflow.handling.cause import Cause
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.policy.case import Case
from mailflow.policy.decision import ChangeCase, ClearDeadline, Decision, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import Derivation
from mailflow.policy.desk import Desk
from mailflow.store import case as case_rows
from mailflow.store import deadline, journal


@dataclass(frozen=True, slots=True)
class Applied:
    """The case as it stands now (None where none was touched), and the letters that were written: (notice, to whom)."""

    case: Case | None
    letters: tuple[tuple[str, tuple[str, ...]], ...]


def apply(c: Connection, office: Office, desk: Desk, before: Case | None, decision: Decision, cause: Cause) -> Applied:
    """Write the new case, its deadlines, journal and letters, and the other cases that change with it.

    Raises CaseChanged where another worker was faster.
    """
    case = _save(c, before, decision.case)
    if case is not None:
        _write(c, desk, case, cause, cause.what, decision.reason)
    sent: list[tuple[str, tuple[str, ...]]] = []
    for effect in decision.effects:
        match effect:
            case SetDeadline() if case is not None:
                deadline.set(c, case.number, effect.kind, effect.key, effect.at, effect.steps)
            case ClearDeadline() if case is not None and before is not None:
                deadline.clear(c, case.number, effect.kind, effect.key)
            case Note():
                _write(c, desk, effect.case or case, cause, "note", effect.text, who=effect.who, steps=effect.steps)
            case SendNotice():
                told_of = effect.case or case
                if write_letter(c, office, desk, told_of, effect, cause) is not None:
                    sent.append((effect.notice, (*effect.to, *effect.cc)))
                    _write(c, desk, told_of, cause, "notice", f"{effect.notice} to {', '.join((*effect.to, *effect.cc))}")
            case ChangeCase():
                _change(c, desk, effect, cause)
    if case is not None:
        _stop_clocks_of_closed(c, case)
    return Applied(case, tuple(sent))


def _save(c: Connection, before: Case | None, after: Case | None) -> Case | None:
    if after is None or after == before:
        return after
    if before is None:
        case_rows.insert(c, after)
        return after
    return case_rows.save(c, after)


def _change(c: Connection, desk: Desk, effect: ChangeCase, cause: Cause) -> None:
    """The far side of a merge or link, by the same rules as the case itself."""
    before = case_rows.load(c, effect.case.number)
    if before is None:
        raise LookupError(f"case {effect.case.number} is not there")
    CASE_TYPES[before.kind].lifecycle.move(before.state, effect.case.state)
    changed = _save(c, before, effect.case)
    if changed is not None:
        _write(c, desk, changed, cause, cause.what, effect.reason)
        _stop_clocks_of_closed(c, changed)


def _stop_clocks_of_closed(c: Connection, case: Case) -> None:
    if CASE_TYPES[case.kind].lifecycle.is_closed(case.state):
        deadline.clear_all(c, case.number)


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
