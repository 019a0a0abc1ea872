"""A Return Notification finds its return, whatever it answers, and says what is wrong with it in one mail (RM4)."""

from __future__ import annotations

import pytest

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
    assert returns.case("RMA-100001").details.lines[0].announced == ()


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
