"""Two requests that are one, and two that staff want side by side (IN3, IN10, SR7, SR8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailflow.policy.case import Case
from mailflow.policy.decision import ClearDeadline
from mailflow.policy.derivation import Step
from tests.cases.service_request.scene import ANNA, AT, BEN, after, changed_cases, command, letters, request

NUMBER, OTHER = "SR-100001", "SR-100009"


def other(**changes: Any) -> Case:
    return replace(request(number=OTHER, contract="HC-1"), **changes)


def of_contract(**changes: Any) -> Case:
    return request(**{"contract": "HC-1", **changes})


def test_a_merged_request_ends_in_silence_and_its_people_go_on_in_the_other() -> None:
    """IN10, SR8"""
    decision = command(of_contract(participants=(ANNA, BEN), proposed=("paul@partner.example",)), f"/merge {OTHER}", other_case=other())
    merged, target = after(decision), changed_cases(decision)[0]
    assert (merged.state, merged.closed_at, merged.merged_into, merged.details.surveyed) == ("closed", AT, OTHER, False)
    assert (target.number, target.participants, target.proposed) == (OTHER, (ANNA, BEN), ("paul@partner.example",))
    assert (merged.linked, target.linked) == ((OTHER,), (NUMBER,))
    assert letters(decision) == []
    assert decision.done == Step("request_merged_with", {"number": NUMBER, "other": OTHER, "addresses": (BEN,)})


def test_the_clocks_of_a_merged_request_stop() -> None:
    """SR4"""
    effects = command(of_contract(), f"/merge {OTHER}", other_case=other()).effects
    assert {one.kind for one in effects if isinstance(one, ClearDeadline)} == {
        "response_warning",
        "response_breached",
        "information_reminder",
        "information_decision",
    }


def test_somebody_who_is_proposed_there_and_takes_part_here_takes_part() -> None:
    """SR11"""
    target = changed_cases(command(of_contract(participants=(ANNA, BEN)), f"/merge {OTHER}", other_case=other(proposed=(BEN,))))[0]
    assert (target.participants, target.proposed) == ((ANNA, BEN), ())


RETURN = replace(request(), number="RMA-100001", kind="rma", closed_at=None)
STRANGER = {"customer": "joe@elsewhere.example", "contract": None}


@pytest.mark.parametrize(
    ("here", "there", "facts", "why"),
    [
        ({}, None, {}, "request_other_unknown"),
        ({}, {"number": NUMBER}, {}, "request_other_itself"),
        ({}, {"desk": "hezo-cocare"}, {}, "request_other_unknown"),
        ({}, {"kind": "rma", "details": None}, {}, "request_other_kind"),
        ({}, {"state": "closed", "closed_at": AT}, {}, "request_other_closed"),
        ({}, {"state": "closed", "closed_at": AT, "merged_into": "SR-100010"}, {}, "request_other_merged"),
        ({"state": "closed", "closed_at": AT}, {}, {}, "request_is_closed"),
        ({}, {}, {"rmas": (RETURN,)}, "request_has_returns"),
        ({}, STRANGER, {}, "request_other_customer"),
        ({"customer": "a@gmail.com", "contract": None}, {"customer": "b@gmail.com", "contract": None}, {}, "request_other_customer"),
        ({"customer": "", "contract": None}, {"customer": "", "contract": "HC-2"}, {}, ""),
    ],
)
def test_what_does_not_belong_together_stays_apart(
    here: dict[str, Any], there: dict[str, Any] | None, facts: dict[str, Any], why: str
) -> None:
    """BX8: merging shows the one's mail to the other."""
    case = of_contract(**here)
    decision = command(case, f"/merge {OTHER}", other_case=other(**there) if there is not None else None, **facts)
    assert getattr(decision.refused, "name", "") == why


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({"contract": "HC-1", "customer": "joe@elsewhere.example"}, {"contract": "HC-1"}),
        ({"contract": None}, {"contract": "HC-9"}),
        ({"contract": None, "customer": "joe@customer.example"}, {"contract": "HC-9"}),
    ],
)
def test_the_same_contract_customer_or_company_may_be_merged(here: dict[str, Any], there: dict[str, Any]) -> None:
    """IN10: two colleagues, or one who wrote twice."""
    assert not command(request(**here), f"/merge {OTHER}", other_case=other(**there)).refused


def test_a_link_shows_each_beside_the_other_and_gives_no_right() -> None:
    """IN3"""
    decision = command(request(), f"/link {OTHER}", other_case=other(**STRANGER))
    near, far = after(decision), changed_cases(decision)[0]
    assert (near.linked, near.participants, near.state) == ((OTHER,), (ANNA,), "accepted")
    assert (far.linked, far.participants) == ((NUMBER,), (ANNA,))
    assert (decision.done, letters(decision)) == (Step("request_linked", {"number": NUMBER, "other": OTHER}), [])


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (None, "request_other_unknown"),
        ({"desk": "hezo-cocare"}, "request_other_unknown"),
        ({"number": NUMBER}, "request_other_itself"),
        ({"linked": (NUMBER,)}, "request_linked_before"),
    ],
)
def test_a_link_to_nothing_or_twice_is_refused(there: dict[str, Any] | None, why: str) -> None:
    case = request(linked=(OTHER,))
    decision = command(case, f"/link {OTHER}", other_case=other(**there) if there is not None else None)
    assert getattr(decision.refused, "name", "") == why
