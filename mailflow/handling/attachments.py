"""What travels with a letter: forms, label and calendar entry built from the case, or what the triggering mail carried (RM2, SR5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import cast

from mailflow.cases import traits_of
from mailflow.cases.rma.details import RmaDetails
from mailflow.handling.facts.rma import sent_notices
from mailflow.handling.work import Work
from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import Attachment
from mailflow.message.set_aside import divide, is_signature_picture
from mailflow.notices.attachments.deadline_calendar import build_deadline_calendar
from mailflow.notices.attachments.finance_files import (
    EvidenceLetter,
    InvoiceLine,
    build_evidence_zip,
    build_invoice_csv,
    build_invoice_json,
)
from mailflow.notices.compose import LetterAttachment
from mailflow.notices.wording import Wording
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case, narrow
from mailflow.policy.case_type import Trait
from mailflow.policy.certification import CertificationDetails
from mailflow.policy.decision import NoticeValues, SendNotice
from mailflow.store import inbound, notice

CASE_FILES = "case_files"
"""In `attach`: all files that the customer sent to the case."""
PAPERS = ("image/", "application/pdf", "application/msword", "application/vnd.openxmlformats-officedocument.", "application/vnd.ms-excel")
PAPER_ENDINGS = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".doc", ".docx", ".xls", ".xlsx", ".odt", ".ods", ".zpl")


@dataclass(frozen=True, slots=True)
class _Letter:
    """The letter that an attachment is built for, with the words of its language; `values` are those that its template gets."""

    work: Work
    case: Case
    values: NoticeValues
    wording: Wording


def build_attachments(work: Work, case: Case | None, effect: SendNotice, values: NoticeValues) -> tuple[LetterAttachment, ...]:
    """Build the attachments of a letter, those made from the case first. `values` are those that its template gets."""
    built: list[LetterAttachment] = []
    carried: list[Attachment] = []
    if case is not None:
        letter = _Letter(work, case, values, work.services.templates_of(work.desk).wording(str(values["language"])))
        for name in effect.attach:
            if name == CASE_FILES:
                carried += _case_files(work, case)
                continue
            ending, content_type, build = BUILDERS[name]
            built.append(LetterAttachment(f"{case.number}-{ending}", content_type, build(letter)))
    if work.trigger.mail is not None and effect.forward_attachments:
        carried += work.trigger.mail.attachments
    papers_only = Trait.PAPERS_ONLY in traits_of(effect.notice)
    # Without what is set aside (IN9).
    sent_on, _ = divide([one for one in carried if not papers_only or _is_paper(one)])
    return (*built, *(LetterAttachment(one.name or "unnamed", one.content_type, one.content) for one in sent_on))


def _is_paper(attachment: Attachment) -> bool:
    """A waybill or another document, not the logo of a signature, a visiting card or a mail passed on."""
    named = attachment.content_type.startswith(PAPERS) or (attachment.name or "").lower().endswith(PAPER_ENDINGS)
    return named and not is_signature_picture(attachment)


def _case_files(work: Work, case: Case) -> tuple[Attachment, ...]:
    """What the participants' mails carried, oldest first, the same file once (DK1). Mails too large to be read are left out."""
    rows = [row for row in inbound.of_case(work.c, case.number) if row.sender in case.participants and not row.oversize]
    found = (one for row in rows for one in parse_mail(inbound.load(work.c, row.id).raw).attachments)
    files: dict[bytes, Attachment] = {}
    for attachment in found:
        if not is_signature_picture(attachment):
            files.setdefault(attachment.content, attachment)
    return tuple(files.values())


def return_form(letter: _Letter, *, as_pdf: bool) -> bytes:
    """Fill the Return Notification form with all that is known already (RM4): what is outstanding of each line."""
    # slow to import, and not all desks take returns
    from mailflow.notices.attachments.return_form import ReturnForm, ReturnFormLine, build_return_form_xlsx
    from mailflow.notices.attachments.return_pdf import build_return_form_pdf

    case, wording, address = letter.case, letter.wording, letter.work.desk.wording.return_address
    details = narrow(case, RmaDetails).details
    form = ReturnForm(
        rma=case.number,
        company=case.company,
        contact=case.customer_name or case.customer,
        return_address=address,
        valid_through=wording.date(details.valid_through),
        lines=tuple(
            ReturnFormLine(
                part_number=line.part_number, description=line.description, quantity=line.outstanding, serials=line.outstanding_serials
            )
            for line in details.lines
            if line.outstanding > 0
        ),
        words=wording.section("form"),
    )
    return build_return_form_pdf(form) if as_pdf else build_return_form_xlsx(form)


def carton_label(letter: _Letter) -> bytes:
    """Build the label with the RMA number as a code."""
    from mailflow.notices.attachments.return_pdf import build_carton_label_pdf  # slow to import, and not all desks take returns

    return build_carton_label_pdf(letter.case.number, letter.work.desk.wording.return_address, letter.case.company)


def calendar_entry(letter: _Letter) -> bytes:
    """Enter the next day by which parts must be back, else the last valid day; the entry of a later letter replaces the earlier one."""
    case, desk, now = letter.case, letter.work.desk, letter.work.now
    details = narrow(case, RmaDetails).details
    today = calendar_for(case.country, case.timezone, desk.calendar).local_day(now)
    next_due = next((day for day in details.due_days if day >= today), details.return_due)
    uid = f"{case.number.lower()}@{desk.mailboxes[0].address.rpartition('@')[2]}"
    title = letter.wording.say("calendar", "return_due" if next_due else "valid_through", {"rma": case.number})
    parts = [f"{line.outstanding} × {line.part_number}" for line in details.lines if line.outstanding]
    no_deadline = not next_due and details.type == "advance"
    note = (letter.wording.say("calendar", "not_due_yet", {}),) if no_deadline else ()
    description = "\n".join((case.number, *note, *parts, *desk.wording.return_address))
    return build_deadline_calendar(uid, title, next_due or details.valid_through, description, sequence=case.version, at=now)


def invoice_lines(letter: _Letter) -> tuple[InvoiceLine, ...]:
    """List what finance is asked to invoice, as a table."""
    case = letter.case
    amounts = cast(tuple[tuple[str, int, Decimal, Decimal, str, date | None], ...], letter.values["amounts"])
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
        for part, quantity, unit, total, currency, due in amounts
    )


def certificate(letter: _Letter) -> bytes:
    """Build the certificate with its days written out (DK2)."""
    from mailflow.notices.attachments.certificate import Certificate, build_certificate_pdf  # slow to import, and few desks certify

    case, desk, wording = letter.case, letter.work.desk, letter.wording
    details = narrow(case, CertificationDetails).details
    if details.stars is None or details.issued_on is None or details.valid_through is None:
        raise ValueError(f"{case.number} is not certified")
    return build_certificate_pdf(
        Certificate(
            number=case.number,
            partner=case.company or case.customer_name or case.customer,
            stars=details.stars,
            issued=wording.date(details.issued_on),
            valid_through=wording.date(details.valid_through),
            issuer=desk.wording.title,
            verify_at=desk.mailboxes[0].address,
            words=wording.section("certificate"),
        )
    )


def evidence(letter: _Letter) -> bytes:
    """Gather every letter of the return that left the desk, with its fate (BX4); what staff got under its number is nobody else's."""
    work, case, values = letter.work, letter.case, letter.values
    fates = sent_notices(work, case)
    letters: list[EvidenceLetter] = []
    for row in notice.list_of_case(work.c, case.number):
        fate = tuple(one for one in fates if one.message_id == row.message_id and not work.desk.roles_of(one.recipient))
        if fate:
            file = f"mails/{len(letters) + 1:02d}-{row.name.rpartition('/')[2].replace('_', '-')}.eml"
            letters.append(
                EvidenceLetter(
                    file=file,
                    name=row.name,
                    subject=row.subject,
                    message_id=row.message_id,
                    written_at=row.created_at,
                    raw=row.raw,
                    deliveries=fate,
                )
            )
    # The page to read is written as a notice is, and never sent.
    languages = (str(values["language"]), *work.desk.languages)
    page = work.services.templates_of(work.desk).render(f"{case.kind}/evidence", languages, {**values, "letters": tuple(letters)})
    return build_evidence_zip(tuple(letters), page.html, work.now)


SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BUILDERS: Mapping[str, tuple[str, str, Callable[[_Letter], bytes]]] = {
    "return_form_pdf": ("return-notification.pdf", "application/pdf", partial(return_form, as_pdf=True)),
    "return_form_xlsx": ("return-notification.xlsx", SPREADSHEET, partial(return_form, as_pdf=False)),
    "carton_label": ("carton-label.pdf", "application/pdf", carton_label),
    "deadline_calendar": ("deadline.ics", "text/calendar; method=PUBLISH", calendar_entry),
    "invoice_csv": ("invoice-request.csv", "text/csv", lambda letter: build_invoice_csv(invoice_lines(letter))),
    "invoice_json": ("invoice-request.json", "application/json", lambda letter: build_invoice_json(invoice_lines(letter))),
    "certificate": ("certificate.pdf", "application/pdf", certificate),
    "evidence": ("evidence.zip", "application/zip", evidence),
}
"""By the name that the rules use: the end of the file's name, its media type, and who builds it."""
