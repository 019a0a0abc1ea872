from __future__ import annotations

from datetime import date

import pytest

from mailflow.message.customer_line import CustomerLine, read_customer_line

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
        ("Sent the logs yesterday", "en", None),
        ("Received your mail, thanks", "en", None),
        ("The status of the fan is unknown", "en", None),
        ("ESKALACJA pilne", "zh", None),
    ],
)
def test_a_line_alone_is_read_in_its_language(text: str, language: str, expected: CustomerLine | None) -> None:
    assert read_customer_line(text, language, TODAY) == expected
