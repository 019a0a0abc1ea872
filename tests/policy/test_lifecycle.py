"""Lifecycles as data: what may follow what, birth included (SR7)."""

from __future__ import annotations

import pytest

from mailflow.policy.case import ImpossibleTransition, Lifecycle, State

DOOR = Lifecycle(
    kind="door",
    states=(State("ajar", after=("",)), State("open", after=("", "ajar")), State("shut", after=("open", "ajar"), closed=True)),
)


def test_a_state_follows_where_the_table_says_so() -> None:
    assert (DOOR.move("ajar", "open"), DOOR.move("open", "shut"), DOOR.move("", "ajar")) == ("open", "shut", "ajar")


def test_staying_is_always_possible() -> None:
    assert DOOR.move("shut", "shut") == "shut"


@pytest.mark.parametrize(
    ("present", "new"), [("shut", "open"), ("", "shut"), ("open", "gone"), ("gone", "open"), ("gone", "gone"), ("", "")]
)
def test_what_the_table_does_not_say_is_impossible(present: str, new: str) -> None:
    with pytest.raises(ImpossibleTransition):
        DOOR.move(present, new)


def test_closed_states_and_states_of_birth_are_known() -> None:
    assert ([DOOR.is_closed(state.name) for state in DOOR.states], DOOR.initial) == ([False, False, True], ("ajar", "open"))


@pytest.mark.parametrize(
    "states",
    [
        (State("a", after=("",)), State("a", after=())),
        (State("a", after=("", "b")),),
        (State("a", after=("a",)),),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(states: tuple[State, ...]) -> None:
    with pytest.raises(ValueError, match="lifecycle odd"):
        Lifecycle(kind="odd", states=states)
