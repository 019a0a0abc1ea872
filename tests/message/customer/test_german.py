"""German customers are read by the words of de.toml alone: one-line answers, dates, yes, survey, requests, wishes."""

from __future__ import annotations

from datetime import date

import pytest

from mailflow.message.customer.dates import read_date
from mailflow.message.customer.one_line import CustomerLine, find_escalation_wish, is_yes, read_customer_lines
from mailflow.message.customer.request import extract_request
from mailflow.message.customer.survey import SurveyAnswer, read_prepared_score, read_survey_answer

TODAY = date(2026, 12, 1)  # a Tuesday


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("STATUS", CustomerLine("status")),
        ("Status zu meiner Anfrage?", CustomerLine("status")),
        ("ESKALIEREN seit drei Tagen keine Antwort", CustomerLine("escalate", reason="seit drei Tagen keine Antwort")),
        ("VERSENDET DHL 1234567890", CustomerLine("shipped", carrier="DHL", tracking="1234567890")),
        ("Verschickt mit UPS, Sendungsnummer 1Z999AA10123456784", CustomerLine("shipped", carrier="UPS", tracking="1Z999AA10123456784")),
        ("VERSENDET RMA-100001 DPD 01234567", CustomerLine("shipped", carrier="DPD", tracking="01234567", number="RMA-100001")),
        ("GELIEFERT heute", CustomerLine("delivered", day=TODAY)),
        ("GELIEFERT 24. November 2026", CustomerLine("delivered", day=date(2026, 11, 24))),
        ("Angekommen am 30.11.", CustomerLine("delivered", day=date(2026, 11, 30))),
        ("zugestellt am Montag", CustomerLine("delivered", day=date(2026, 11, 30))),
        ("VERLÄNGERN 5 Betriebsferien", CustomerLine("extend", days=5, reason="Betriebsferien")),
        ("VERLAENGERN 5 Betriebsferien", CustomerLine("extend", days=5, reason="Betriebsferien")),
        ("Verlängerung um 10 Arbeitstage, wegen Urlaub", CustomerLine("extend", days=10, reason="wegen Urlaub")),
        ("BEREITS ZURÜCKGESANDT", CustomerLine("already_returned")),
        ("schon zurueckgeschickt am 20.11.", CustomerLine("already_returned", reason="am 20.11")),
    ],
)
def test_a_line_is_an_answer(line: str, answer: CustomerLine) -> None:
    assert read_customer_lines(f"Guten Tag,\n\n{line}\n\nViele Grüße\nJana Roth", "de", TODAY) == (answer,)


@pytest.mark.parametrize(
    "line",
    [
        "Statusanzeige am Gerät leuchtet rot.",
        "Geliefert wurde bisher leider gar nichts.",
        "Versendet bitte ein neues Netzteil an unsere Zentrale.",
        "Erhalten haben wir nur eine leere Schachtel.",
    ],
)
def test_a_sentence_is_no_answer(line: str) -> None:
    assert read_customer_lines(line, "de", TODAY) == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("vorgestern", date(2026, 11, 29)),
        ("übermorgen", date(2026, 12, 3)),
        ("uebermorgen", date(2026, 12, 3)),
        ("am Samstag, 28. Nov.", date(2026, 11, 28)),
        ("3. Dezember", date(2026, 12, 3)),
        ("am 3. März 2027", date(2027, 3, 3)),
        ("letzten Sonnabend", date(2026, 11, 28)),
    ],
)
def test_a_day_is_read(text: str, day: date) -> None:
    assert read_date(text, today=TODAY, language="de") == day


@pytest.mark.parametrize("text", ["JA", "Ja, bitte.", "Ja, das stimmt.", "Bestätigt", "bestaetigt, danke", "Einverstanden!", "In Ordnung"])
def test_a_yes_is_a_yes(text: str) -> None:
    assert is_yes(f"Guten Tag,\n{text}\nJana Roth")


@pytest.mark.parametrize("text", ["NEIN", "Nein, danke.\nJa", "Ja, aber erst nächste Woche", "Ist das in Ordnung so?"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_yes(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("BEWERTUNG 4", SurveyAnswer(4)),
        ("Unsere Note: 2, weil die Rückmeldung lange gedauert hat", SurveyAnswer(2, "weil die Rückmeldung lange gedauert hat")),
        ("Wir geben Ihnen 5 von 5", SurveyAnswer(5)),
        ("fünf Sterne, danke!", SurveyAnswer(5, "danke!")),
    ],
)
def test_a_score_is_read(text: str, answer: SurveyAnswer) -> None:
    assert read_survey_answer(text) == answer


def test_the_prepared_score_needs_no_mail_before_it() -> None:
    assert read_prepared_score("BEWERTUNG 5\nAlles bestens") == SurveyAnswer(5, "Alles bestens")
    assert read_prepared_score("Alles bestens, Note 5") is None


def test_a_request_in_fields_is_read() -> None:
    text = (
        "Sehr geehrte Damen und Herren,\n\n"
        "Firma: Nordlicht Netze GmbH\nAnsprechpartnerin: Jana Roth\nTelefon: +49 40 5550100\nVertragsnr.: HC-2026-0042\n"
        "Seriennummer: 2102352KLM10L5000456\nProduktmodell: CE6857\nPriorität: P2\nBestellnummer: liegt noch nicht vor, folgt\n"
        "Störungsbeschreibung: Lüftereinheit ausgefallen, das Gerät startet nicht mehr\nLieferadresse: Hafenstraße 7, 20457 Hamburg\n\n"
        "Mit freundlichen Grüßen\nJana Roth"
    )
    found = extract_request("Gerät defekt", text)
    assert (found.company, found.name, found.telephone, found.contract) == (
        *("Nordlicht Netze GmbH", "Jana Roth", "+49 40 5550100", "HC-2026-0042"),
    )
    assert (found.serials, found.model, found.priority) == (("2102352KLM10L5000456",), "CE6857", "P2")
    assert found.symptoms == "Lüftereinheit ausgefallen, das Gerät startet nicht mehr"
    assert found.site_address == "Hafenstraße 7, 20457 Hamburg"


def test_a_request_in_sentences_is_read() -> None:
    text = (
        "Hallo zusammen,\n\nunser Switch 2102352KLM10L5000456 fährt seit heute Morgen nicht mehr hoch, die rote LED blinkt.\n"
        "Die Vertragsnummer lautet HC-2026-0042. Bitte auf Priorität 1 hochstufen.\n\nVielen Dank und viele Grüße\nJana Roth"
    )
    found = extract_request("Switch ohne Funktion", text)
    assert (found.serials, found.contract, found.priority) == (("2102352KLM10L5000456",), "HC-2026-0042", "P1")
    assert found.symptoms.startswith("unser Switch 2102352KLM10L5000456 fährt seit heute Morgen nicht mehr hoch")


@pytest.mark.parametrize("value", ["keine", "unbekannt", "weiß ich nicht", "wird nachgereicht", "k.A.", "siehe unten"])
def test_a_word_for_nothing_is_no_contract(value: str) -> None:
    assert extract_request("Anfrage", f"Seriennummer: 2102352KLM10L5000456\nVertrag: {value}").contract == ""


@pytest.mark.parametrize(
    "text",
    [
        "Bitte eskalieren Sie den Vorgang an Ihren Vorgesetzten.",
        "Wir möchten mit Ihrem Teamleiter sprechen.",
        "Hiermit bitte ich um eine Eskalation.",
        "Leiten Sie das bitte an die Geschäftsführung weiter.",
    ],
)
def test_a_wish_for_the_manager_is_found(text: str) -> None:
    assert find_escalation_wish(f"Guten Tag,\n{text}\nViele Grüße") == text


@pytest.mark.parametrize(
    "text",
    [
        "Bitte nicht eskalieren.",
        "Wenn bis Freitag nichts passiert, möchten wir eskalieren.",
        "Der Vorgang wurde bereits an Ihren Teamleiter eskaliert.",
        "Wo finde ich Ihre Eskalationsmatrix?",
    ],
)
def test_what_only_speaks_of_it_is_none(text: str) -> None:
    assert find_escalation_wish(text) == ""
