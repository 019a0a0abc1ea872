"""The text of files that come with an application: CSV, XLSX, DOCX, PDF and plain text, as lines; cells of a row are parted by ` | `.

Whatever cannot be read, be it broken, hostile or a picture, gives no lines: the reviewer gets every file as it came.
"""

from __future__ import annotations

import csv
import html
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from io import BytesIO, StringIO

from mailflow.message.documents.spreadsheet import LARGEST_FILE, MOST_COLUMNS, each_sheet, is_harmless_zip
from mailflow.message.model import Attachment

MOST_LINES = 2000
MOST_PAGES = 20
MOST_FILES = 20
CELL_GAP = " | "


def read_files(attachments: tuple[Attachment, ...]) -> tuple[list[str], ...]:
    """The lines of each file; the first twenty files and two thousand lines of each are looked at."""
    return tuple(_lines_of(attachment) for attachment in attachments[:MOST_FILES])


def _lines_of(attachment: Attachment) -> list[str]:
    name = (attachment.name or "").lower()
    reader = next((read for ending, read in READERS.items() if name.endswith(ending)), None)
    if reader is None or len(attachment.content) > LARGEST_FILE:
        return []
    try:
        lines = []
        for line in reader(attachment.content):
            lines.append(line)
            if len(lines) >= MOST_LINES:
                break
    except Exception:  # libraries meet hostile files with errors of every kind; for us all mean: nothing to read
        return []
    return lines


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _text_lines(content: bytes) -> Iterator[str]:
    yield from _decoded(content).splitlines()


def _csv_lines(content: bytes) -> Iterator[str]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    for row in csv.reader(StringIO(text), delimiter=delimiter):
        yield CELL_GAP.join(cell.strip() for cell in row[:MOST_COLUMNS])


def _xlsx_lines(content: bytes) -> Iterator[str]:
    for sheet in each_sheet(content):
        for row in sheet:
            cells = [_shown(cell) for cell in row]
            if any(cells):
                yield CELL_GAP.join(cells).rstrip(" |")


def _shown(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return "" if cell is None else " ".join(str(cell).split())


def _docx_lines(content: bytes) -> Iterator[str]:
    """Paragraphs, and the rows of tables (ECMA-376, WordprocessingML)."""
    if not is_harmless_zip(content, "word/document.xml"):
        return
    with zipfile.ZipFile(BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode("utf-8", "replace")
    rows = re.sub(r"</w:tc>(?=.{0,400}?<w:tc[ >])", CELL_GAP, re.sub(r"</w:p>(?=</w:tc>)", "", body))
    plain = re.sub(r"<w:tab/>", "\t", re.sub(r"</w:p>|</w:tr>|<w:br/>", "\n", rows))
    yield from (line.strip() for line in html.unescape(re.sub(r"<[^>]{0,2000}>", "", plain)).splitlines() if line.strip())


def _pdf_lines(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    for page in PdfReader(BytesIO(content), strict=False).pages[:MOST_PAGES]:
        yield from page.extract_text().splitlines()


READERS: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    ".csv": _csv_lines,
    ".txt": _text_lines,
    ".xlsx": _xlsx_lines,
    ".docx": _docx_lines,
    ".pdf": _pdf_lines,
}
