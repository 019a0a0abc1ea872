"""A carrier's mail about a delivery (RM8): what is certain is a day, everything else None."""

from __future__ import annotations

from datetime import date

import pytest

from mailflow.message.delivery_report import is_of_carrier, names_parcel, read_delivery_day

TODAY = date(2026, 10, 8)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Your shipment JD014600009999 was delivered on 7 October 2026 at 11:42, signed by POPA.", date(2026, 10, 7)),
        ("Good news.\nDelivered: 2026-10-07", date(2026, 10, 7)),
        ("Delivered yesterday at 10:15", date(2026, 10, 7)),
        ("Przesyłka została doręczona 7 października 2026.", date(2026, 10, 7)),
        ("您的快件已于2026年10月7日已签收。", date(2026, 10, 7)),
        ("Ihre Sendung wurde am 7. Oktober 2026 zugestellt.", date(2026, 10, 7)),
        ("Ihre Sendung wird am 9. Oktober 2026 zugestellt.", None),
        ("Your parcel will be delivered on 9 October 2026.", None),
        ("Expected to be delivered 9 October 2026", None),
        ("We could not deliver. Your parcel was not delivered on 7 October 2026.", None),
        ("Przesyłka zostanie dostarczona 9 października 2026.", None),
        ("Your parcel was delivered.", None),
        ("Shipped on 5 October 2026. Your parcel was delivered. Invoice of 6 October 2026.", None),
    ],
)
def test_the_day_is_read_from_the_sentence_that_says_delivered(text: str, day: date | None) -> None:
    """RM8"""
    assert read_delivery_day(text, today=TODAY, languages=("en", "pl", "zh", "de")) == day


@pytest.mark.parametrize(
    ("domain", "carrier", "is_theirs"),
    [
        ("dhl.com", "DHL", True),
        ("mail.dhl.com", "DHL Express", True),
        ("dpd.com.pl", "DPD", True),
        ("sf-express.com", "SF", True),
        ("dhl.example.net", "DHL", False),
        ("notdhl.com", "DHL", False),
        ("ups.com", "DHL", False),
        ("dhl.com", "", False),
    ],
)
def test_the_domain_bears_the_carriers_name(domain: str, carrier: str, is_theirs: bool) -> None:
    """RM8, BX8"""
    assert is_of_carrier(domain, carrier) is is_theirs


def test_a_tracking_number_is_a_whole_word_and_no_short_one() -> None:
    """RM8"""
    assert names_parcel("Shipment JD014600009999 was delivered", "jd014600009999")
    assert not names_parcel("Shipment JD0146000099991 was delivered", "JD014600009999")
    assert not names_parcel("T1 was delivered", "T1")
