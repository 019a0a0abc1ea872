"""What is kept of a command so that it can be taken back (contract: /undo)."""

from __future__ import annotations

from mailflow.policy.case import ServiceRequestDetails
from mailflow.policy.derivation import Step
from mailflow.policy.facts import WaitingDeadline
from mailflow.store import journal
from mailflow.store.journal import GivenCommand
from mailflow.store.transaction import Database
from tests.store.rows import NOON, opened

CCR, CSE = "ccr@tac.example", "cse@tac.example"
DESK = "huawei-tac"


def given(number: str, line: str, by: str = CCR, **values: object) -> GivenCommand:
    return GivenCommand(case_number=number, by=by, line=line, at=NOON, **values)  # type: ignore[arg-type]  # fields by name


def test_a_command_comes_back_as_it_was_kept(database: Database) -> None:
    with database.write() as c:
        case = opened(c, details=ServiceRequestDetails(serials=("2102352KLM10L5000456",), accepted_at=NOON))
        steps = (Step("response_due", {"at": NOON, "timezone": "Europe/Bucharest"}),)
        clock = WaitingDeadline(case_number=case.number, kind="response_breached", key="", due_at=NOON, steps=steps)
        kept = given(
            case.number,
            "/priority P1",
            before=(case,),
            versions=((case.number, 1),),
            stopped=(clock,),
            started=(clock,),
            sent=(("service_request/resolved", ("anna@customer.example",)),),
        )
        journal.add_command(c, kept)
        found = journal.newest_command_by(c, CCR, DESK, (case.number,))
    assert found is not None
    assert GivenCommand(**{name: getattr(found, name) for name in GivenCommand.__slots__} | {"id": 0}) == kept


def test_the_newest_of_the_person_on_the_cases_is_found(database: Database) -> None:
    with database.write() as c:
        for number in ("SR-1", "SR-2", "SR-3"):
            opened(c, number)
        journal.add_command(c, given("SR-1", "first"))
        journal.add_command(c, given("SR-1", "second", versions=(("SR-1", 2), ("SR-3", 1))))
        journal.add_command(c, given("SR-2", "elsewhere"))
        journal.add_command(c, given("SR-1", "another's", CSE))
        asked = ((CCR, ("SR-1",)), (CCR, ("SR-3",)), (CCR, ("SR-2", "SR-1")), (CCR, ()), (CSE, ("SR-2",)))
        found = [journal.newest_command_by(c, by, DESK, numbers) for by, numbers in asked]
    assert [one.line if one else None for one in found] == ["second", "second", "elsewhere", "elsewhere", None]


def test_a_command_given_at_another_desk_is_not_found(database: Database) -> None:
    """DK3: one address may work for two desks."""
    with database.write() as c:
        opened(c, "SR-1")
        journal.add_command(c, given("SR-1", "/assign me"))
        assert journal.newest_command_by(c, CCR, "hezo-cocare", ()) is None


def test_it_is_taken_back_once(database: Database) -> None:
    with database.write() as c:
        opened(c, "SR-1")
        journal.add_command(c, given("SR-1", "/assign me"))
        found = journal.newest_command_by(c, CCR, DESK, ())
        assert found is not None
        assert (found.undone, journal.mark_undone(c, found.id), journal.mark_undone(c, found.id)) == (False, True, False)
        again = journal.newest_command_by(c, CCR, DESK, ())
    assert again is not None and again.undone


def test_a_case_that_only_stands_after_it_was_opened_by_it(database: Database) -> None:
    with database.write() as c:
        case = opened(c, "SR-1")
    assert given("SR-1", "/rma", before=(case,), versions=(("SR-1", 1), ("RMA-1", 0))).opened == ("RMA-1",)
