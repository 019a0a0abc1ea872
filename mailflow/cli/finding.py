"""One thing that `mailflow check` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`wrong` is the configuration's fault, `failed` a server's or the network's."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """`area` is what was looked at: configuration, desk, templates, database, data, mailbox, relay."""

    level: Level
    area: str
    text: str
