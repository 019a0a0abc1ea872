"""A no to a member of staff: nothing was done, here is the line and what would be valid (OUT4)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from mailflow.handling.cause import Cause
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.policy.case import Case
from mailflow.policy.decision import SendNotice, Sentence
from mailflow.policy.desk import Desk


class Refused(Exception):
    """A command or booking cannot be done; carries the line and the reason for the answer."""

    def __init__(self, line: str, reason: Sentence, valid_form: str = "") -> None:
        super().__init__(reason)
        self.line, self.reason, self.valid_form = line, reason, valid_form


def refuse(
    c: Connection,
    office: Office,
    desk: Desk,
    case: Case | None,
    by: str,
    lines: Sequence[tuple[str, Sentence, str]],
    cause: Cause,
    reason: Sentence = "",
    forms: Sequence[str] = (),
) -> None:
    """Tell a member of staff that nothing was done, with the line and the nearest valid form; `forms` are all that are valid there."""
    told = tuple((line, why, _form_in(case, form)) for line, why, form in lines)
    values = {"lines": told, "reason": reason, "forms": tuple(_form_in(case, form) for form in forms)}
    answer = SendNotice(notice="staff/command_refused", to=(by,), to_staff=True, values=values)
    write_letter(c, office, desk, case, answer, cause)


def _form_in(case: Case | None, form: str) -> str:
    """A certification has no returns that a command could name."""
    return form.replace("[RMA] ", "") if case is not None and case.kind == "certification" else form


def in_english(office: Office, said: Sentence) -> str:
    """A sentence to staff as the journal keeps it."""
    return said if isinstance(said, str) else office.templates.wording("en").sentence(said)
