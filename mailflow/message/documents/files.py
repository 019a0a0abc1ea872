"""Attached office files: spreadsheets as rows of cells, and the text of CSV, XLSX, DOCX, PDF and plain text as lines.

A file is checked as a zip before it is opened: a small one can hold gigabytes (case 45). Whatever cannot be read, be it broken, hostile
or a picture, gives nothing: people get every file as it came. In a line the cells of a row are parted by ` | `.
"""

from __future__ import annotations

import csv
import html
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice

from mailflow.message.model import Attachment

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
MOST_LINES = 2000
MOST_PAGES = 20
MOST_FILES = 20
CELL_GAP = " | "


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


def read_files(attachments: tuple[Attachment, ...]) -> tuple[list[str], ...]:
    """The lines of each file; the first twenty files and two thousand lines of each are looked at."""
    files: list[list[str]] = []
    for attachment in attachments[:MOST_FILES]:
        name = (attachment.name or "").lower()
        reader = next((read for ending, read in READERS.items() if name.endswith(ending)), None)
        lines: list[str] = []
        if reader is not None and len(attachment.content) <= LARGEST_FILE:
            try:
                lines = list(islice(reader(attachment.content), MOST_LINES))
            except Exception:  # libraries meet hostile files with errors of every kind; for us all mean: nothing to read
                lines = []
        files.append(lines)
    return tuple(files)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def text_lines(content: bytes) -> Iterator[str]:
    yield from _decoded(content).splitlines()


def csv_lines(content: bytes) -> Iterator[str]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    for row in csv.reader(StringIO(text), delimiter=delimiter):
        yield CELL_GAP.join(cell.strip() for cell in row[:MOST_COLUMNS])


def xlsx_lines(content: bytes) -> Iterator[str]:
    for sheet in each_sheet(content):
        for row in sheet:
            cells = ["" if cell is None else " ".join(_written(cell).split()) for cell in row]
            if any(cells):
                yield CELL_GAP.join(cells).rstrip(" |")


def _written(cell: object) -> str:
    if isinstance(cell, date):
        return (cell.date() if isinstance(cell, datetime) else cell).isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)


def docx_lines(content: bytes) -> Iterator[str]:
    """Paragraphs, and the rows of tables (ECMA-376, WordprocessingML)."""
    if not is_harmless_zip(content, "word/document.xml"):
        return
    with zipfile.ZipFile(BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode("utf-8", "replace")
    rows = re.sub(r"</w:tc>(?=.{0,400}?<w:tc[ >])", CELL_GAP, re.sub(r"</w:p>(?=</w:tc>)", "", body))
    plain = re.sub(r"<w:tab/>", "\t", re.sub(r"</w:p>|</w:tr>|<w:br/>", "\n", rows))
    yield from (line.strip() for line in html.unescape(re.sub(r"<[^>]{0,2000}>", "", plain)).splitlines() if line.strip())


def pdf_lines(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    for page in PdfReader(BytesIO(content), strict=False).pages[:MOST_PAGES]:
        yield from page.extract_text().splitlines()


READERS: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    ".csv": csv_lines,
    ".txt": text_lines,
    ".xlsx": xlsx_lines,
    ".docx": docx_lines,
    ".pdf": pdf_lines,
}
