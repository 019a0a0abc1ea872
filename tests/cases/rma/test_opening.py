"""A return is issued: what is refused, what is flagged, and what the customer reads (RM1, RM2, EN5, BX8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.cases import decide
from mailflow.cases.rma.facts import RmaFacts
from mailflow.message.staff.command import parse_commands
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import Decision, Note
from mailflow.policy.derivation import Step
from mailflow.policy.event import CommandGiven
from mailflow.policy.register import Contact, Contract, Device
from tests.cases.rma.returns import ANNA, CUSTOMER, DESK, ISSUED, after, case, deadlines, facts, letter, letters, local_nine, names

SERIAL = "2102352KLM10L5000456"
REQUEST = Case(
    number="SR-100007",
    kind="service_request",
    desk="huawei-tac",
    state="in progress",
    opened_at=ISSUED,
    language="en",
    country="PL",
    timezone="Europe/Warsaw",
    customer=ANNA,
    participants=(ANNA,),
    contract="HC-1",
    priority="P2",
    details=ServiceRequestDetails(serials=(SERIAL,)),
)
CONTRACT = Contract(
    number="HC-1",
    company="Customer",
    domains=("customer.example",),
    service_level="9x5xNBD",
    programme="hicare",
    start=date(2026, 1, 1),
    end=date(2027, 12, 31),
)
DEVICE = Device(serial=SERIAL, part_number="02352KLM", model="NE40E-X8", contract="HC-1")


def known(**changes: object) -> RmaFacts:
    given = {
        "parent": REQUEST,
        "contract": CONTRACT,
        "devices": {SERIAL: DEVICE},
        "descriptions": {"02352KLM": "Main board"},
        "new_numbers": {"rma": "RMA-100009"},
        **changes,
    }
    return facts(**given)


def issued(line: str, at: datetime = ISSUED, **changes: object) -> Decision:
    event = CommandGiven(command=parse_commands(line).commands[0], by="ccr@tac.example", roles=DESK.roles_of("ccr@tac.example"), at=at)
    return decide("rma", None, event, known(**changes), DESK, at)


def contact(role: str) -> tuple[Contact, ...]:
    return (Contact(email=ANNA, name="Anna", company="Customer", contract="HC-1", role=role),)


def test_the_verification_goes_out_at_once_and_says_all_that_rm2_asks_for() -> None:
    """RM1, RM2. Issued on 20 November 2026: the 30th calendar day after it is 20 December."""
    decision = issued(f"/rma advance 1 x 02352KLM serial {SERIAL}")
    born = after(decision)
    assert (born.number, born.state, born.parent, born.details.valid_through) == ("RMA-100009", "issued", "SR-100007", date(2026, 12, 20))
    assert [(line.part_number, line.description, line.authorised, line.serials) for line in born.details.lines] == [
        ("02352KLM", "Main board", 1, (SERIAL,))
    ]
    verification = letter(decision, "rma/customer_request_verification")
    assert (verification.to, verification.attach, verification.forward_attachments) == (
        CUSTOMER,
        ("return_form_pdf", "return_form_xlsx", "carton_label", "deadline_calendar"),
        True,
    )
    assert (verification.values["version"], verification.values["changes"]) == (1, ())
    told = {"rma": "RMA-100009", "type": "advance", "parts": "1 x 02352KLM", "customer": ANNA}
    assert decision.done == Step("rma_issued", told)


@pytest.mark.parametrize(
    ("line", "changes", "flag"),
    [
        ("1 x 02352KLM serial 2102352KLM10L5000999", {}, "rma_serial_unknown"),
        (f"1 x 02352KLM serial {SERIAL}", {"devices": {SERIAL: replace(DEVICE, contract="HC-9")}}, "rma_serial_of_other_contract"),
        (f"1 x 03057BGH serial {SERIAL}", {}, "rma_serial_of_other_part"),
        (f"1 x 02352KLM serial {SERIAL}", {"open_cases_of_serials": ((SERIAL, "RMA-100001", "rma"),)}, "rma_serial_in_open_return"),
        (f"1 x 02352KLM serial {SERIAL}", {"received_before": {SERIAL: "RMA-100002"}}, "rma_serial_returned_before"),
    ],
)
def test_what_looks_wrong_is_flagged_to_staff_and_in_the_journal(line: str, changes: dict[str, object], flag: str) -> None:
    """BX8: nothing of it stops the return."""
    decision = issued(f"/rma advance {line}", **changes)
    assert letters(decision) == [("rma/customer_request_verification", CUSTOMER)]
    assert names(decision.done) == ("rma_done_but_look", "rma_issued", flag)
    assert [note.who for note in decision.effects if isinstance(note, Note)] == ["ccr@tac.example"]


def test_an_open_request_about_the_same_serial_is_no_flag() -> None:
    """BX8 speaks of returns; the request itself names the serial."""
    decision = issued(f"/rma advance 1 x 02352KLM serial {SERIAL}", open_cases_of_serials=((SERIAL, "SR-100007", "service_request"),))
    assert names(decision.done) == ("rma_issued",)


def test_a_serial_in_another_open_return_of_the_same_request_is_refused() -> None:
    """BX8"""
    changes = {"open_cases_of_serials": ((SERIAL, "RMA-100001", "rma"),), "rmas": (case(),)}
    decision = issued(f"/rma advance 1 x 02352KLM serial {SERIAL}", **changes)
    assert decision.case is None
    assert decision.refused == Step("rma_serial_in_return_of_request", {"serial": SERIAL, "rma": "RMA-100001"})
    assert decision.effects == ()


def test_a_serial_named_twice_is_refused() -> None:
    """BX8"""
    decision = issued(f"/rma advance 1 x 02352KLM serial {SERIAL}; 1 x 03057BGH serial {SERIAL}")
    assert decision.refused == Step("rma_serial_twice", {"serial": SERIAL})


@pytest.mark.parametrize("role", ["customer", "reseller", "alliance_partner"])
def test_a_dead_arrival_of_an_end_customer_is_sent_to_the_distributor(role: str) -> None:
    """EN5"""
    decision = issued(f"/rma doa 1 x 02352KLM serial {SERIAL}", contacts=contact(role))
    assert (decision.case, decision.refused) == (None, Step("rma_doa_by_distributor", {"role": role}))


@pytest.mark.parametrize("role", ["distributor", "value_added_partner"])
def test_a_dead_arrival_of_a_distributor_or_value_added_partner_is_handled_here(role: str) -> None:
    """EN5"""
    decision = issued(f"/rma doa 1 x 02352KLM serial {SERIAL}", contacts=contact(role))
    assert (after(decision).details.type, names(decision.done)) == ("doa", ("rma_issued",))


def test_a_dead_arrival_of_somebody_without_a_role_is_issued_and_flagged() -> None:
    """EN5"""
    assert names(issued(f"/rma doa 1 x 02352KLM serial {SERIAL}", contacts=()).done) == (
        "rma_done_but_look",
        "rma_issued",
        "rma_doa_role_unknown",
    )


def test_the_role_matters_to_dead_arrivals_only() -> None:
    """EN5: an advance replacement or a repair is what the customer is offered instead."""
    for kind in ("advance", "repair"):
        assert names(issued(f"/rma {kind} 1 x 02352KLM serial {SERIAL}", contacts=contact("customer")).done) == ("rma_issued",)


def test_a_return_for_repair_gets_its_validity_clock_and_no_promise_of_a_replacement() -> None:
    """RM3, RM7"""
    decision = issued(f"/rma repair 1 x 02352KLM serial {SERIAL}")
    assert deadlines(decision.effects) == [
        ("validity_warning", "7", local_nine(2026, 12, 13)),
        ("validity_warning", "2", local_nine(2026, 12, 18)),
        ("expired", "", local_nine(2026, 12, 21)),
    ]
    values = letter(decision, "rma/customer_request_verification").values
    assert (values["sla_steps"], values["sla_moment"], values["sla_day"]) == ((), None, None)


def test_the_day_of_issue_is_the_customers() -> None:
    """T1: 20 November 23:30 UTC is the 21st in Warsaw, so the last valid day is 21 December."""
    decision = issued(f"/rma repair 1 x 02352KLM serial {SERIAL}", at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert after(decision).details.valid_through == date(2026, 12, 21)
