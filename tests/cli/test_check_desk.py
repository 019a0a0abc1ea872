"""What `mailflow check` says of a desk that is valid and will yet not do what its people expect (DK3, RM2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from mailflow.cli.check_desk import find_in_desk
from mailflow.policy.desk import CertificationPolicy, Desk, Role, StaffMember
from mailflow.policy.term import Term, Unit
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk

TAC, HEZO, H3C = (load_desk(shipped_desks() / name) for name in ("huawei-tac", "hezo-cocare", "h3c-partner"))
NO_TIME = Term(0, Unit.BUSINESS_DAYS)


@pytest.mark.parametrize("desk", [TAC, HEZO, H3C], ids=lambda desk: desk.name)
def test_the_shipped_desks_are_sound(desk: Desk) -> None:
    assert list(find_in_desk(desk)) == []


@pytest.mark.parametrize(
    ("desk", "named"),
    [
        (replace(TAC, wording=replace(TAC.wording, return_address=("Put the address for returns here",))), "wording.return_address:"),
        (replace(TAC, wording=replace(TAC.wording, return_address=())), "wording.return_address:"),
        (replace(HEZO, wording=replace(HEZO.wording, terms={"en": ("Ours.",)})), "wording.terms.pl is missing"),
        (replace(TAC, staff=(StaffMember("receiving@tac.example", (Role.RECEIVING,)),)), "staff: receiving@tac.example is a mailbox"),
        (
            replace(TAC, calendar=replace(TAC.calendar, windows={0: ((time(17), time(9)),)})),
            "calendar.windows.monday: 17:00-09:00 ends before it begins",
        ),
        (replace(TAC, returns=replace(TAC.returns, reminders=())), "returns.reminders is empty"),
        (replace(H3C, certification=replace(H3C.certification or CertificationPolicy(), reminders=())), "certification.reminders is empty"),
        (replace(TAC, returns=replace(TAC.returns, return_term=NO_TIME)), "returns.return_term is a term of 0 business days"),
        (
            replace(H3C, certification=replace(H3C.certification or CertificationPolicy(), decision=NO_TIME)),
            "certification.decision is a term of 0",
        ),
        (
            replace(TAC, requests=replace(TAC.requests, response={**TAC.requests.response, "P1": Term(0, Unit.MINUTES)})),
            "requests.response.P1 is a term of 0 minutes",
        ),
    ],
)
def test_what_nobody_can_want_is_named_with_its_key(desk: Desk, named: str) -> None:
    (finding,) = find_in_desk(desk)
    assert finding.startswith(named)


def test_a_day_around_the_clock_is_no_mistake() -> None:
    assert list(find_in_desk(replace(TAC, calendar=replace(TAC.calendar, windows={0: ((time(0), time(0)),)})))) == []
