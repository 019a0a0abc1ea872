"""The evidence file of an invoice request (BX4): gathered from the letters as they stand in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from mailflow.handling.history import sent_notices
from mailflow.handling.office import Office
from mailflow.notices.attachments.evidence_file import EvidenceLetter, build_evidence_zip
from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.store import notice

PAGE = "rma/evidence"
"""The template of the page to read; it is written as a notice is and never sent."""


def build_evidence(c: Connection, office: Office, desk: Desk, case: Case, values: Mapping[str, Any]) -> bytes:
    """The archive. `values` are those of the invoice request, which the page shows too."""
    letters = _letters_to_customer(c, desk, case)
    page = office.templates_of(desk).render(PAGE, (str(values["language"]), *desk.languages), {**values, "letters": letters})
    return build_evidence_zip(letters, page.html, values["now"])


def _letters_to_customer(c: Connection, desk: Desk, case: Case) -> tuple[EvidenceLetter, ...]:
    """Every letter of the return that left the desk, oldest first; what staff got under its number is nobody else's."""
    fates = sent_notices(c, case)
    letters: list[EvidenceLetter] = []
    for row in notice.list_of_case(c, case.number):
        deliveries = tuple(fate for fate in fates if fate.message_id == row.message_id and not desk.roles_of(fate.recipient))
        if not deliveries:
            continue
        file = f"mails/{len(letters) + 1:02d}-{row.name.rpartition('/')[2].replace('_', '-')}.eml"
        letters.append(
            EvidenceLetter(
                file=file,
                name=row.name,
                subject=row.subject,
                message_id=row.message_id,
                written_at=row.created_at,
                raw=row.raw,
                deliveries=deliveries,
            )
        )
    return tuple(letters)
