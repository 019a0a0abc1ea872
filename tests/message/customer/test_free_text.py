"""Serials and signatures in free text, in the languages that have words for them."""

from __future__ import annotations

import pytest

from mailflow.message.customer.free_text import find_part_numbers, find_serials, find_signature_facts


@pytest.mark.parametrize(
    "line",
    ["serial no. is 2102352KLM10", "numer seryjny: 2102352KLM10", "设备序列号为2102352KLM10L500", "Die Seriennummer lautet 2102352KLM10"],
)
def test_a_serial_stands_under_its_name(line: str) -> None:
    (serial,) = find_serials([line], [], lambda word: word == "2102352KLM10") or ("",)
    assert serial.startswith("2102352KLM10")


@pytest.mark.parametrize("name", ["Contract", "umowa", "合同号", "Vertragsnummer"])
def test_a_number_with_another_name_is_no_serial(name: str) -> None:
    assert find_serials([f"{name}: 2102352KLM10"], [], None) == ()


@pytest.mark.parametrize("line", ["P/N 02352KLM", "nr części: 02352KLM", "部件编码：02352KLM", "Teilenummer 02352KLM"])
def test_a_part_number_stands_under_its_name(line: str) -> None:
    assert find_part_numbers([line], []) == ("02352KLM",)


@pytest.mark.parametrize("line", ["Tel. +49 30 901820", "telefon: +49 30 901820", "电话：+49 30 901820", "Durchwahl: +49 30 901820"])
def test_a_telephone_stands_under_its_name(line: str) -> None:
    assert find_signature_facts(f"Hallo\n{line}").telephone == "+49 30 901820"
