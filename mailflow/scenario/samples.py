"""Sample values of every notice, for `mailflow preview` and the template check (OUT3): those with which shipped scenarios sent it.

A scenario is played once a process, and without writing its letters: only what they would be written with is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from mailflow.bootstrap import shipped_templates
from mailflow.notices.render import Rendered, Templates
from mailflow.scenario.play import rehearse
from mailflow.scenario.scenario import SHIPPED, load_scenario
from mailflow.settings import shipped_desks

Values = Mapping[str, object]

FRAME = ("number", "case", "desk", "recipient_name", "reply_address", "timezone", "language", "now")
"""What every template has, whatever its notice is about."""


class Recorder(Templates):
    """Templates that keep the values of each notice, one set of them for each choice of variables that say something."""

    def __init__(self) -> None:
        super().__init__(shipped_templates())
        self.sent: dict[str, dict[frozenset[str], Values]] = {}

    def render(self, notice: str, languages: str | Sequence[str], values: Values) -> Rendered:
        """Write nothing but what the people of a scenario need of a notice: its case's number, and its code."""
        del languages
        self.sent.setdefault(notice, {}).setdefault(frozenset(name for name, value in values.items() if value), dict(values))
        return Rendered(f"[{values['number']}] {notice}", f"/confirm {values.get('code', '')}\n", "<p></p>")


def shipped_scenarios() -> tuple[Path, ...]:
    """Find the scenarios that together play every shipped notice."""
    return tuple(sorted(SHIPPED.glob("*.toml")))


@cache
def play_samples(scenario: Path) -> Mapping[str, tuple[Values, ...]]:
    """Play a scenario, and take of each notice the values with which it was sent, the fullest first."""
    recorder = Recorder()
    with rehearse(load_scenario(scenario), roots=(shipped_desks(),), templates=recorder, each_digest=False):
        return {name: tuple(sent[shape] for shape in sorted(sent, key=len, reverse=True)) for name, sent in recorder.sent.items()}


def samples_of(notice: str, *more: Path) -> Iterator[Values]:
    """Give all samples of a notice, e.g. `rma/reminder`, from the shipped scenarios and `more` of them.

    They are played as they are needed, those named for the notice's case type first. A notice that none sends gets what every template has.
    """
    paths = sorted((*shipped_scenarios(), *more), key=lambda path: path.stem != notice.partition("/")[0])
    found = False
    for path in paths:
        for values in play_samples(path).get(notice, ()):
            found = True
            yield values
    if not found:
        sent = [(name, values) for path in paths for name, samples in play_samples(path).items() for values in samples]
        nearest = max(sent, key=lambda one: (one[0].partition("/")[0] == notice.partition("/")[0], one[1]["case"] is not None))
        yield {name: nearest[1][name] for name in FRAME}
