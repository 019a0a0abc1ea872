"""A Return Notification finds its return, whatever it answers, and says what is wrong with it in one mail (RM4)."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from mailflow.notices.attachments.return_form import ReturnForm, ReturnFormLine, build_return_form_xlsx
from mailflow.scenario.mail_client import write_mail
from tests.handling.conftest import DeskAtWork

ANNA, JAN, EVE, CCR = "anna@northwind.example", "jan@northwind.example", "eve@stranger.example", "ccr@tac.example"
REJECTED = "rma/return_notification_rejected"


def form(number: str, part: str = "02352KLM", serial: str = "") -> str:
    said = f"Serial number: {serial}\n" if serial else ""
    return (
        f"Return Notification\n\nRMA number: {number}\nCompany: Northwind\nContact: Anna\nCarrier: DHL\nTracking number: JD77\n"
        f"Cartons: 1\n\nPart number: {part}\n{said}Quantity: 1\n"
    )


@pytest.fixture
def returns(desk: DeskAtWork) -> DeskAtWork:
    """One request with two returns."""
    desk.write(ANNA, "Board", "Serial number: 2102352KLM10L5000456\nSymptoms: the main board reboots every few minutes.\n")
    desk.write(CCR, "SR-100001", "/rma repair 2 x 02352KLM")
    desk.write(CCR, "SR-100001", "/rma repair 1 x 03057BGH")
    desk.new_notices()
    return desk


def test_a_form_that_answers_another_letter_is_booked_on_the_return_that_it_names(returns: DeskAtWork) -> None:
    """RM4: the newest verification is that of RMA-100002."""
    row = returns.answer(ANNA, "rma/customer_request_verification", form("RMA-100001"))
    assert (row.state, row.case_number) == ("added", "RMA-100001")
    assert returns.case("RMA-100001").details.lines[0].announced_quantity == 1


def test_a_form_for_a_number_that_nobody_knows_is_rejected_and_no_fault_is_asked_for(returns: DeskAtWork) -> None:
    """RM4: unknown RMA; the corrected form, sent as an answer, finds its return."""
    row = returns.write(ANNA, "Return", form("RMA-999999"), mailbox="receiving@tac.example")
    assert (row.state, row.case_number, returns.case("SR-100002").state) == ("opened", "SR-100002", "new")
    assert [name for name, to in returns.new_notices() if to == (ANNA,)] == [REJECTED]
    told = next(one for one in returns.all_notices() if one.name == REJECTED)
    assert "RMA-999999" in told.text and "symptoms" not in told.text
    corrected = returns.answer(ANNA, REJECTED, form("RMA-100001"))
    assert (corrected.state, corrected.case_number) == ("added", "RMA-100001")


def test_a_stranger_reads_nothing_of_a_number_that_it_tries_out(returns: DeskAtWork) -> None:
    """IN3, SR1: a number that exists and one that does not are answered alike."""
    texts = []
    for number in ("RMA-100001", "RMA-999999"):
        returns.write(EVE, "Return", form(number), mailbox="receiving@tac.example")
        mine = [one for one in returns.all_notices() if tuple(one.to) == (EVE,)]
        assert number not in mine[-1].text
        texts.append(mine[-1].name)
    assert len(set(texts)) == 1 and REJECTED not in texts
    assert returns.case("RMA-100001").details.lines[0].announced == {}


def test_receiving_reads_a_form_whole_though_a_colleagues_had_the_same_lines(returns: DeskAtWork) -> None:
    """IN6: a letter that only staff got is nothing that a customer quotes."""
    returns.write(ANNA, "Parcel", form("RMA-100001", serial="2102352KLM10L5000456"), mailbox="receiving@tac.example")
    returns.write(JAN, "Parcel", form("RMA-100001"), mailbox="receiving@tac.example")
    relayed = [one for one in returns.all_notices() if one.name == "service_request/customer_message"][-1]
    assert "Return Notification" in relayed.text and "Part number: 02352KLM" in relayed.text


def test_a_part_that_is_authorised_later_has_its_description_too(returns: DeskAtWork) -> None:
    """RM2, RM10: the register's word stands in the new verification."""
    returns.write(CCR, "RMA-100002", "/correct 1 x 03057BGH; 1 x 02352KLM")
    assert [line.description for line in returns.case("RMA-100002").details.lines] == ["", "Main board"]


def book(number: str, tracking: str) -> bytes:
    """The customer's spreadsheet for one return."""
    filled = ReturnForm(rma=number, lines=(ReturnFormLine(part_number="02352KLM" if number == "RMA-100001" else "03057BGH"),))
    sheet = load_workbook(BytesIO(build_return_form_xlsx(filled)))
    for row in sheet.worksheets[0].iter_rows(max_row=30, max_col=3):
        if row[0].value == "tracking":
            row[2].value = tracking
    target = BytesIO()
    sheet.save(target)
    return target.getvalue()


def test_each_form_of_one_mail_is_booked_on_its_return_with_one_answer_for_each(returns: DeskAtWork) -> None:
    """RM4, IN2: two parcels of one return and one of another, in three files; the first file comes twice."""
    files = {"a.xlsx": book("RMA-100001", "1"), "b.xlsx": book("RMA-100001", "2"), "c.xlsx": book("RMA-100002", "3")}
    text = "Please find the forms attached."
    message = write_mail(
        sender=ANNA, to=["tac@tac.example"], subject="Parcels", body=text, at=returns.now, message_id="3@northwind.example"
    )
    for name, content in (*files.items(), ("a-again.xlsx", files["a.xlsx"])):
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    returns.receive(message.as_bytes())
    tracking = [[p.tracking for line in returns.case(n).details.lines for p in line.announced] for n in ("RMA-100001", "RMA-100002")]
    assert tracking == [["1", "2"], ["3"]]
    assert [name for name, to in returns.new_notices() if to == (ANNA,)] == ["rma/return_notification_received"] * 2


def test_a_serial_that_is_booked_in_two_returns_fills_one_of_them(desk: DeskAtWork) -> None:
    """BX5, BX8: receiving and the CCR are told; the second return stays open."""
    serial = "2102352KLM10L5000456"
    for _ in range(2):
        desk.write(ANNA, "Board", f"Serial number: {serial}\nSymptoms: the main board reboots every few minutes.\n")
    desk.write(CCR, "SR-100001", f"/rma repair 1 x 02352KLM serial {serial}")
    desk.write(CCR, "SR-100002", f"/rma advance 1 x 02352KLM serial {serial}")
    for number in ("RMA-100001", "RMA-100002"):
        desk.write("warehouse@tac.example", number, f"/received 1 x 02352KLM serial {serial}", mailbox="receiving@tac.example")
    assert [desk.case(number).details.outstanding for number in ("RMA-100001", "RMA-100002")] == [0, 1]
    told = [one for one in desk.all_notices() if tuple(one.to) in ((CCR,), ("warehouse@tac.example",))][-2:]
    assert all("RMA-100001" in one.text and serial in one.text for one in told)
