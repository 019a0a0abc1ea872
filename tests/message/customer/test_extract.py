from __future__ import annotations

import pytest

from mailflow.message.customer.free_text import part_number_of
from mailflow.message.customer.request import extract_request
from mailflow.message.reference import find_case_numbers

SERIAL = "2102352KLM10L5000456"


@pytest.mark.parametrize(
    ("serial", "part"), [(SERIAL, "02352KLM"), (SERIAL.lower(), "02352KLM"), ("2202352KLM10L5000456", ""), ("210305G06D10", ""), ("", "")]
)
def test_the_part_number_stands_in_a_serial_of_twenty(serial: str, part: str) -> None:
    assert part_number_of(serial) == part


@pytest.mark.parametrize(
    ("text", "serials"),
    [
        (f"S/N: {SERIAL}, {SERIAL[:-1]}7", (SERIAL, f"{SERIAL[:-1]}7")),
        (f"sn {SERIAL.lower()}", (SERIAL,)),
        ("The board 210305G06D1A has failed", ("210305G06D1A",)),
        ("MAC 00259E1A2B3C", ()),
        ("Serial number: 00259E1A2B3C", ("00259E1A2B3C",)),
        ("call 004822123456", ()),
        ("commit deadbeef12345678", ()),
        ("ORDER PO12345678AB", ()),
        ("CONFIGURATION INTERNATIONAL", ()),
    ],
)
def test_serials_are_told_from_other_numbers(text: str, serials: tuple[str, ...]) -> None:
    assert extract_request("", text).serials == serials


def test_the_register_knows_serials_of_any_form() -> None:
    assert extract_request("", "unit abc-12345678 is dead, unit ab345678 too", known_serials=lambda word: word == "AB345678").serials == (
        "AB345678",
    )


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("", "Priority: P2 - users affected", ("P2", "P2 - users affected")),
        ("[P1] core down", "", ("P1", "P1")),
        ("", "please handle with priority 3", ("P3", "priority 3")),
        ("", "Severity: critical", ("", "critical")),
        ("", "port P1/0/3 is down", ("", "")),
        ("", "packet loss between P1 and P2", ("", "")),
        ("", "interface P1 and P3 down", ("", "")),
        ("", "interface P1 is down", ("", "")),
        ("", "the P1 port is dead", ("", "")),
        ("P1 switch down", "", ("P1", "P1")),
        ("", "Not a P1", ("", "")),
        ("", "To nie jest P1", ("", "")),
        ("", "这不是P1", ("", "")),
        ("", "please raise it from P3 to P1", ("P1", "raise it from P3 to P1")),
        ("", "优先级：二级", ("P2", "二级")),
        ("", "Priorytet: drugi", ("P2", "drugi")),
        ("", "Priorität: dritte", ("P3", "dritte")),
        ("", "Severity: one", ("P1", "one")),
        ("", "Priority: one of our routers is down", ("", "one of our routers is down")),
        ("", "nothing said", ("", "")),
    ],
)
def test_a_priority_is_taken_only_as_stated(subject: str, text: str, expected: tuple[str, str]) -> None:
    found = extract_request(subject, text)
    assert (found.priority, found.priority_words) == expected


def test_an_announced_parcel_is_seen_in_plain_words() -> None:
    assert extract_request("", "We sent it with DHL, tracking no. 1234567890.").tracking == (("DHL", "1234567890"),)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Re: [SR-100001] fan", ("SR-100001",)),
        ("rma100001 and RMA 100002, RMA#100001", ("RMA-100001", "RMA-100002")),
        ("RMA number: RMA-100001", ("RMA-100001",)),
        ("USR-100001, SR-12, SR-100001X", ()),
    ],
)
def test_case_numbers_are_found_however_they_are_written(text: str, numbers: tuple[str, ...]) -> None:
    assert find_case_numbers(text, ("SR-", "RMA-")) == numbers
