"""The invoice request as a machine reads it (RM11): the same lines as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal

from mailflow.notices.attachments.csv_cell import harmless


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
    """UTF-8 with a header line; dates ISO, amounts with a point."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(field.name for field in fields(InvoiceLine))
    for line in lines:
        writer.writerow(harmless(value) for value in _plain(line).values())
    return out.getvalue().encode("utf-8")


def build_invoice_json(lines: Sequence[InvoiceLine]) -> bytes:
    """`{"lines": [...], "totals": [{"currency", "amount"}, ...]}`; amounts are texts, so that no reader rounds them."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.total
    totals = [{"currency": currency, "amount": f"{amount:.2f}"} for currency, amount in sums.items()]
    request = {"lines": [_plain(line) for line in lines], "totals": totals}
    return json.dumps(request, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


def _plain(line: InvoiceLine) -> dict[str, str | int]:
    values = asdict(line)
    due = line.return_due.isoformat() if line.return_due else ""
    return {**values, "unit_price": f"{line.unit_price:.2f}", "total": f"{line.total:.2f}", "return_due": due}
