"""The mechanism of lifecycles: a case type's states as data, opening included (SR7, RM7, RM8). The tables live with the case types."""

from __future__ import annotations

from dataclasses import dataclass

OPENING = ""
"""The state before a case exists; a state that may be the first names it among its `after`."""


class ImpossibleTransition(ValueError):
    """A rule wanted a state that does not follow from the present one: a mistake in the rule, not of the mail."""


@dataclass(frozen=True, slots=True)
class State:
    """A state in the words of the requirements; `after` names the states that it may follow; `closed` ends the case's clocks."""

    name: str
    after: tuple[str, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a case type. Raises ValueError for a table that contradicts itself."""

    kind: str
    states: tuple[State, ...]

    def __post_init__(self) -> None:
        names = [state.name for state in self.states]
        unknown = {name for state in self.states for name in state.after} - {*names, OPENING}
        if len(set(names)) != len(names) or unknown:
            raise ValueError(f"lifecycle {self.kind}: doubled states or unknown ones in `after`: {sorted(unknown) or names}")
        if not self.initial:
            raise ValueError(f"lifecycle {self.kind}: no state follows opening")

    @property
    def initial(self) -> tuple[str, ...]:
        """The states in which a case may be opened, in the order of the table."""
        return tuple(state.name for state in self.states if OPENING in state.after)

    def find(self, name: str) -> State:
        """Raises ImpossibleTransition for a name that is no state of this type."""
        for state in self.states:
            if state.name == name:
                return state
        raise ImpossibleTransition(f"a {self.kind} has no state {name!r}")

    def may_move(self, present: str, new: str) -> bool:
        """Whether `new` may follow; staying where one is always may."""
        state = self.find(new)
        return present == new or present in state.after

    def move(self, present: str, new: str) -> str:
        """The new state; `present` is '' for an opening. Raises ImpossibleTransition."""
        if self.may_move(present, new):
            return new
        raise ImpossibleTransition(f"a {self.kind} cannot go from {present or 'opening'!r} to {new!r}")

    def go_back(self, present: str, former: str) -> str:
        """Return the former state, from which `present` follows: a step is taken back. Raises ImpossibleTransition."""
        self.move(former, present)
        return self.find(former).name

    def is_closed(self, name: str) -> bool:
        """Whether a case in this state has no running clock."""
        return self.find(name).closed
