"""The stage with stories that go wrong: what did not come is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from mailflow.demo.cast import ANNA, FINANCE, TAC
from mailflow.demo.narrator import Narrator
from mailflow.demo.play import ZONE, Play
from mailflow.demo.stage import Stage, StoryFailed
from mailflow.demo.story import START


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(Stage(tmp_path, START), Narrator(Console(quiet=True), ZONE))


def test_a_letter_that_did_not_come_is_named_with_what_came_instead(play: Play) -> None:
    def story() -> None:
        play.writes(ANNA, TAC, "help", "the router is down\n", "")
        play.expect((FINANCE, "rma/invoice_request"))

    with pytest.raises(StoryFailed) as failed:
        play.stage.perform(story)
    told = "rma/invoice_request to Fay, Finance did not come; what came: service_request/information_request to anna@northwind.example, "
    assert str(failed.value).startswith(told)


def test_a_state_that_is_not_the_one_foretold_is_named(play: Play) -> None:
    def story() -> None:
        play.writes(ANNA, TAC, "help", "the router is down\n", "")
        play.expect_state("SR-100001", "closed")

    with pytest.raises(StoryFailed) as failed:
        play.stage.perform(story)
    assert str(failed.value) == "SR-100001 should be closed, but is awaiting information"
