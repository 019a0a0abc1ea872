"""The Return Notification form (RM4), prefilled: as a fillable PDF and as a spreadsheet. `message.documents` reads both back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailflow.message.model import FAULT_CATEGORIES

ENGLISH = {
    "title": "Return Notification",
    "intro": "Please fill in what is missing and send this form back by replying to the mail, before the parcel leaves.",
    "rma": "RMA number",
    "company": "Company",
    "contact": "Contact",
    "telephone": "Telephone",
    "carrier": "Carrier",
    "tracking": "Tracking number",
    "ship_date": "Ship date",
    "cartons": "Cartons",
    "part": "Part number",
    "quantity": "Quantity",
    "serial": "Serial number",
    "fault": "Fault description",
    "category": "Fault category",
    "data_removed": "Data removed",
    "send_to": "Send the parts to",
    "valid_through": "Valid through",
    "yes": "yes",
    "no": "no",
    "F001": "worn out or damaged",
    "F003": "spare part dead on arrival",
    "F005": "batch replacement asked for by R&D",
    "F006": "from the customer's repair and return stock",
    "F009": "damaged by natural force",
    "F056": "internal return",
    "F060": "good part for testing",
}
"""What the form says where `words` holds nothing else."""

CATEGORIES = FAULT_CATEGORIES
HEAD_FIELDS = ("company", "contact", "telephone", "carrier", "tracking", "ship_date", "cartons")
LINE_FIELDS = ("part", "quantity", "serial", "fault", "category", "data_removed")


@dataclass(frozen=True, slots=True)
class ReturnFormLine:
    """One authorised line; `serials` are those that are expected."""

    part_number: str
    description: str = ""
    quantity: int = 1
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnForm:
    """What is known beforehand. `valid_through` is a day in words; `words` are labels by the keys of ENGLISH in the reader's language."""

    rma: str
    company: str = ""
    contact: str = ""
    telephone: str = ""
    return_address: tuple[str, ...] = ()
    valid_through: str = ""
    lines: tuple[ReturnFormLine, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def label(self, name: str) -> str:
        return self.words.get(name) or ENGLISH[name]

    def prefilled(self) -> dict[str, str]:
        """Field names with what they hold already."""
        values = {"rma": self.rma, **dict.fromkeys(HEAD_FIELDS, "")}
        values |= {"company": self.company, "contact": self.contact, "telephone": self.telephone}
        for number, line in enumerate(self.lines, 1):
            values |= {f"line.{number}.{name}": "" for name in LINE_FIELDS}
            values[f"line.{number}.part"] = line.part_number
            values[f"line.{number}.quantity"] = str(line.quantity)
            values[f"line.{number}.serial"] = ", ".join(line.serials)
        return values


def build_return_form_pdf(form: ReturnForm) -> bytes:
    """The fillable PDF; fields `rma`, `company`, … and `line.1.part`, `line.1.quantity`, …. The same bytes for the same form."""
    from mailflow.notices.attachments.return_form_pdf import draw_form  # slow to import, and not all desks take returns

    return draw_form(form)


def build_return_form_xlsx(form: ReturnForm) -> bytes:
    """The same form as a spreadsheet of text cells. The same bytes for the same form."""
    from mailflow.notices.attachments.return_form_xlsx import write_form

    return write_form(form)
