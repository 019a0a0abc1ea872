"""Facts stated by name, and what is said beside them (IN4, IN5)."""

from __future__ import annotations

import pytest

from mailflow.message.customer.request import extract_request
from mailflow.message.mime.html_text import html_to_text

SERIAL, OTHER = "2102359583N0K8000017", "2102359583N0K8000018"


@pytest.mark.parametrize(
    ("text", "symptoms"),
    [
        (f"SN: {SERIAL} does not boot after update.", "does not boot after update."),
        (f"S/N: {SERIAL}, red LED is on", "red LED is on"),
        (f"S/N: {SERIAL} dead", "dead"),
        (f"Numer seryjny: {SERIAL} nie uruchamia się", "nie uruchamia się"),
        (f"序列号：{SERIAL}，设备无法启动", "设备无法启动"),
        (f"Serial number: {SERIAL} (slot 3)", ""),
        (f"Serials: {SERIAL} and {OTHER}", ""),
        (f"SN: {SERIAL} and fan\n\nThe board smells of smoke.", "The board smells of smoke."),
    ],
)
def test_what_stands_behind_a_serial_on_its_line_is_read(text: str, symptoms: str) -> None:
    """IN4"""
    found = extract_request("", text)
    assert (found.serials[0], found.symptoms) == (SERIAL, symptoms)


def test_chinese_commas_part_the_facts_of_a_line() -> None:
    """IN4"""
    found = extract_request("", f"序列号：{SERIAL}，合同号：HC-CN-3，故障现象：设备重启，风扇不转，优先级：P1，电话：13805711234")
    assert (found.serials, found.contract, found.symptoms, found.priority, found.telephone) == (
        (SERIAL,),
        "HC-CN-3",
        "设备重启，风扇不转",
        "P1",
        "13805711234",
    )


@pytest.mark.parametrize(
    ("contract", "symptoms"),
    [
        ("Contract number: n/a", "Symptoms: N/A"),
        ("Contract number: unknown yet, I will ask", "Symptoms: -"),
        ("Contract: I don't know", "Symptoms: tbd"),
        ("Numer umowy: brak, podam później", "Objawy: nie dotyczy"),
        ("合同号：暂无", "故障现象：无"),
        ("Vertragsnummer: keine", "Fehler: unbekannt"),
        ("Numéro de contrat : aucun", "Symptômes : néant"),
        ("Número de contrato: ninguno", "Síntomas: no lo sé"),
    ],
)
def test_words_for_nothing_are_no_values(contract: str, symptoms: str) -> None:
    """IN5"""
    found = extract_request("", f"{contract}\n{symptoms}\nPriority: P1")
    assert (found.contract, found.symptoms, found.priority) == ("", "", "P1")


@pytest.mark.parametrize(
    "words",
    [
        "no power",
        "none of the ports come up",
        "unknown module in slot 3",
        "brak zasilania",
        "无法启动",
        "keine LED leuchtet",
        "nada funciona",
    ],
)
def test_symptoms_that_begin_with_such_a_word_are_symptoms(words: str) -> None:
    """IN5"""
    assert extract_request("", f"Symptoms: {words}").symptoms == words


def test_no_impact_is_a_statement() -> None:
    """SR2: P4 is little or no impact."""
    assert extract_request("", "Impact: none").impact == "none"


def _outlook_table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<td width=90><p class=MsoNormal>{cell}<o:p></o:p></p></td>" for cell in row) for row in rows)
    return "<p class=MsoNormal>Hello,</p><table class=MsoNormalTable>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


FACTS = (
    ("Serial", SERIAL),
    ("Contract", "HC-RO-2"),
    ("Phone", "+40 722 111 222"),
    ("Model", "S12700E-8"),
    ("Symptoms", "does not boot</p><p class=MsoNormal>fan is loud"),
    ("Fax", "+40 722 111 333"),
    ("Impact", "all sites down"),
    ("Version", "V200R019C10"),
)


@pytest.mark.parametrize(
    "table", [_outlook_table(*FACTS), _outlook_table(tuple(name for name, _ in FACTS), tuple(value for _, value in FACTS))]
)
def test_a_table_of_outlook_is_read_in_both_directions(table: str) -> None:
    """IN4"""
    found = extract_request("", html_to_text(table))
    assert (found.serials, found.contract, found.telephone, found.model) == ((SERIAL,), "HC-RO-2", "+40 722 111 222", "S12700E-8")
    assert (found.symptoms, found.fax, found.impact, found.software_version) == (
        "does not boot fan is loud",
        "+40 722 111 333",
        "all sites down",
        "V200R019C10",
    )


def test_several_devices_of_a_table_keep_each_its_own_symptoms() -> None:
    """IN4"""
    table = _outlook_table(("Numer seryjny", "Model", "Objawy"), (SERIAL, "NE40E", "brak zasilania"), (OTHER, "NE40E", "gubi pakiety"))
    found = extract_request("", html_to_text(table))
    assert found.serials == (SERIAL, OTHER)
    assert found.symptoms == f"{SERIAL}: brak zasilania\n{OTHER}: gubi pakiety"


def test_a_layout_table_keeps_its_lines() -> None:
    """IN4: a signature beside a logo."""
    html = "<table><tr><td><img src=x></td><td><p>Anna Nowak</p><p>Engineer</p><p>Tel. +48 22 123 45 67</p></td></tr></table>"
    assert html_to_text(html).split() == ["Anna", "Nowak", "Engineer", "Tel.", "+48", "22", "123", "45", "67"]
    assert html_to_text(html).split("\n")[0] == "Anna Nowak"
    beside = "<table><tr><td><p>Left one</p><p>Left two</p></td><td>Right one<br>Right two</td></tr></table>"
    assert html_to_text(beside).split("\n") == ["Left one", "", "Left two", "", "Right one", "Right two"]


@pytest.mark.parametrize(
    "label", ["Ship-to address", "Ship to", "Shipping address", "Adres wysyłki", "Adres dostawy", "收货地址", "送货地址", "Lieferadresse"]
)
def test_the_address_to_deliver_to_is_known_under_its_names(label: str) -> None:
    """BX8"""
    assert extract_request("", f"{label}: Strada Noua 99, Cluj").site_address == "Strada Noua 99, Cluj"


@pytest.mark.parametrize("number", ["CHG000012345", "INC000012345", "REQ000012345", "RITM00001234"])
def test_a_ticket_of_the_customers_own_system_is_no_serial_unless_the_register_has_it(number: str) -> None:
    """IN4"""
    assert extract_request("", f"Our ticket {number}").serials == ()
    assert extract_request("", f"Our ticket {number}", known_serials=lambda word: word == number).serials == (number,)


def test_a_serial_of_a_wrong_length_is_read_under_its_name_where_the_register_nearly_has_it() -> None:
    """IN5: so that the sender is asked about it."""
    short = SERIAL[:-1]
    assert extract_request("", f"numer seryjny {short}.", nearly_serials=lambda word: word == short).serials == (short,)
    assert extract_request("", f"numer seryjny {short}.", nearly_serials=lambda word: word == SERIAL).serials == ()


@pytest.mark.parametrize(
    ("line", "symptoms"),
    [
        ("Guten Tag, das Gerät startet nicht mehr, keine LED leuchtet.", "Guten Tag, das Gerät startet nicht mehr, keine LED leuchtet."),
        ("Le commutateur ne répond plus.", "Le commutateur ne répond plus."),
        ("I will send you the details tomorrow.", ""),
        ("Wird nachgereicht.", ""),
        ("Prześlę jutro po rozmowie z serwisem.", ""),
        ("您好，见下文。", ""),
    ],
)
def test_a_promise_to_write_is_no_symptom(line: str, symptoms: str) -> None:
    """IN5"""
    assert extract_request("", line).symptoms == symptoms
