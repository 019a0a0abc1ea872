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
) -> None:
    """Tell a member of staff that nothing was done, with the line and the nearest valid form."""
    answer = SendNotice(notice="staff/command_refused", to=(by,), to_staff=True, values={"lines": tuple(lines), "reason": reason})
    write_letter(c, office, desk, case, answer, cause)


def in_english(office: Office, said: Sentence) -> str:
    """A sentence to staff as the journal keeps it."""
    return said if isinstance(said, str) else office.templates.wording("en").sentence(said)
