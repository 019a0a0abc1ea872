"""Entitlement (EN1-EN5, IN5, SR3) with tables of examples. 90 days after 1 January 2026 is 1 April: 30 + 28 + 31 days are 31 March's 89."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from mailflow.policy.entitlement import (
    SoftwareService,
    doa_path,
    entitlement_of,
    may_update,
    may_upgrade,
    programme_start,
    software_start,
    support_start,
    warranty_start,
)
from mailflow.policy.register import Contact, Contract, Device

SHIPPED = date(2026, 1, 1)
NINETIETH = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("agreed", "start"),
    [
        (None, SHIPPED),
        (date(2026, 2, 10), date(2026, 2, 10)),
        (NINETIETH, NINETIETH),
        (date(2026, 4, 2), NINETIETH),
        (date(2025, 12, 1), SHIPPED),
    ],
)
def test_support_starts_with_shipment_or_up_to_ninety_days_after(agreed: date | None, start: date) -> None:
    """EN1."""
    assert support_start(SHIPPED, agreed).day == start


@pytest.mark.parametrize(
    ("service", "report", "start"),
    [
        (False, None, NINETIETH),
        (False, date(2026, 2, 10), NINETIETH),
        (True, date(2026, 2, 10), date(2026, 2, 10)),
        (True, NINETIETH, NINETIETH),
        (True, date(2026, 5, 1), NINETIETH),
        (True, None, NINETIETH),
    ],
)
def test_warranty_starts_with_the_report_but_no_later_than_the_ninetieth_day(service: bool, report: date | None, start: date) -> None:
    """EN2."""
    assert warranty_start(SHIPPED, service, report).day == start


def test_software_service_starts_as_ordered() -> None:
    """EN3."""
    derived = software_start(date(2026, 3, 1), ship_date=SHIPPED, previous_end=date(2026, 2, 1))
    assert derived is not None and derived.day == date(2026, 3, 1)


def test_a_renewal_starts_the_day_after_the_previous_end() -> None:
    """EN3."""
    derived = software_start(ship_date=SHIPPED, previous_end=date(2026, 12, 31))
    assert derived is not None and derived.day == date(2027, 1, 1)


def test_with_commissioning_software_service_starts_on_acceptance_and_not_before() -> None:
    """EN3."""
    derived = software_start(ship_date=SHIPPED, installation_service=True, pac_date=date(2026, 6, 1))
    assert derived is not None and derived.day == date(2026, 6, 1)
    assert software_start(ship_date=SHIPPED, installation_service=True) is None


def test_else_software_service_starts_on_the_ninetieth_day() -> None:
    """EN3."""
    derived = software_start(ship_date=SHIPPED)
    assert derived is not None and derived.day == NINETIETH
    assert [step.name for step in derived.steps] == ["ninetieth_day", "software_starts"]
    assert software_start() is None


@pytest.mark.parametrize(
    ("service", "update", "upgrade"),
    [(None, False, False), (SoftwareService.SUPPORT, True, False), (SoftwareService.UPGRADE_SUPPORT, True, True)],
)
def test_updates_come_with_both_services_and_upgrades_with_one(service: SoftwareService | None, update: bool, upgrade: bool) -> None:
    """EN4."""
    assert (may_update(service), may_upgrade(service)) == (update, upgrade)


@pytest.mark.parametrize(
    ("role", "first_boot", "hours", "handled_by"),
    [
        ("customer", True, None, "distributor"),
        ("reseller", True, None, "distributor"),
        ("alliance_partner", True, None, "distributor"),
        ("value_added_partner", True, None, "tac"),
        ("distributor", True, None, "tac"),
        ("distributor", False, 48.0, "tac"),
        ("distributor", False, 48.1, ""),
        ("customer", False, None, ""),
    ],
)
def test_a_dead_arrival_goes_where_the_role_says(role: str, first_boot: bool, hours: float | None, handled_by: str) -> None:
    """EN5."""
    since = None if hours is None else timedelta(hours=hours)
    assert doa_path(role, first_boot=first_boot, since_power_on=since).handled_by == handled_by


CONTRACT = Contract(
    number="HC-1",
    company="Customer",
    domains=("customer.example",),
    service_level="9x5xNBD",
    programme="hicare",
    start=date(2026, 1, 1),
    end=date(2026, 12, 31),
)
DEVICE = Device(serial="2102352KLM10L5000456", part_number="02352KLM", model="S5735", contract="HC-1")
FREELANCER = Contact(email="ann@mail.example", name="Ann", company="", contract="HC-1", role="customer")


@pytest.mark.parametrize(
    ("contract", "device", "sender", "on", "verdict", "last"),
    [
        (CONTRACT, DEVICE, "ben@customer.example", date(2026, 6, 1), "entitled", "sender_of_domain"),
        (CONTRACT, DEVICE, "Ben@CUSTOMER.example", date(2026, 6, 1), "entitled", "sender_of_domain"),
        (CONTRACT, DEVICE, "ann@mail.example", date(2026, 6, 1), "entitled", "sender_is_contact"),
        (CONTRACT, DEVICE, "ben@customer.example", date(2026, 1, 1), "entitled", "sender_of_domain"),
        (CONTRACT, DEVICE, "ben@customer.example", date(2026, 12, 31), "entitled", "sender_of_domain"),
        (CONTRACT, DEVICE, "ben@customer.example", date(2027, 1, 1), "not entitled", "sender_of_domain"),
        (CONTRACT, DEVICE, "ben@customer.example", date(2025, 12, 31), "not entitled", "sender_of_domain"),
        (CONTRACT, DEVICE, "eve@other.example", date(2026, 6, 1), "undecided", "sender_unknown"),
        (CONTRACT, DEVICE, "eve@sub.customer.example", date(2026, 6, 1), "undecided", "sender_unknown"),
        (CONTRACT, None, "ben@customer.example", date(2026, 6, 1), "undecided", "device_unknown"),
        (None, DEVICE, "ben@customer.example", date(2026, 6, 1), "undecided", "sender_unknown"),
        (replace(CONTRACT, number="HC-2"), DEVICE, "ben@customer.example", date(2026, 6, 1), "undecided", "contract_mismatch"),
    ],
)
def test_entitled_is_a_known_sender_with_a_device_under_a_contract_in_force(
    contract: Contract | None, device: Device | None, sender: str, on: date, verdict: str, last: str
) -> None:
    """IN5, SR3."""
    found = entitlement_of(contract, device, sender.rpartition("@")[2], sender, (FREELANCER,), on)
    assert (found.verdict, found.steps[-1].name) == (verdict, last)


@pytest.mark.parametrize(
    ("programme", "start", "device", "begun"),
    [
        ("hicare", SHIPPED, {"ship_date": SHIPPED}, SHIPPED),
        ("cocare", date(2026, 2, 10), {"ship_date": SHIPPED}, date(2026, 2, 10)),
        ("hicare", date(2025, 1, 1), {"ship_date": SHIPPED}, SHIPPED),
        ("hicare", NINETIETH, {"ship_date": SHIPPED}, NINETIETH),
        ("hicare", date(2026, 4, 2), {"ship_date": SHIPPED}, None),
        ("hicare", SHIPPED, {}, None),
        ("warranty", SHIPPED, {"ship_date": SHIPPED}, NINETIETH),
        (
            "warranty",
            SHIPPED,
            {"ship_date": SHIPPED, "installation_service": True, "installation_report_date": date(2026, 2, 1)},
            date(2026, 2, 1),
        ),
        ("software", date(2026, 3, 1), {}, date(2026, 3, 1)),
    ],
)
def test_support_of_a_device_begins_as_its_contracts_programme_says(
    programme: str, start: date, device: dict[str, Any], begun: date | None
) -> None:
    """EN1 (a first day of the contract within 90 days of shipment is the agreed one), EN2, EN3 (the date on the contract)."""
    found = programme_start(replace(CONTRACT, programme=programme, start=start), replace(DEVICE, **device))
    assert (found.day if found else None) == begun


def test_the_verdict_says_when_support_began() -> None:
    """EN1, BX2."""
    found = entitlement_of(CONTRACT, replace(DEVICE, ship_date=SHIPPED), "customer.example", "ben@customer.example", (), date(2026, 6, 1))
    assert [step.name for step in found.steps] == ["device_known", "contract_in_force", "sender_of_domain", "shipped", "support_starts"]
    assert found.for_staff == ()


def test_support_that_has_not_begun_is_a_doubt_for_staff_and_turns_nobody_down() -> None:
    """EN2, SR3: the warranty begins on 1 April."""
    warranty = replace(CONTRACT, programme="warranty")
    device = replace(DEVICE, ship_date=SHIPPED)
    before, on = (
        entitlement_of(warranty, device, "customer.example", "ben@customer.example", (), day) for day in (date(2026, 3, 31), NINETIETH)
    )
    assert (before.verdict, [step.name for step in before.for_staff][-1]) == ("entitled", "support_not_begun")
    assert "warranty_starts" not in [step.name for step in before.steps]
    assert (on.verdict, on.for_staff, on.steps[-1].name) == ("entitled", (), "warranty_starts")


def test_staff_read_what_a_software_contract_includes() -> None:
    """EN4: the register does not say which of the two services it is."""
    found = entitlement_of(
        replace(CONTRACT, programme="software"), DEVICE, "customer.example", "ben@customer.example", (), date(2026, 6, 1)
    )
    assert [step.name for step in found.for_staff] == ["updates_included", "upgrades_by_order"]


def test_a_contact_of_another_contract_is_no_contact_of_this_one() -> None:
    """IN3: rights come from the sender."""
    stranger = replace(FREELANCER, contract="HC-9")
    found = entitlement_of(CONTRACT, DEVICE, "mail.example", "ann@mail.example", (stranger,), date(2026, 6, 1))
    assert found.verdict == "undecided"
