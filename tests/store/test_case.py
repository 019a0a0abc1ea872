"""Cases are saved by compare-and-swap and come back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from mailflow.cases.rma.details import RmaDetails
from mailflow.cases.rma.units import Announcement, Obligation, Unit
from mailflow.policy.case import ServiceRequestDetails
from mailflow.policy.derivation import Step
from mailflow.store import case, deadline
from mailflow.store.case import CannotStore, CaseChanged
from mailflow.store.transaction import Database
from tests.store.rows import MINUTE, NOON, a_case, opened

OBLIGATION = Obligation(
    delivered_on=date(2026, 11, 24),
    due=date(2026, 12, 15),
    steps=(Step("cutoff", {"at": NOON, "days": ("a", "b")}),),
    notices=(("reminder 2026-12-15 5", NOON),),
)
UNITS = (
    Unit(
        place=1,
        part_number="P1",
        serial="S1",
        obligation=OBLIGATION,
        announcement=Announcement(carrier="DHL", tracking="1", on=NOON),
        announced_serial="S9",
    ),
    Unit(place=2, part_number="P1", serial="S2"),
)
RETURN = RmaDetails(
    type="advance",
    service_level="9x5xNBD",
    units=UNITS,
    issued_at=NOON,
    valid_through=date(2026, 12, 20),
)


def test_a_case_comes_back_equal(database: Database) -> None:
    with database.write() as c:
        request = opened(c, participants=("anna@customer.example", "bo@customer.example"), details=ServiceRequestDetails(symptoms="dead"))
        rma = opened(c, "RMA-100001", kind="rma", state="issued", parent="SR-100001", details=RETURN, closed_at=NOON)
        assert case.load(c, "SR-100001") == request
        assert case.load(c, "RMA-100001") == rma
        assert case.load(c, "SR-1") is None
        assert case.children(c, "SR-100001") == (rma,)


def test_a_number_is_used_once(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as c:
        opened(c)
        opened(c)


def test_details_of_another_type_are_refused(database: Database) -> None:
    with pytest.raises(CannotStore), database.write() as c:
        opened(c, details=RETURN)


def test_saving_counts_the_version_and_refuses_a_stale_hand(database: Database) -> None:
    with database.write() as c:
        mine = opened(c)
        saved = case.save(c, replace(mine, state="accepted"))
        assert (saved.version, saved.state) == (1, "accepted")
        assert case.load(c, mine.number) == saved
        with pytest.raises(CaseChanged):
            case.save(c, replace(mine, state="closed"))
        assert case.load(c, mine.number) == saved


def test_saving_a_case_that_was_never_inserted_is_refused(database: Database) -> None:
    with pytest.raises(CaseChanged), database.write() as c:
        case.save(c, a_case())


def test_cases_are_listed_by_what_is_asked_in_order_of_opening(database: Database) -> None:
    with database.write() as c:
        opened(c, "SR-100002", opened_at=NOON + MINUTE, assignee="cse@tac.example", state="accepted")
        opened(c, "SR-100001")
        opened(c, "RMA-100001", kind="rma", state="overdue", opened_at=NOON + 2 * MINUTE)
        opened(c, "HZ-1", desk="hezo-cocare", opened_at=NOON + 3 * MINUTE)
        deadline.set(c, "SR-100002", "response", "", NOON + timedelta(days=1))

        def numbers(**filters: object) -> list[str]:
            return [found.number for found in case.list_cases(c, **filters)]  # type: ignore[arg-type]  # one helper for all filters

        assert numbers() == ["SR-100001", "SR-100002", "RMA-100001", "HZ-1"]
        assert numbers(kind="rma") == ["RMA-100001"]
        assert numbers(state="accepted") == ["SR-100002"]
        assert numbers(assignee="cse@tac.example") == ["SR-100002"]
        assert numbers(desk="hezo-cocare") == ["HZ-1"]
        assert numbers(overdue_at=NOON) == ["RMA-100001"]
        assert numbers(overdue_at=NOON + timedelta(days=1)) == ["SR-100002", "RMA-100001"]
        assert numbers(limit=1) == ["SR-100001"]
        assert case.counts(c) == {("service_request", "new"): 2, ("service_request", "accepted"): 1, ("rma", "overdue"): 1}


def test_numbers_count_by_prefix(database: Database) -> None:
    with database.write() as c:
        given = [case.next_number(c, kind, prefix) for kind, prefix in (("service_request", "SR-"), ("rma", "RMA-"), ("other", "SR-"))]
        assert given == ["SR-100001", "RMA-100001", "SR-100002"]
        assert case.next_number(c, "service_request", "HZ", first=7) == "HZ7"
        assert case.next_number(c, "rma", "", first=7) == "rma-7"


def test_numbers_go_on_after_the_cases_that_a_restored_database_brought_along(database: Database) -> None:
    with database.write() as c:
        for number in ("SR-100007", "SR-100012", "SR-x", "SR_200000", "RMA-300000"):
            opened(c, number)
        assert case.next_number(c, "service_request", "SR-") == "SR-100013"


def test_open_cases_are_found_by_the_serials_they_are_about(database: Database) -> None:
    with database.write() as c:
        request = opened(c, details=ServiceRequestDetails(serials=("S1", "S3")))
        opened(c, "RMA-100001", kind="rma", opened_at=NOON + MINUTE, details=RETURN)
        assert case.open_with_serial(c, ["S1", "S2", "S4", "S9"]) == [
            ("S1", "SR-100001", "service_request"),
            ("S1", "RMA-100001", "rma"),
            ("S2", "RMA-100001", "rma"),
        ]
        corrected = case.save(c, replace(request, details=ServiceRequestDetails(serials=("S3", "S4"))))
        assert case.open_with_serial(c, ["S1", "S4"]) == [("S4", "SR-100001", "service_request"), ("S1", "RMA-100001", "rma")]
        case.save(c, replace(corrected, state="closed", closed_at=NOON))
        assert case.open_with_serial(c, ["S3"]) == []
