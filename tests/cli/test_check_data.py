"""What `mailflow check` says of a register that is valid and will yet stop a request or an invoice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mailflow.cli.check_data import find_in_register
from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice
from mailflow.store.register import Register
from tests.cli.command import ask
from tests.journeys.installation import Installation

TODAY = date(2026, 11, 20)
CONTRACT = Contract(
    number="C-1",
    company="Northwind",
    domains=("northwind.example",),
    service_level="9x5xNBD",
    programme="hicare",
    start=date(2026, 1, 1),
    end=TODAY,
)
DEVICE = Device(serial="S1", part_number="P1", model="", contract="C-1")
PRICE = PartPrice(part_number="P1", description="", list_price=Decimal("1.00"), currency="EUR", valid_from=TODAY)
PARTNER = Partner(
    name="N", domain="n.example", service_manager="", spare_parts_contact="p@n.example", stars=3, certified_from=date(2026, 1, 5)
)
SOUND = Register(contracts=(CONTRACT,), devices=(DEVICE,), parts=(PRICE,), contacts=(), partners=(PARTNER,))


@pytest.mark.parametrize(
    ("register", "warnings"),
    [
        (SOUND, []),
        (
            replace(SOUND, contracts=(replace(CONTRACT, end=date(2026, 11, 19)),)),
            ["contract C-1 ended on 2026-11-19; its 1 device(s) are not entitled"],
        ),
        (
            replace(SOUND, contracts=(replace(CONTRACT, start=date(2026, 11, 21), end=date(2027, 1, 1)),)),
            ["contract C-1 begins only on 2026-11-21; its 1 device(s) are not entitled yet"],
        ),
        (
            replace(SOUND, contracts=(replace(CONTRACT, domains=()),)),
            ["contract C-1 has neither domains nor contacts: nobody can ask for its service"],
        ),
        (
            replace(
                SOUND,
                contracts=(replace(CONTRACT, domains=()),),
                contacts=(Contact(email="a@b.example", name="", company="", contract="C-1", role="customer"),),
            ),
            [],
        ),
        (
            replace(SOUND, devices=(DEVICE, replace(DEVICE, serial="S2", part_number=""))),
            ["1 device(s) have no part number: S2"],
        ),
        (
            replace(SOUND, parts=(replace(PRICE, valid_from=date(2026, 11, 21)),)),
            ["1 part(s) have no price today, so staff are asked before an invoice: P1"],
        ),
        (
            replace(SOUND, parts=(replace(PRICE, valid_from=date(2026, 1, 1)), replace(PRICE, list_price=None))),
            ["1 part(s) have no price today, so staff are asked before an invoice: P1"],
        ),
        (
            replace(SOUND, devices=tuple(replace(DEVICE, serial=f"S{n}", part_number=f"Q{n}") for n in range(7))),
            ["7 part(s) have no price today, so staff are asked before an invoice: Q0, Q1, Q2, Q3, Q4, ..."],
        ),
        (
            replace(SOUND, partners=(replace(PARTNER, spare_parts_contact="call Jo"),)),
            ["partner N has no address in spare_parts_contact and gets no digest"],
        ),
        (
            replace(SOUND, partners=(replace(PARTNER, certified_from=None),)),
            ["partner N has 3 stars but no certified_from, and counts as not certified"],
        ),
    ],
)
def test_each_gap_is_one_line(register: Register, warnings: list[str]) -> None:
    found = list(find_in_register(register, TODAY))
    assert [finding.text for finding in found if finding.level == "warning"] == warnings
    assert found[0].level == "ok"


def test_the_register_of_an_installation_is_looked_through(worked: Installation) -> None:
    findings = [one for one in json.loads(worked.mailflow("check", "--json").out) if one["area"] == "data"]
    assert findings[0] == {"level": "ok", "area": "data", "text": "2 contracts, 3 devices, 2 prices, 2 contacts, 0 partners"}


def test_the_status_tells_when_the_next_digests_leave(worked: Installation) -> None:
    """BX12"""
    digests = json.loads(ask(worked, "status", "--json").out)["digests"]
    assert [(row["desk"], row["kind"], row["last"]) for row in digests] == [("huawei-tac", "staff", None), ("huawei-tac", "partners", None)]
    assert all(row["next"] for row in digests)
    assert ask(worked, "status").out.count("huawei-tac") == 2
