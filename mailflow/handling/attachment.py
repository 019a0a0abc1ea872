"""What travels with a letter: forms, label and calendar entry built from the case, or what the causing mail carried (RM2, SR5)."""

from __future__ import annotations

from mailflow.handling.cause import Cause
from mailflow.notices.attachments.carton_label import build_carton_label_pdf
from mailflow.notices.attachments.deadline_calendar import build_deadline_calendar
from mailflow.notices.attachments.return_form import ReturnForm, ReturnFormLine, build_return_form_pdf, build_return_form_xlsx
from mailflow.notices.compose import NoticeAttachment
from mailflow.notices.render import Templates
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Desk

FORWARD_LIMIT = 20 * 1024 * 1024
"""Bytes of attachments that are sent on; larger mails are refused by many servers."""


def build_attachments(
    effect: SendNotice, case: Case | None, desk: Desk, language: str, cause: Cause, templates: Templates
) -> tuple[NoticeAttachment, ...]:
    """The attachments of a letter, built ones first."""
    built = _built(effect.attach, case, desk, language, templates) if case is not None and effect.attach else ()
    return (*built, *(_forwarded(cause) if effect.forward_attachments else ()))


def _built(names: tuple[str, ...], case: Case, desk: Desk, language: str, templates: Templates) -> tuple[NoticeAttachment, ...]:
    form = return_form(case, desk, language, templates)
    details: RmaDetails = case.details
    builders = {
        "return_form_pdf": lambda: NoticeAttachment(
            f"{case.number}-return-notification.pdf", "application/pdf", build_return_form_pdf(form)
        ),
        "return_form_xlsx": lambda: NoticeAttachment(
            f"{case.number}-return-notification.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            build_return_form_xlsx(form),
        ),
        "carton_label": lambda: NoticeAttachment(
            f"{case.number}-carton-label.pdf",
            "application/pdf",
            build_carton_label_pdf(case.number, desk.wording.return_address, case.company),
        ),
        "deadline_calendar": lambda: NoticeAttachment(
            f"{case.number}-deadline.ics",
            "text/calendar",
            build_deadline_calendar(
                f"{case.number}.{details.version}@{desk.mailboxes[0].address.rpartition('@')[2]}",
                case.number,
                details.return_due or details.valid_through,
                desk.wording.title,
            ),
        ),
    }
    return tuple(builders[name]() for name in names)


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
