"""Attached spreadsheets as rows of cells. A file is checked as a zip before it is opened: a small one can hold gigabytes (case 45)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from itertools import islice

LARGEST_FILE = 5_000_000
"""Bytes of an attached form, list or paper that is opened at all."""
MOST_MEMBERS = 500
LARGEST_UNPACKED = 20_000_000
MOST_SHEETS = 3
MOST_ROWS = 2000
MOST_COLUMNS = 20
EXACT_DIGITS = 15
"""Spreadsheets keep this many digits of a number; a longer serial number typed as a number is no longer the one meant."""

Cell = object
Sheet = list[tuple[Cell, ...]]


def read_sheets(content: bytes) -> list[Sheet]:
    """The cells of the first sheets of a workbook, at most 2,000 rows of 20 columns each; none where the file is broken or hostile."""
    if len(content) > LARGEST_FILE or not content.startswith(b"PK"):
        return []
    try:
        return list(islice(each_sheet(content), MOST_SHEETS))
    except Exception:  # the library meets hostile files with errors of every kind; for us all mean: no table of ours
        return []


def each_sheet(content: bytes) -> Iterator[Sheet]:
    """All sheets of a workbook, one after another; none of a hostile one. Raises whatever the library does for a broken one.

    Formulas are never computed: of them only the value that the author's program stored is seen.
    """
    if not is_harmless_zip(content, "xl/workbook.xml"):
        return
    from openpyxl import load_workbook  # slow to import, and most mails carry no spreadsheet

    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            yield list(sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True))
    finally:
        book.close()


def is_harmless_zip(content: bytes, main_part: str) -> bool:
    """An office document with this main part, whose sizes are bearable as declared and as they really are: declared ones can lie."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
            return False
        if any(member.flag_bits & 1 for member in members) or main_part not in archive.namelist():
            return False
        room = LARGEST_UNPACKED
        for member in members:
            with archive.open(member) as unpacked:
                while piece := unpacked.read(65536):
                    room -= len(piece)
                    if room < 0 or b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                        return False
    return True
