"""README and docs/house.md name files of the house: each of them is there, and the entry points can be called."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]
ROOTS = (HOME, HOME / "mailflow")
PATH = re.compile(r"`(\w[\w/]*(?:\.py|\.toml|/))`")


def is_there(named: str) -> bool:
    return any((root / named).exists() for root in ROOTS)


@pytest.mark.parametrize("paper", ["README.md", "docs/house.md"])
def test_every_file_that_is_named_is_there(paper: str) -> None:
    named = set(PATH.findall((HOME / paper).read_text(encoding="utf-8")))
    in_a_desk = {"desk.toml", "templates/", "mime/", "customer/", "staff/", "documents/", "words/"}
    # `judgement.py` beside `cases/service_request/opening.py` stands in the same folder.
    assert {one for one in named - in_a_desk if not is_there(one) and not list((HOME / "mailflow").rglob(one))} == set()
    assert len(named) > 15


def test_the_entry_points_that_are_named_can_be_traced() -> None:
    points = re.findall(r"`(mailflow[\w.]+):(\w+)`", (HOME / "docs/house.md").read_text(encoding="utf-8"))
    assert len(points) == 2
    assert all(callable(getattr(importlib.import_module(module), name)) for module, name in points)
