"""Return Notifications as fillable PDF (RM4): reads what came back, fills one as a customer would."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from mailflow.message.documents.form_fields import LINE_FIELD, read_fields
from mailflow.message.model import ReturnNotification

LARGEST_FILE = 5_000_000
MOST_FIELDS = 5000
HEAD_FIELDS = ("rma", "company", "contact", "telephone", "carrier", "tracking", "ship_date", "cartons")


class UnknownField(ValueError):
    """A field that the form does not have; the text names it."""


def read_pdf_form(content: bytes) -> ReturnNotification | None:
    """The form, None for any other file, be it broken or hostile."""
    if len(content) > LARGEST_FILE or b"%PDF" not in content[:1024]:
        return None
    from pypdf import PdfReader  # slow to import, and most mails carry no PDF

    try:
        found = PdfReader(BytesIO(content), strict=False).get_fields() or {}
    except Exception:  # the library meets hostile bytes with errors of every kind; for us all mean: not our form
        return None
    # A name that no text encoding fits stays bytes in the library.
    fields = {name: field for name, field in found.items() if isinstance(name, str)}
    if len(fields) > MOST_FIELDS or not {"rma", "tracking"} <= fields.keys():
        return None
    known = {name: _text_of(field) for name, field in fields.items() if name in HEAD_FIELDS or LINE_FIELD.fullmatch(name)}
    return read_fields(known)


def _text_of(field: Mapping[str, Any]) -> str:
    value = field.get("/V", "")
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value).removeprefix("/") if isinstance(value, str) else ""


def fill_pdf_form(content: bytes, values: Mapping[str, str]) -> bytes:
    """The form with values typed in, as a customer's viewer saves it. Raises UnknownField."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=BytesIO(content))
    missing = sorted(values.keys() - (writer.get_fields() or {}).keys())
    if missing:
        raise UnknownField(f"the form has no field {', '.join(missing)}")
    for page in writer.pages:
        if "/Annots" in page:
            writer.update_page_form_field_values(page, dict(values), auto_regenerate=True)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()
