"""What travels with a letter: forms, label and calendar entry built from the case, or what the causing mail carried (RM2, SR5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mailflow.handling.case_files import case_files
from mailflow.handling.cause import Cause
from mailflow.handling.evidence import build_evidence
from mailflow.handling.office import Office
from mailflow.message.model import Attachment
from mailflow.message.set_aside import divide, is_signature_picture
from mailflow.notices.attachments.deadline_calendar import build_deadline_calendar
from mailflow.notices.attachments.invoice_file import InvoiceLine, build_invoice_csv, build_invoice_json
from mailflow.notices.attachments.return_form import ReturnForm, ReturnFormLine, build_return_form_pdf, build_return_form_xlsx
from mailflow.notices.compose import NoticeAttachment
from mailflow.notices.wording import Wording
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.certification import CertificationDetails
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Desk

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

CASE_FILES = "case_files"
"""In `attach`: all files that the customer sent to the case."""
WAYBILL_LETTERS = ("rma/customer_request_verification",)
"""Letters with which only shipping papers travel, not all that a mail of staff happens to carry (RM2)."""
PAPERS = ("image/", "application/pdf", "application/msword", "application/vnd.openxmlformats-officedocument.", "application/vnd.ms-excel")
PAPER_ENDINGS = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".doc", ".docx", ".xls", ".xlsx", ".odt", ".ods", ".zpl")


def build_attachments(
    c: Connection, office: Office, desk: Desk, case: Case | None, effect: SendNotice, values: Mapping[str, Any], cause: Cause
) -> tuple[NoticeAttachment, ...]:
    """The attachments of a letter, built ones first. `values` are those that its template gets."""
    built = tuple(_build(c, office, desk, case, name, effect, values) for name in effect.attach if name != CASE_FILES) if case else ()
    found = case_files(c, case) if case is not None and CASE_FILES in effect.attach else ()
    carried = cause.mail.attachments if cause.mail is not None and effect.forward_attachments else ()
    return (*built, *_forwarded((*found, *carried), effect))


def _build(
    c: Connection, office: Office, desk: Desk, case: Case, name: str, effect: SendNotice, values: Mapping[str, Any]
) -> NoticeAttachment:
    """One attachment by the name that the rules use for it. Raises ValueError for a name that nothing is built for."""
    number = case.number
    wording = office.templates_of(desk).wording(str(values["language"]))
    match name:
        case "return_form_pdf":
            content = build_return_form_pdf(return_form(case, desk, wording))
            return NoticeAttachment(f"{number}-return-notification.pdf", "application/pdf", content)
        case "return_form_xlsx":
            content = build_return_form_xlsx(return_form(case, desk, wording))
            return NoticeAttachment(f"{number}-return-notification.xlsx", SPREADSHEET, content)
        case "carton_label":
            from mailflow.notices.attachments.carton_label import build_carton_label_pdf  # slow to import, and not all desks take returns

            content = build_carton_label_pdf(number, desk.wording.return_address, case.company)
            return NoticeAttachment(f"{number}-carton-label.pdf", "application/pdf", content)
        case "deadline_calendar":
            return NoticeAttachment(
                f"{number}-deadline.ics", "text/calendar; method=PUBLISH", _calendar_entry(case, desk, wording, values["now"])
            )
        case "invoice_csv":
            return NoticeAttachment(f"{number}-invoice-request.csv", "text/csv", build_invoice_csv(_invoice_lines(effect, case)))
        case "invoice_json":
            return NoticeAttachment(f"{number}-invoice-request.json", "application/json", build_invoice_json(_invoice_lines(effect, case)))
        case "certificate":
            return NoticeAttachment(f"{number}-certificate.pdf", "application/pdf", _certificate(case, desk, wording))
        case "evidence":
            return NoticeAttachment(f"{number}-evidence.zip", "application/zip", build_evidence(c, office, desk, case, values))
    raise ValueError(f"there is no attachment {name!r}")


def _certificate(case: Case, desk: Desk, wording: Wording) -> bytes:
    """The certificate with its days written out (DK2)."""
    from mailflow.notices.attachments.certificate import Certificate, build_certificate_pdf  # slow to import, and few desks certify

    details: CertificationDetails = case.details
    if details.stars is None or details.issued_on is None or details.valid_through is None:
        raise ValueError(f"{case.number} is not certified")
    certificate = Certificate(
        number=case.number,
        partner=case.company or case.customer_name or case.customer,
        stars=details.stars,
        issued=wording.date(details.issued_on),
        valid_through=wording.date(details.valid_through),
        issuer=desk.wording.title,
        verify_at=desk.mailboxes[0].address,
        words=wording.section("certificate"),
    )
    return build_certificate_pdf(certificate)


def _calendar_entry(case: Case, desk: Desk, wording: Wording, now: datetime) -> bytes:
    """The next day by which parts must be back, else the last valid day; the entry of a later letter replaces the earlier one."""
    details: RmaDetails = case.details
    today = calendar_for(case.country, case.timezone, desk.calendar).local_day(now)
    next_due = next((day for day in details.due_days if day >= today), details.return_due)
    uid = f"{case.number.lower()}@{desk.mailboxes[0].address.rpartition('@')[2]}"
    title = wording.say("calendar", "return_due" if next_due else "valid_through", {"rma": case.number})
    parts = [f"{line.outstanding} × {line.part_number}" for line in details.lines if line.outstanding]
    no_deadline = not next_due and details.type == "advance"
    note = (wording.say("calendar", "not_due_yet", {}),) if no_deadline else ()
    description = "\n".join((case.number, *note, *parts, *desk.wording.return_address))
    return build_deadline_calendar(uid, title, next_due or details.valid_through, description, sequence=case.version, at=now)


def _invoice_lines(effect: SendNotice, case: Case) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(
            rma=case.number,
            service_request=case.parent or "",
            contract=case.contract or "",
            company=case.company,
            customer=case.customer,
            part_number=part,
            quantity=quantity,
            unit_price=unit,
            total=total,
            currency=currency,
            return_due=due,
        )
        for part, quantity, unit, total, currency, due in effect.values["amounts"]
    )


def return_form(case: Case, desk: Desk, wording: Wording) -> ReturnForm:
    """The Return Notification form with all that is known already (RM4): the lines that are outstanding, with what is left of them."""
    details: RmaDetails = case.details
    lines = tuple(
        ReturnFormLine(
            part_number=line.part_number, description=line.description, quantity=line.outstanding, serials=line.outstanding_serials
        )
        for line in details.lines
        if line.outstanding > 0
    )
    return ReturnForm(
        rma=case.number,
        company=case.company,
        contact=case.customer_name or case.customer,
        return_address=desk.wording.return_address,
        valid_through=wording.date(details.valid_through),
        lines=lines,
        words=wording.section("form"),
    )


def _forwarded(attachments: Sequence[Attachment], effect: SendNotice) -> tuple[NoticeAttachment, ...]:
    """Without what is set aside (IN9); of staff only papers go with a waybill letter."""
    wanted = [one for one in attachments if effect.notice not in WAYBILL_LETTERS or _is_paper(one)]
    sent_on, _ = divide(wanted)
    return tuple(NoticeAttachment(one.name or "unnamed", one.content_type, one.content) for one in sent_on)


def _is_paper(attachment: Attachment) -> bool:
    """A waybill or another document, not the logo of a signature, a visiting card or a mail passed on."""
    if is_signature_picture(attachment):
        return False
    return attachment.content_type.startswith(PAPERS) or (attachment.name or "").lower().endswith(PAPER_ENDINGS)
