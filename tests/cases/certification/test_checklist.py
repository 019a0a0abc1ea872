"""The reviewer's checklist as tables (DK2): at least 4, 3, 2 engineers, certificates for more than three months, and so on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mailflow.cases.certification.checklist import CheckedPoint, check, unmet_points
from mailflow.message.documents.certification import Application, Engineer, Project
from mailflow.policy.derivation import Step
from mailflow.policy.desk import CertificationPolicy
from tests.cases.certification.scene import DESK

APPLIED_ON = date(2026, 11, 20)
POLICY = DESK.certification or CertificationPolicy()


def point(name: str, **said: Any) -> CheckedPoint:
    return next(one for one in check(Application(**said), APPLIED_ON, POLICY) if one.name == name)


def verdicts(name: str, **said: Any) -> tuple[str, ...]:
    """For two, three and four stars."""
    return tuple(verdict for _, verdict in point(name, **said).verdicts)


def engineer(name: str = "", level: str = "H3CNE", through: date | None = None, quantity: int = 1) -> Engineer:
    return Engineer(name=name, certificate=level, level=level, valid_through=through, quantity=quantity)


YES, NO, NOTHING, FREE = "met", "unmet", "nothing", "not_needed"


@pytest.mark.parametrize(
    ("engineers", "expected"),
    [
        ((), (NOTHING, NOTHING, NOTHING)),
        ((engineer("A"),), (NO, NO, NO)),
        ((engineer("A"), engineer("B")), (YES, NO, NO)),
        ((engineer("A"), engineer("B"), engineer("C", "H3CSE")), (YES, YES, NO)),
        ((engineer("A"), engineer("B"), engineer("C"), engineer("D", "H3CIE")), (YES, YES, YES)),
        # One person with two certificates is one person, by the higher one.
        ((engineer("A"), engineer("A", "H3CSE"), engineer("B")), (YES, NO, NO)),
        # Totals as stated; the people listed besides are among them.
        ((engineer("", quantity=2), engineer("", "H3CSE", quantity=1), engineer("A")), (YES, YES, NO)),
    ],
)
def test_how_many_engineers_are_enough(engineers: tuple[Engineer, ...], expected: tuple[str, ...]) -> None:
    assert verdicts("engineers", engineers=engineers) == expected


def test_a_higher_certificate_replaces_a_lower_one() -> None:
    found = point("engineers", engineers=(engineer("A"), engineer("A", "H3CSE"), engineer("B"))).found
    assert found[:2] == (
        Step("engineers_of_level", {"level": "H3CSE", "count": 1}),
        Step("engineers_of_level", {"level": "H3CNE", "count": 1}),
    )


@pytest.mark.parametrize(
    ("through", "expected"),
    [
        # Three months from 20 November 2026 end on 20 February 2027: more than that is wanted.
        (date(2027, 2, 20), (NO, NO, NO)),
        (date(2027, 2, 21), (YES, NO, NO)),
    ],
)
def test_certificates_must_be_valid_for_more_than_three_months(through: date, expected: tuple[str, ...]) -> None:
    assert verdicts("certificates", engineers=(engineer("A", through=through), engineer("B", through=date(2028, 1, 1)))) == expected


def test_certificates_without_a_date_show_that_none_was_found() -> None:
    assert verdicts("certificates", engineers=(engineer("A"), engineer("B"))) == (NOTHING, NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("hotline", {"hotline": "+86 571 5550 0100"}, (YES, YES, YES)),
        ("hotline", {}, (NOTHING, NOTHING, NOTHING)),
        ("service_manager", {"service_manager": "Zhang Min"}, (NO, NO, NO)),
        (
            "service_manager",
            {"service_manager": "Zhang Min", "service_manager_phone": "1", "service_manager_email": "z@bright.example"},
            (YES, YES, YES),
        ),
        ("tracking_system", {"tracking_system": "our own"}, (YES, YES, YES)),
        ("laboratory", {"laboratory": "1 router"}, (FREE, YES, YES)),
        ("laboratory", {}, (FREE, NOTHING, NOTHING)),
    ],
)
def test_what_is_stated(name: str, said: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert verdicts(name, **said) == expected


@pytest.mark.parametrize(
    ("usd", "basic", "major"),
    [(99_999, NOTHING, NOTHING), (100_000, YES, NOTHING), (999_999, YES, NOTHING), (1_000_000, NOTHING, YES)],
)
def test_projects_by_their_list_price(usd: int, basic: str, major: str) -> None:
    projects = (Project(text="Metro", usd=usd),)
    assert verdicts("basic_projects", projects=projects) == (basic, basic, basic)
    assert verdicts("major_projects", projects=projects) == (FREE, FREE, major)


def test_the_laboratory_is_shown_beside_what_the_desk_wants() -> None:
    assert point("laboratory", laboratory="1 router").found == (
        Step("stated", {"text": "1 router"}),
        Step("laboratory_wanted", {"stars": 3, "equipment": ("1 router", "1 layer 3 switch", "1 AC", "2 AP")}),
        Step("laboratory_wanted", {"stars": 4, "equipment": ("H3C Cloud Lab", "1 high-end router", "1 layer 3 switch", "1 AC", "2 AP")}),
    )


def test_points_that_are_not_enough_are_named() -> None:
    points = check(Application(hotline="+86 1"), APPLIED_ON, POLICY)
    assert unmet_points(points, 2) == ("engineers", "certificates", "service_manager", "tracking_system", "basic_projects")
