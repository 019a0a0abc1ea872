"""The evidence of an invoice request (BX4) as one ZIP: every letter exactly as it was sent, what became of it, and a page to read."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mailflow.notices.attachments.csv_cell import harmless
from mailflow.policy.facts import SentNotice

COLUMNS = (
    "file", "sha256", "notice", "subject", "message_id", "recipient", "written_at", "accepted_at", "server_answer", "bounced_at",
    "bounce_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLetter:
    """A letter: its name in the archive, its bytes as they were sent, and its fate with each recipient."""

    file: str
    name: str
    subject: str
    message_id: str
    written_at: datetime
    raw: bytes
    deliveries: tuple[SentNotice, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


def build_evidence_zip(letters: Sequence[EvidenceLetter], page: str, at: datetime) -> bytes:
    """`evidence.html` (the page), `manifest.csv`, the letters, and SHA256SUMS over all of them as `sha256sum -c` reads it.

    `at` is the moment of the request. The same bytes for the same values.
    """
    files = [
        ("evidence.html", page.encode("utf-8"), at),
        ("manifest.csv", build_manifest(letters), at),
        *((letter.file, letter.raw, letter.written_at) for letter in letters),
    ]
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content, _ in files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content, written in (*files, ("SHA256SUMS", sums.encode("ascii"), at)):
            moment = written.astimezone(UTC)
            member = zipfile.ZipInfo(name, (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def build_manifest(letters: Sequence[EvidenceLetter]) -> bytes:
    """A row for each letter and recipient: UTF-8 with a header line, moments ISO 8601 in UTC, '' for what did not happen."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for letter in letters:
        for fate in letter.deliveries:
            row = (
                letter.file, letter.sha256, letter.name, letter.subject, letter.message_id, fate.recipient, _iso(letter.written_at),
                _iso(fate.accepted_at), fate.response, _iso(fate.bounced_at), fate.bounce_reason,
            )  # fmt: skip
            writer.writerow(harmless(value) for value in row)
    return out.getvalue().encode("utf-8")


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""
