"""`mailflow rehearse`: the service partner's desk, in Poland's calendar of 2026 (DK1, SR4, RM8, EN6, T1, T2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.letters import parsed
from tests.journeys.rehearsed import Rehearsed, rehearse, text_of

JAN, EWA, TOM = ["jan@browar.example"], ["ewa@browar.example"], ["tom@harbour.example"]
BOTH, CCR, CSE = ["ccr@cocare.example", "cse@cocare.example"], ["ccr@cocare.example"], ["cse@cocare.example"]
MANAGER, FINANCE, WAREHOUSE, TAC = ["manager@cocare.example"], ["finance@cocare.example"], ["warehouse@cocare.example"], ["tac@tac.example"]


def test_a_request_of_a_friday_evening_has_its_hour_on_monday(tmp_path: Path) -> None:
    """SR4: taken at 17:30 and at night; the windows are 9:00 to 17:00, so the hour is Monday's from 9:00 to 10:00, for P1 as for P4.
    Half of it is used up at 9:30, 80 % at 9:48. The engineer writes to the second customer at 9:45, to the first not at all."""
    played = rehearse("hezo/after_hours", tmp_path)
    assert played.sent("service_request/") == [
        ("2026-11-20T17:30:00+01:00", "accepted", JAN),
        ("2026-11-20T17:30:00+01:00", "customer_message", BOTH),
        ("2026-11-21T03:15:00+01:00", "accepted", TOM),
        ("2026-11-21T03:15:00+01:00", "customer_message", BOTH),
        ("2026-11-23T09:30:00+01:00", "response_warning", BOTH),
        ("2026-11-23T09:30:00+01:00", "response_warning", BOTH),
        ("2026-11-23T09:45:00+01:00", "staff_message", TOM),
        ("2026-11-23T09:48:00+01:00", "response_warning", BOTH),
        ("2026-11-23T10:00:00+01:00", "response_breached", MANAGER),
    ]
    assert played.cases() == [
        ("HZS-100001", "service_request", "accepted"),
        ("HZS-100002", "service_request", "awaiting customer"),
    ]
    said = text_of(played.files("service_request/accepted", JAN[0])[0])
    assert "Inżynier napisze do Państwa najpóźniej 23 listopada 2026, godz.\u00a010:00 (Warszawa)." in said
    assert "Eskalacje: escalation@cocare.example" in said


def test_the_contract_number_is_asked_for_in_polish_and_the_hour_runs_from_the_answer(tmp_path: Path) -> None:
    """IN5, DK1: registered at once; asked again after two business days. The answer comes on Thursday at 16:30, long after the first hour:
    30 minutes are left that day and 30 run on Friday from 9:00."""
    played = rehearse("hezo/missing_contract", tmp_path)
    assert played.sent("service_request/") == [
        ("2026-11-24T10:00:00+01:00", "information_request", EWA),
        ("2026-11-24T10:00:00+01:00", "customer_message", BOTH),
        ("2026-11-26T09:00:00+01:00", "information_request", EWA),
        ("2026-11-26T16:30:00+01:00", "accepted", EWA),
        ("2026-11-26T16:30:00+01:00", "customer_message", BOTH),
        ("2026-11-26T16:50:00+01:00", "staff_message", EWA),
    ]
    asked = text_of(played.files("service_request/information_request")[0])
    missing = asked.partition("Prosimy przesłać")[2].partition("Wystarczy")[0]
    assert [line for line in missing.splitlines() if line.startswith("- ")] == ["- numer umowy"]
    assert "27 listopada 2026, godz.\u00a009:30 (Warszawa)" in text_of(played.files("service_request/accepted")[0])


@pytest.fixture(scope="module")
def seven_days(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return rehearse("hezo/seven_days", tmp_path_factory.mktemp("seven_days"))


def test_the_faulty_part_is_due_seven_calendar_days_after_the_delivery(seven_days: Rehearsed) -> None:
    """RM8, RM9: delivered on Friday, 18 December, so due on Friday the 25th, Christmas or not. Five business days before (23, 22, 21, 18,
    17) are over when the day becomes known; two are the 22nd. The final notice waits for a business day: 26 is a holiday, 27 a Sunday, so
    Monday the 28th. Five business days later: 29, 30, 31, then 4 and 5 January."""
    assert seven_days.sent("rma/") == [
        ("2026-12-14T14:30:00+01:00", "customer_request_verification", JAN),
        ("2026-12-15T09:00:00+01:00", "replacement_shipped", JAN),
        ("2026-12-18T09:00:00+01:00", "delivery_question", JAN),
        ("2026-12-18T11:00:00+01:00", "extended", JAN),
        ("2026-12-22T09:00:00+01:00", "reminder", JAN),
        ("2026-12-25T09:00:00+01:00", "reminder", JAN),
        ("2026-12-28T09:00:00+01:00", "final_notice", JAN),
        ("2027-01-05T09:00:00+01:00", "invoice_request", FINANCE),
        ("2027-01-05T09:00:00+01:00", "invoice_notice", JAN),
    ]
    assert seven_days.cases() == [("HZS-100001", "service_request", "in progress"), ("HZR-100001", "rma", "to be invoiced")]


def test_the_return_goes_with_the_prepaid_waybill_to_us_or_to_the_manufacturer(seven_days: Rehearsed) -> None:
    """RM8, EN6: confirmed on Monday at 14:30, so with the customer on Tuesday; the package's name stands beside the level."""
    file = seven_days.files("rma/customer_request_verification")[0]
    said = text_of(file)
    for words in (
        "Poziom usługi: 9x5xNBD, Standard",
        "Dotrze do Państwa 15 grudnia 2026 (wtorek).",
        "Czas na zwrot to 7 dni od dnia otrzymania części zamiennej.",
        "opłacony list przewozowy",
        "do nas albo bezpośrednio do producenta",
        "ul. Przykładowa 7",
        "Eskalacje: escalation@cocare.example",
    ):
        assert words in said
    names = [part.get_filename() for part in parsed(file.read_bytes()).iter_attachments()]
    assert "waybill.pdf" in names


def test_what_comes_back_in_time_ends_the_return(tmp_path: Path) -> None:
    """AHB on site, confirmed on Monday at 15:00:00, which is in time. Delivered on the 24th, due on 1 December; two business days before
    is Friday the 27th. The form of the letter is announced and booked under the desk's own numbers."""
    played = rehearse("hezo/announced", tmp_path)
    assert played.sent("rma/") == [
        ("2026-11-23T15:00:00+01:00", "customer_request_verification", TOM),
        ("2026-11-23T15:00:00+01:00", "replacement_shipped", TOM),
        ("2026-11-25T09:00:00+01:00", "extended", TOM),
        ("2026-11-26T12:00:00+01:00", "return_notification_received", TOM),
        ("2026-11-27T09:00:00+01:00", "reminder", TOM),
        ("2026-11-30T10:00:00+01:00", "receipt_notification", TOM),
        ("2026-11-30T10:00:00+01:00", "closed", TOM),
    ]
    assert played.cases()[1] == ("HZR-100001", "rma", "closed")
    said = text_of(played.files("rma/customer_request_verification")[0])
    assert "Service level: 8x5xNBD-onsite, Assistance SOS" in said
    assert "It is with you on Tuesday 24 November 2026." in said
    assert "That was no later than the 15:00 cut-off." in said


def test_the_manufacturer_works_on_it_and_the_customer_is_none_the_wiser(tmp_path: Path) -> None:
    """DK1."""
    played = rehearse("hezo/handover", tmp_path)
    assert played.sent("service_request/") == [
        ("2026-11-24T10:00:00+01:00", "accepted", JAN),
        ("2026-11-24T10:00:00+01:00", "customer_message", BOTH),
        ("2026-11-24T10:10:00+01:00", "handover", TAC),
        ("2026-11-24T10:11:00+01:00", "vendor_message", BOTH),
        ("2026-11-24T10:30:00+01:00", "response_warning", BOTH),
        ("2026-11-24T10:40:00+01:00", "vendor_message", BOTH),
        ("2026-11-24T10:45:00+01:00", "vendor_answer", TAC),
        ("2026-11-24T10:48:00+01:00", "response_warning", BOTH),
        ("2026-11-24T10:50:00+01:00", "staff_message", JAN),
        ("2026-11-25T12:00:00+01:00", "vendor_message", CSE),
    ]
    assert played.verdicts() == [("opened", "HZS-100001"), *[("added", "HZS-100001")] * 6]
    assert [words for words in ("tac.example", "SR-200311", "producent") if words in played.everything_to(JAN[0])] == []
    handover = parsed(played.files("service_request/handover")[0].read_bytes())
    assert [part.get_filename() for part in handover.iter_attachments()] == ["waybill.pdf"]


def test_an_escalation_comes_to_the_desks_own_address(tmp_path: Path) -> None:
    """SR6: with number and reason the manager is briefed; without the number it is asked for, and the manager hears of it all the same."""
    played = rehearse("hezo/escalation", tmp_path)
    after = [row for row in played.sent("service_request/") if row[0] > "2026-11-24T13"]
    assert after == [
        ("2026-11-24T14:00:00+01:00", "escalation_received", JAN),
        ("2026-11-24T14:00:00+01:00", "escalation_brief", MANAGER),
        ("2026-11-24T14:00:00+01:00", "customer_message", CSE),
        ("2026-11-24T15:00:00+01:00", "escalation_incomplete", TOM),
        ("2026-11-24T15:00:00+01:00", "escalation_brief", MANAGER),
        ("2026-11-24T15:00:00+01:00", "customer_message", BOTH),
    ]
