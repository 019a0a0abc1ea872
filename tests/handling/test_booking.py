"""Arrivals end to end (RM5, RM6, BX5, BX11): sentences, lists and photos of receiving staff, from the mail to the Receipt Notification."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest
from openpyxl import Workbook

from mailflow.notices.attachments.return_pdf import build_carton_label_pdf
from mailflow.scenario.mail_client import attach, write_mail
from mailflow.store.inbound import InboundRow
from mailflow.store.notice import NoticeRow
from tests.handling.conftest import DeskAtWork
from tests.handling.test_handle_mail import open_request

ANNA, WAREHOUSE = "anna@northwind.example", "warehouse@tac.example"
REQUEST = "Priority P2\nSerial number: 2102352KLM10L5000456\n\nThe main board reboots every few minutes since last night.\n"
SERIALS = ("210302352KLM00000001", "210302352KLM00000002")
HEADING = "RMA;Part number;Serial number;Quantity;Condition"


def issue(desk: DeskAtWork, *returns: str) -> None:
    """One request and a return for each of the ITEMS: RMA-100001, RMA-100002 and so on."""
    desk.write(ANNA, "Board reboots", REQUEST)
    for items in returns:
        desk.write("ccr@tac.example", "Re: SR-100001", f"/rma repair {items}")
    desk.new_notices()


def arrive(
    desk: DeskAtWork,
    body: str,
    *files: tuple[str, bytes],
    subject: str = "Today's parcels",
    genuine: bool = True,
    mailbox: str = "receiving@tac.example",
) -> InboundRow:
    """A fresh mail of receiving staff."""
    message_id = f"arrival-{desk.count + 1}@tac.example"
    mail = write_mail(sender=WAREHOUSE, to=[mailbox], subject=subject, body=body, at=desk.now, message_id=message_id)
    for name, content in files:
        attach(mail, name, content)
    return desk.receive(mail.as_bytes(), mailbox=mailbox, genuine=genuine)


def received(desk: DeskAtWork, number: str) -> list[tuple[int, int]]:
    """(received, outstanding) of each line."""
    return [(line.received, line.outstanding) for line in desk.case(number).details.lines]


def letters(desk: DeskAtWork, name: str) -> list[NoticeRow]:
    return [one for one in desk.all_notices() if one.name == name]


def csv(*rows: str) -> bytes:
    return "\r\n".join((HEADING, *rows)).encode()


def photo_of(rma: str) -> bytes:
    """The carton label as a phone sees it."""
    picture = pypdfium2.PdfDocument(build_carton_label_pdf(rma, ("Example Networks",), "Northwind"))[0].render(scale=3).to_pil()
    target = BytesIO()
    picture.convert("RGB").rotate(7, expand=True, fillcolor="white").save(target, "JPEG", quality=80)
    return target.getvalue()


def test_the_first_part_and_then_the_rest(desk: DeskAtWork) -> None:
    """RM5: partial receipts add up."""
    issue(desk, "3 x 02352KLM")
    arrive(desk, "Received 1 x 02352KLM.", subject="RMA-100001")
    assert received(desk, "RMA-100001") == [(1, 2)]
    arrive(desk, "Received 2 x 02352KLM.", subject="RMA-100001")
    assert (received(desk, "RMA-100001"), desk.case("RMA-100001").state) == ([(3, 0)], "in repair")
    assert [tuple(one.to) for one in letters(desk, "rma/receipt_notification")] == [(ANNA,), (ANNA,)]


def test_more_than_authorised_fills_the_line_and_is_told(desk: DeskAtWork) -> None:
    """BX5: over."""
    issue(desk, "1 x 02352KLM")
    arrive(desk, "Received 3 x 02352KLM.", subject="RMA-100001")
    assert received(desk, "RMA-100001") == [(1, 0)]
    (receipt,) = letters(desk, "rma/receipt_notification")
    assert "02352KLM: 2 more than authorised." in " ".join(receipt.text.split())


def test_a_part_with_a_wrong_serial_does_not_fill_its_line(desk: DeskAtWork) -> None:
    """RM5, BX5: wrong serial."""
    issue(desk, f"1 x 02352KLM serial {SERIALS[0]}")
    arrive(desk, f"Received 1 x 02352KLM serial {SERIALS[1]}.", subject="RMA-100001")
    assert received(desk, "RMA-100001") == [(0, 1)]
    (receipt,) = letters(desk, "rma/receipt_notification")
    assert SERIALS[1] in receipt.text and SERIALS[0] in receipt.text


def test_a_list_books_all_its_returns(desk: DeskAtWork) -> None:
    """RM5: receiving by list."""
    issue(desk, "2 x 02352KLM", f"1 x 02113456 serial {SERIALS[0]}", "1 x 02270099")
    rows = csv("RMA-100001;02352KLM;;1;dented", f"RMA-100002;02113456;{SERIALS[0]};1;", "RMA-100003;02270099;;1;")
    row = arrive(desk, "Please find attached what came in today.\n\nTom", ("today.csv", rows))
    assert (row.state, row.rule) == ("added", "booking")
    assert [received(desk, f"RMA-10000{n}") for n in (1, 2, 3)] == [[(1, 1)], [(1, 0)], [(1, 0)]]
    assert len(letters(desk, "rma/receipt_notification")) == 3
    (answer,) = [one for one in letters(desk, "staff/command_result") if one.to == (WAREHOUSE,)]
    assert [f"RMA-10000{n}: 1 x" in answer.text for n in (1, 2, 3)] == [True, True, True]


def test_a_list_with_one_wrong_row_books_nothing_and_names_the_row(desk: DeskAtWork) -> None:
    """RM5: all or nothing, each wrong row with its number and the reason."""
    issue(desk, "1 x 02352KLM", "1 x 02113456", "1 x 02270099")
    desk.new_notices()
    rows = csv("RMA-100001;02352KLM;;1;", "RMA-100009;02113456;;1;", "RMA-100003;02270099;;many;")
    row = arrive(desk, "Attached.", ("today.csv", rows))
    assert [received(desk, f"RMA-10000{n}") for n in (1, 2, 3)] == [[(0, 1)], [(0, 1)], [(0, 1)]]
    assert desk.new_notices() == [("staff/command_refused", (WAREHOUSE,))]
    answer = " ".join(letters(desk, "staff/command_refused")[-1].text.split())
    assert "RMA-100009 is no return of this desk" in answer and "row 4 has no quantity of at least one" in answer
    assert row.reason.startswith("nothing was booked: ")


@pytest.mark.parametrize("name", ["today.csv", "again.csv"])
def test_the_same_list_again_is_not_counted_twice(desk: DeskAtWork, name: str) -> None:
    """RM5: in a mail of its own, under another name too."""
    issue(desk, "4 x 02352KLM", "4 x 02113456")
    rows = csv("RMA-100001;02352KLM;;1;", "RMA-100002;02113456;;2;")
    arrive(desk, "Attached.", ("today.csv", rows))
    arrive(desk, "Attached, to be sure.", (name, rows))
    assert [received(desk, number) for number in ("RMA-100001", "RMA-100002")] == [[(1, 3)], [(2, 2)]]
    assert f"{name} is the list that was booked on 20 November 2026" in " ".join(letters(desk, "staff/command_refused")[-1].text.split())


def test_a_serial_that_was_booked_is_not_counted_again(desk: DeskAtWork) -> None:
    """BX5: booked twice."""
    issue(desk, f"2 x 02352KLM serial {SERIALS[0]}, {SERIALS[1]}")
    first = f"RMA-100001;02352KLM;{SERIALS[0]};1;"
    arrive(desk, "Attached.", ("monday.csv", csv(first)))
    arrive(desk, "Attached.", ("tuesday.csv", csv(first, "RMA-100001;02352KLM;;0;")))
    assert received(desk, "RMA-100001") == [(1, 1)]
    assert f"serial number {SERIALS[0]} had been booked before" in " ".join(letters(desk, "rma/receipt_notification")[-1].text.split())


def test_a_spreadsheet_is_a_list_too(desk: DeskAtWork) -> None:
    """RM5"""
    issue(desk, "2 x 02352KLM")
    book = Workbook()
    for cells in (["RMA", "Part number", "Quantity"], ["RMA-100001", "02352KLM", 2]):
        book.worksheets[0].append(cells)
    target = BytesIO()
    book.save(target)
    arrive(desk, "Attached.", ("today.xlsx", target.getvalue()))
    assert received(desk, "RMA-100001") == [(2, 0)]


def test_a_list_in_a_forged_mail_books_nothing(desk: DeskAtWork) -> None:
    """OUT6"""
    issue(desk, "1 x 02352KLM")
    row = arrive(desk, "Attached.", ("today.csv", csv("RMA-100001;02352KLM;;1;")), genuine=False)
    assert (row.state, received(desk, "RMA-100001")) == ("quarantined", [(0, 1)])


def test_a_photo_alone_finds_the_return_and_books_nothing(desk: DeskAtWork) -> None:
    """BX11: the answer has the line ready to send back."""
    issue(desk, "1 x 02352KLM", f"2 x 02113456 serial {SERIALS[0]}; 1 x 02270099")
    row = arrive(desk, "", ("IMG_0042.jpg", photo_of("RMA-100002")), subject="")
    assert (row.state, row.case_number, received(desk, "RMA-100002")) == ("added", "RMA-100002", [(0, 2), (0, 1)])
    assert desk.new_notices() == [("staff/booking_question", (WAREHOUSE,))]
    answer = letters(desk, "staff/booking_question")[-1].text
    line = f"/received RMA-100002 2 x 02113456 serial {SERIALS[0]}; 1 x 02270099"
    assert line in " ".join(answer.split())
    desk.answer(WAREHOUSE, "staff/booking_question", line, mailbox="receiving@tac.example")
    assert received(desk, "RMA-100002") == [(2, 0), (1, 0)]


def test_a_photo_with_words_books_under_the_return_on_it(desk: DeskAtWork) -> None:
    """BX11"""
    issue(desk, "1 x 02352KLM", "2 x 02113456")
    arrive(desk, "2 x 02113456, one with bent pins", ("IMG_0042.jpg", photo_of("RMA-100002")), subject="")
    assert [received(desk, number) for number in ("RMA-100001", "RMA-100002")] == [[(0, 1)], [(2, 0)]]


def test_a_photo_without_a_code_is_answered(desk: DeskAtWork) -> None:
    """RM5: what cannot be read is answered, and nothing is booked."""
    issue(desk, "1 x 02352KLM")
    arrive(desk, "This came.", ("IMG_0042.jpg", b"\xff\xd8\xff no picture"), subject="")
    assert (desk.new_notices(), received(desk, "RMA-100001")) == ([("staff/command_refused", (WAREHOUSE,))], [(0, 1)])


def test_a_parcel_without_a_number_is_answered_with_the_return_that_expects_it(desk: DeskAtWork) -> None:
    """BX5: no RMA. The serial number tells where it may belong; nothing is booked before somebody says so."""
    issue(desk, "1 x 02352KLM", f"1 x 02113456 serial {SERIALS[0]}")
    row = arrive(desk, f"Received 1 x 02113456 serial {SERIALS[0]}, there is no number on the carton.", subject="A parcel")
    assert (row.state, received(desk, "RMA-100002")) == ("added", [(0, 1)])
    assert desk.new_notices() == [("staff/booking_question", (WAREHOUSE,))]
    answer = letters(desk, "staff/booking_question")[-1].text
    assert f"/received RMA-100002 1 x 02113456 serial {SERIALS[0]}" in " ".join(answer.split())


def test_a_parcel_that_belongs_nowhere_is_answered_and_journalled(desk: DeskAtWork) -> None:
    """BX5, IN2"""
    row = arrive(desk, "Received 1 x 02113456.", subject="A parcel")
    assert (row.state, row.rule, row.case_number) == ("ignored", "booking", None)
    assert row.reason == "nothing was booked: your mail names no RMA, and no open return expects the serial numbers in it"
    assert desk.new_notices() == [("staff/booking_question", (WAREHOUSE,))]


def test_several_returns_in_sentences_are_booked_together_or_not_at_all(desk: DeskAtWork) -> None:
    """RM5: several RMAs in one mail."""
    issue(desk, "2 x 02352KLM", "1 x 02113456")
    arrive(desk, "RMA-100001: received 2 x 02352KLM, one with bent pins.\nRMA-100009: received 1 x 02113456.", subject="Parcels")
    assert [received(desk, number) for number in ("RMA-100001", "RMA-100002")] == [[(0, 2)], [(0, 1)]]
    arrive(desk, "RMA-100001: received 2 x 02352KLM, one with bent pins.\nRMA-100002: received 1 x 02113456.", subject="Parcels")
    assert [received(desk, number) for number in ("RMA-100001", "RMA-100002")] == [[(2, 0)], [(1, 0)]]


PDF, LOGO = b"%PDF-1.4 waybill", b"\x89PNG\r\n\x1a\n" + b"logo" * 100


def attachments_of(letter: NoticeRow) -> dict[str, bytes]:
    mail = email.message_from_bytes(letter.raw, policy=email.policy.default)
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}


def command_with(desk: DeskAtWork, body: str, files: Sequence[tuple[str, bytes]]) -> None:
    """A command in an HTML mail, with the company's logo in the signature."""
    mail = write_mail(
        sender="ccr@tac.example", to=["tac@tac.example"], subject="Re: SR-100001", body=body, at=desk.now, message_id="waybill@tac.example"
    )
    mail.add_alternative(f"<p>{body}</p><img src='cid:logo'>", subtype="html")
    mail.get_payload()[1].add_related(LOGO, "image", "png", cid="<logo>", filename="image001.png", disposition="inline")  # type: ignore[union-attr]  # a multipart
    for name, content in files:
        attach(mail, name, content)
    desk.receive(mail.as_bytes())


def test_staffs_waybill_travels_with_the_verification_and_their_logo_does_not(desk: DeskAtWork) -> None:
    """RM2"""
    issue(desk)
    command_with(desk, "/rma advance 1 x 02352KLM", [("waybill.pdf", PDF), ("tom.vcf", b"BEGIN:VCARD")])
    (letter,) = letters(desk, "rma/customer_request_verification")
    names = [name.removeprefix("RMA-100001-") for name in attachments_of(letter)]
    assert names == ["return-notification.pdf", "return-notification.xlsx", "carton-label.pdf", "deadline.ics", "waybill.pdf"]
    assert attachments_of(letter)["waybill.pdf"] == PDF


def test_a_new_verification_replaces_the_calendar_entry_and_asks_for_what_is_left(desk: DeskAtWork) -> None:
    """RM2, RM3: the same UID with a greater SEQUENCE (RFC 5546); the form has the outstanding quantity."""
    from mailflow.message.documents.return_form import read_pdf_form

    issue(desk, "3 x 02352KLM; 1 x 02113456")
    arrive(desk, "Received 2 x 02352KLM and 1 x 02113456.", subject="RMA-100001")
    desk.write("ccr@tac.example", "Re: RMA-100001", "/revalidate")
    first, second = (attachments_of(letter) for letter in letters(desk, "rma/customer_request_verification"))
    entries = [
        dict(line.split(":", 1) for line in files["RMA-100001-deadline.ics"].decode().split("\r\n") if ":" in line)
        for files in (first, second)
    ]
    assert entries[0]["UID"] == entries[1]["UID"]
    assert int(entries[0]["SEQUENCE"]) < int(entries[1]["SEQUENCE"])
    form = read_pdf_form(second["RMA-100001-return-notification.pdf"])
    assert form is not None
    assert [(line.part_number, line.quantity) for line in form.lines] == [("02352KLM", 1)]


def test_a_serial_number_further_on_in_the_sentence_counts_no_second_piece(desk: DeskAtWork) -> None:
    """RM5, BX5: two authorised, one came."""
    open_request(desk)
    desk.write("ccr@tac.example", "Re: SR-100001", "/rma repair 2 x 02352KLM serial 2102352KLM10L5000456")
    desk.write(WAREHOUSE, "RMA-100001", "Received one 02352KLM today, serial 2102352KLM10L5000456.\n", mailbox="receiving@tac.example")
    assert [(line.received, line.received_serials) for line in desk.case("RMA-100001").details.lines] == [(1, ("2102352KLM10L5000456",))]
    assert desk.case("RMA-100001").state == "received"
