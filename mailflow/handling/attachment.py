"""What travels with a letter: forms, label and calendar entry built from the case, or what the causing mail carried (RM2, SR5)."""

from __future__ import annotations

from mailflow.handling.cause import Cause
from mailflow.notices.attachments.carton_label import build_carton_label_pdf
from mailflow.notices.attachments.deadline_calendar import build_deadline_calendar
from mailflow.notices.attachments.invoice_file import InvoiceLine, build_invoice_csv, build_invoice_json
from mailflow.notices.attachments.return_form import ReturnForm, ReturnFormLine, build_return_form_pdf, build_return_form_xlsx
from mailflow.notices.compose import NoticeAttachment
from mailflow.notices.render import Templates
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Desk

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORWARD_LIMIT = 20 * 1024 * 1024
"""Bytes of attachments that are sent on; larger mails are refused by many servers."""


def build_attachments(
    effect: SendNotice, case: Case | None, desk: Desk, language: str, cause: Cause, templates: Templates
) -> tuple[NoticeAttachment, ...]:
    """The attachments of a letter, built ones first."""
    built = tuple(_build(name, effect, case, desk, language, templates) for name in effect.attach) if case is not None else ()
    return (*built, *(_forwarded(cause) if effect.forward_attachments else ()))


def _build(name: str, effect: SendNotice, case: Case, desk: Desk, language: str, templates: Templates) -> NoticeAttachment:
    """One attachment by the name that the rules use for it. Raises ValueError for a name that nothing is built for."""
    number = case.number
    match name:
        case "return_form_pdf":
            content = build_return_form_pdf(return_form(case, desk, language, templates))
            return NoticeAttachment(f"{number}-return-notification.pdf", "application/pdf", content)
        case "return_form_xlsx":
            content = build_return_form_xlsx(return_form(case, desk, language, templates))
            return NoticeAttachment(f"{number}-return-notification.xlsx", SPREADSHEET, content)
        case "carton_label":
            content = build_carton_label_pdf(number, desk.wording.return_address, case.company)
            return NoticeAttachment(f"{number}-carton-label.pdf", "application/pdf", content)
        case "deadline_calendar":
            return NoticeAttachment(f"{number}-deadline.ics", "text/calendar", _calendar_entry(case, desk))
        case "invoice_csv":
            return NoticeAttachment(f"{number}-invoice-request.csv", "text/csv", build_invoice_csv(_invoice_lines(effect, case)))
        case "invoice_json":
            return NoticeAttachment(f"{number}-invoice-request.json", "application/json", build_invoice_json(_invoice_lines(effect, case)))
    raise ValueError(f"there is no attachment {name!r}")


def _calendar_entry(case: Case, desk: Desk) -> bytes:
    """The day by which the parts must be back, else the last valid day; a later entry replaces the earlier one."""
    details: RmaDetails = case.details
    uid = f"{case.number.lower()}@{desk.mailboxes[0].address.rpartition('@')[2]}"
    return build_deadline_calendar(uid, case.number, details.return_due or details.valid_through, desk.wording.title)


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
            return_due=case.details.return_due,
        )
        for part, quantity, unit, total, currency in effect.values["amounts"]
    )


def return_form(case: Case, desk: Desk, language: str, templates: Templates) -> ReturnForm:
    """The Return Notification form with all that is known already (RM4)."""
    details: RmaDetails = case.details
    lines = tuple(
        ReturnFormLine(part_number=line.part_number, description=line.description, quantity=line.authorised, serials=line.serials)
        for line in details.lines
    )
    return ReturnForm(
        rma=case.number,
        company=case.company,
        contact=case.customer_name or case.customer,
        telephone="",
        return_address=desk.wording.return_address,
        valid_through=templates.wording(language).date(details.valid_through),
        lines=lines,
        words=templates.wording(language).section("form"),
    )


def _forwarded(cause: Cause) -> tuple[NoticeAttachment, ...]:
    if cause.mail is None:
        return ()
    room = FORWARD_LIMIT
    chosen: list[NoticeAttachment] = []
    for attachment in cause.mail.attachments:
        room -= len(attachment.content)
        if room >= 0:
            chosen.append(NoticeAttachment(attachment.name or "unnamed", attachment.content_type, attachment.content))
    return tuple(chosen)
