from __future__ import annotations

from datetime import date

import pytest

from mailflow.message.customer.one_line import CustomerLine, read_customer_lines

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("STATUS", "en", CustomerLine("status")),
        ("Hello,\n\nstatus?\n\nAnna", "en", CustomerLine("status")),
        ("状态", "zh", CustomerLine("status")),
        ("ESCALATE core network down", "pl", CustomerLine("escalate", reason="core network down")),
        ("ESKALACJA: brak odpowiedzi", "pl", CustomerLine("escalate", reason="brak odpowiedzi")),
        ("升级 业务中断", "zh", CustomerLine("escalate", reason="业务中断")),
        ("SHIPPED DHL 1234567890", "en", CustomerLine("shipped", carrier="DHL", tracking="1234567890")),
        (
            "WYSŁANO Poczta Polska 00359007731234567890",
            "pl",
            CustomerLine("shipped", carrier="Poczta Polska", tracking="00359007731234567890"),
        ),
        ("已发货 顺丰 SF1234567890123", "zh", CustomerLine("shipped", carrier="顺丰", tracking="SF1234567890123")),
        (
            "Shipped with UPS, tracking number 1Z999AA10123456784",
            "en",
            CustomerLine("shipped", carrier="UPS", tracking="1Z999AA10123456784"),
        ),
        ("DELIVERED 20 November 2026", "en", CustomerLine("delivered", day=date(2026, 11, 20))),
        ("DOSTARCZONO wczoraj", "pl", CustomerLine("delivered", day=date(2026, 11, 24))),
        ("已收到 2026年11月20日", "zh", CustomerLine("delivered", day=date(2026, 11, 20))),
        ("EXTEND 5 courier on strike", "en", CustomerLine("extend", days=5, reason="courier on strike")),
        ("PRZEDŁUŻ 5 dni strajk", "pl", CustomerLine("extend", days=5, reason="strajk")),
        ("延期 5天 物流延误", "zh", CustomerLine("extend", days=5, reason="物流延误")),
        ("ALREADY RETURNED", "en", CustomerLine("already_returned")),
        ("JUŻ ZWRÓCONE", "pl", CustomerLine("already_returned")),
        ("已退回", "zh", CustomerLine("already_returned")),
        ("STATUS SR-100001", "en", CustomerLine("status", number="SR-100001")),
        ("status of SR-100001?", "en", CustomerLine("status", number="SR-100001")),
        ("STATUS zgłoszenia SR-100001", "pl", CustomerLine("status", number="SR-100001")),
        ("状态 SR-100001", "zh", CustomerLine("status", number="SR-100001")),
        ("查询 SR-100001 状态", "zh", CustomerLine("status", number="SR-100001")),
        ("SHIPPED RMA-100001 DHL 123", "en", CustomerLine("shipped", carrier="DHL", tracking="123", number="RMA-100001")),
        ("RMA-100001: SHIPPED DHL 1234567890", "en", CustomerLine("shipped", carrier="DHL", tracking="1234567890", number="RMA-100001")),
        ("WYSŁANO RMA-100001 DPD 123456", "pl", CustomerLine("shipped", carrier="DPD", tracking="123456", number="RMA-100001")),
        ("已发货 RMA-100001 顺丰 SF123456", "zh", CustomerLine("shipped", carrier="顺丰", tracking="SF123456", number="RMA-100001")),
        ("ALREADY RETURNED RMA-100001", "en", CustomerLine("already_returned", number="RMA-100001")),
        ("JUŻ ZWRÓCONE RMA-100001", "pl", CustomerLine("already_returned", number="RMA-100001")),
        ("已退回 RMA-100001", "zh", CustomerLine("already_returned", number="RMA-100001")),
        ("EXTEND 5 days RMA-100001", "en", CustomerLine("extend", days=5, number="RMA-100001")),
        ("EXTEND RMA-100001 5 days strike", "en", CustomerLine("extend", days=5, reason="strike", number="RMA-100001")),
        ("PRZEDŁUŻ 5 dni RMA-100001", "pl", CustomerLine("extend", days=5, number="RMA-100001")),
        ("延期 RMA-100001 5天", "zh", CustomerLine("extend", days=5, number="RMA-100001")),
        ("DELIVERED RMA-100001 20 November 2026", "en", CustomerLine("delivered", day=date(2026, 11, 20), number="RMA-100001")),
        ("ESCALATE SR-100001 core down", "en", CustomerLine("escalate", reason="core down", number="SR-100001")),
        ("- STATUS", "en", CustomerLine("status")),
        ("Status SR-100001 is still unknown to us", "en", None),
        ("SHIPPED RMA-100001", "en", None),
        ("Re: [SR-100001] STATUS", "en", None),
        ("Sent the logs yesterday", "en", None),
        ("Received your mail, thanks", "en", None),
        ("The status of the fan is unknown", "en", None),
        ("ESKALACJA pilne", "zh", None),
    ],
)
def test_a_line_alone_is_read_in_its_language(text: str, language: str, expected: CustomerLine | None) -> None:
    assert next(iter(read_customer_lines(text, language, TODAY)), None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Hello,\n\nRMA-100001 SHIPPED DHL 1234567890\n\nAnna",
            CustomerLine("shipped", carrier="DHL", tracking="1234567890", number="RMA-100001"),
        ),
        ("Already returned RMA-100002\n\nAnna", CustomerLine("already_returned", number="RMA-100002")),
        ("EXTEND RMA-100003 5", CustomerLine("extend", days=5, number="RMA-100003")),
    ],
)
def test_a_line_may_name_its_rma(text: str, expected: CustomerLine) -> None:
    """BX12"""
    assert read_customer_lines(text, "en", TODAY) == (expected,)


def test_the_letters_before_numbers_are_those_of_the_desk() -> None:
    lines = read_customer_lines("SHIPPED HZR-2026 DHL 123", "en", TODAY, ("HZ-", "HZR-"))
    assert lines == (CustomerLine("shipped", carrier="DHL", tracking="123", number="HZR-2026"),)


def test_several_answers_are_read_and_what_is_said_again_is_none() -> None:
    """BX12"""
    text = "SHIPPED RMA-100001 DHL 123\nEXTEND RMA-100002 5\nHello again\nSHIPPED RMA-100001 DHL 456\nSHIPPED RMA-100002 UPS 789"
    assert [(line.kind, line.number, line.tracking) for line in read_customer_lines(text, "en", TODAY)] == [
        ("shipped", "RMA-100001", "123"),
        ("extend", "RMA-100002", ""),
        ("shipped", "RMA-100002", "789"),
    ]
