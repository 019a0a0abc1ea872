"""What finance gets with an invoice request: its lines for a machine (RM11), and the evidence (BX4) of what the customer was told."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal

from mailflow.policy.facts import SentNotice

EVIDENCE_COLUMNS = (
    "file", "sha256", "notice", "subject", "message_id", "recipient", "written_at", "accepted_at", "server_answer", "bounced_at",
    "bounce_reason",
)  # fmt: skip
FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A cell that begins so would be run by a spreadsheet, the full-width signs in some (case 66)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One unreturned part; amounts with two decimals, in the currency beside them."""

    rma: str
    service_request: str
    contract: str
    company: str
    customer: str
    part_number: str
    quantity: int
    unit_price: Decimal
    total: Decimal
    currency: str
    return_due: date | None


def build_invoice_csv(lines: Sequence[InvoiceLine]) -> bytes:
    """Write the lines in UTF-8 with a header line; dates ISO, amounts with a point."""
    return _csv([field.name for field in fields(InvoiceLine)], (_plain(line).values() for line in lines))


def build_invoice_json(lines: Sequence[InvoiceLine]) -> bytes:
    """Write `{"lines": [...], "totals": [{"currency", "amount"}, ...]}`; amounts are texts, so that no reader rounds them."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.total
    totals = [{"currency": currency, "amount": f"{amount:.2f}"} for currency, amount in sums.items()]
    request = {"lines": [_plain(line) for line in lines], "totals": totals}
    return json.dumps(request, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


def _plain(line: InvoiceLine) -> dict[str, str | int]:
    due = line.return_due.isoformat() if line.return_due else ""
    return {**asdict(line), "unit_price": f"{line.unit_price:.2f}", "total": f"{line.total:.2f}", "return_due": due}


def _csv(columns: Sequence[str], rows: Iterable[Iterable[str | int]]) -> bytes:
    """A table that a spreadsheet shows and never runs."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_START) else cell for cell in row)
    return out.getvalue().encode("utf-8")


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
    """Pack `evidence.html` (the page), `manifest.csv`, the letters, and SHA256SUMS over all of them as `sha256sum -c` reads it.

    The manifest has a row for each letter and recipient, moments ISO 8601 in UTC, '' for what did not happen. `at` is the moment of
    the request. The same bytes for the same values.
    """
    rows = (
        (letter.file, letter.sha256, letter.name, letter.subject, letter.message_id, fate.recipient, _iso(letter.written_at),
         _iso(fate.accepted_at), fate.response, _iso(fate.bounced_at), fate.bounce_reason)
        for letter in letters for fate in letter.deliveries
    )  # fmt: skip
    files = [
        ("evidence.html", page.encode("utf-8"), at),
        ("manifest.csv", _csv(EVIDENCE_COLUMNS, rows), at),
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


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""
