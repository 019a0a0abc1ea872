"""The carrier says when the replacement arrived, and the term for the faulty part starts (RM8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.handling.conftest import START, DeskAtWork

ANNA, CCR, CARRIER = "anna@northwind.example", "ccr@tac.example", "noreply@dhl.example"
SAID = "Dear customer,\n\nyour shipment JD014600009999 was delivered on 23 November 2026 at 11:42.\n\nDHL\n"


@pytest.fixture
def shipped(desk: DeskAtWork) -> DeskAtWork:
    """A replacement left on Friday 20 November 2026."""
    desk.write(ANNA, "Board", "Serial number: 2102352KLM10L5000456\nSymptoms: the main board reboots every few minutes.\n")
    desk.write(CCR, "SR-100001", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456\n/shipped DHL JD014600009999")
    desk.now = START + timedelta(days=3)
    desk.new_notices()
    return desk


def test_the_carriers_word_starts_the_term(shipped: DeskAtWork) -> None:
    """RM8. Delivered Mon 23 November: 24-27 (4), 30 November to 4 December (9), 7-11 (14), Mon 14 December is the fifteenth."""
    row = shipped.write(CARRIER, "Delivered", SAID)
    case = shipped.case("RMA-100001")
    assert (row.state, row.case_number) == ("added", "RMA-100001")
    assert (case.state, case.details.delivered_days, case.details.return_due) == (
        "replacement delivered",
        (date(2026, 11, 23),),
        date(2026, 12, 14),
    )
    assert shipped.new_notices() == [("rma/extended", (ANNA,))]
    assert CARRIER not in case.participants


@pytest.mark.parametrize(
    ("sender", "text", "genuine"),
    [
        (CARRIER, SAID, False),
        ("noreply@dhl.evil.example", SAID, True),
        (CARRIER, SAID.replace("JD014600009999", "JD014600008888"), True),
        (CARRIER, SAID.replace("was delivered", "will be delivered"), True),
        (CARRIER, SAID.replace("23 November", "19 November"), True),
    ],
)
def test_what_is_not_certain_moves_no_date(shipped: DeskAtWork, sender: str, text: str, genuine: bool) -> None:
    """BX8: forged, of another organisation, of another parcel, not yet delivered, or before it was shipped."""
    row = shipped.write(sender, "Delivered", text, genuine=genuine)
    assert row.case_number != "RMA-100001"
    assert shipped.case("RMA-100001").details.delivered_days == ()


def test_each_parcel_starts_the_term_of_what_it_holds(desk: DeskAtWork) -> None:
    """BX3, RM8. The first parcel arrived on Mon 23 November as above; the second on Tue 24: 25-27 (3), 30 November to 4 December (8), 7-11
    (13), 14, Tue 15 December is the fifteenth. The carrier's word sent again moves nothing."""
    desk.write(ANNA, "Board", "Serial number: 2102352KLM10L5000456\nSymptoms: the main board reboots every few minutes.\n")
    desk.write(CCR, "SR-100001", "/rma advance 2 x 02352KLM serial 2102352KLM10L5000456")
    desk.write(CCR, "RMA-100001", "/shipped DHL JD014600009999 1 x 02352KLM\n/shipped DHL JD014600008888 1 x 02352KLM")
    desk.now = START + timedelta(days=4)
    for _ in range(2):
        desk.write(CARRIER, "Delivered", SAID)
        assert [(row.outstanding, row.due) for row in desk.case("RMA-100001").details.by_day] == [
            (1, date(2026, 12, 14)),
            (1, None),
        ]
    desk.write(CARRIER, "Delivered", SAID.replace("JD014600009999", "JD014600008888").replace("23 November", "24 November"))
    assert desk.case("RMA-100001").details.due_days == (date(2026, 12, 14), date(2026, 12, 15))
