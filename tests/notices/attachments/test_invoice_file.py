"""The invoice request as a machine reads it (RM11, case 66)."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mailflow.notices.attachments.finance_files import InvoiceLine, build_invoice_csv, build_invoice_json

LINE = InvoiceLine(
    rma="RMA-100001",
    service_request="SR-100001",
    contract="HC-1",
    company='=HYPERLINK("http://evil.example")',
    customer="anna@customer.example",
    part_number="02352KLM",
    quantity=2,
    unit_price=Decimal("39900"),
    total=Decimal("79800"),
    currency="EUR",
    return_due=date(2026, 12, 15),
)


def test_the_csv_reads_back_and_no_cell_is_a_formula() -> None:
    (row,) = csv.DictReader(io.StringIO(build_invoice_csv([LINE]).decode()))
    assert (row["rma"], row["quantity"], row["unit_price"], row["total"], row["currency"]) == (
        "RMA-100001",
        "2",
        "39900.00",
        "79800.00",
        "EUR",
    )
    assert (row["return_due"], row["company"]) == ("2026-12-15", '\'=HYPERLINK("http://evil.example")')


def test_the_json_holds_the_same_with_amounts_as_text() -> None:
    (line,) = json.loads(build_invoice_json([LINE]))["lines"]
    assert (line["total"], line["quantity"], line["company"]) == ("79800.00", 2, '=HYPERLINK("http://evil.example")')


def test_several_currencies_are_rows_and_totals_of_their_own() -> None:
    """RM9: currencies are never added."""
    lines = [LINE, replace(LINE, part_number="02270099", quantity=1, unit_price=Decimal("980.5"), total=Decimal("980.5"), currency="USD")]
    rows = list(csv.DictReader(io.StringIO(build_invoice_csv([*lines, LINE]).decode())))
    assert [(row["total"], row["currency"]) for row in rows] == [("79800.00", "EUR"), ("980.50", "USD"), ("79800.00", "EUR")]
    assert json.loads(build_invoice_json([*lines, LINE]))["totals"] == [
        {"currency": "EUR", "amount": "159600.00"},
        {"currency": "USD", "amount": "980.50"},
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝", "＠"])
def test_nothing_that_a_spreadsheet_would_run_is_left(start: str) -> None:
    """Case 66: signs at the beginning, behind a blank, and in full width."""
    (row,) = csv.DictReader(io.StringIO(build_invoice_csv([replace(LINE, company=f"{start}SUM(1)")]).decode(), newline=""))
    assert row["company"] == f"'{start}SUM(1)"
