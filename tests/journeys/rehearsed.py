"""A scenario played by `mailflow rehearse`, and its report as tests want to read it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.installation import HOME
from tests.journeys.letters import parsed

SCENARIOS = Path(__file__).parent / "scenarios"
DIGEST = "staff/digest"

Sent = tuple[str, str, list[str]]


@dataclass(frozen=True)
class Rehearsed:
    """The report of a scenario with the folder that holds its notices."""

    report: dict[str, Any]
    out: Path

    def sent(self, kind: str = "") -> list[Sent]:
        """(moment, notice, recipients) of what went out, digests aside; `kind` is how the notice's name begins."""
        rows = (row for row in self.report["notices"] if row["notice"] != DIGEST and row["notice"].startswith(kind))
        return [(row["at"], row["notice"].removeprefix(kind), row["to"]) for row in rows]

    def sent_to(self, address: str) -> list[tuple[str, str]]:
        return [(at, notice) for at, notice, to in self.sent() if address in to]

    def files(self, notice: str, to: str = "") -> list[Path]:
        return [self.out / row["file"] for row in self.report["notices"] if row["notice"] == notice and (not to or to in row["to"])]

    def everything_to(self, address: str) -> str:
        """Header and text of all that an address got."""
        rows = [row for row in self.report["notices"] if address in (*row["to"], *row["cc"])]
        return "\n".join(row["subject"] + "\n" + text_of(self.out / row["file"]) for row in rows)

    def cases(self) -> list[tuple[str, str, str]]:
        return [(case["number"], case["type"], case["state"]) for case in self.report["cases"]]

    def verdicts(self) -> list[tuple[str, str | None]]:
        return [(row["verdict"], row["case"]) for row in self.report["mails"]]


def rehearse(scenario: str, out: Path) -> Rehearsed:
    """Play `scenarios/<scenario>.toml` with the command that an admin types."""
    command = [sys.executable, "-m", "mailflow", "rehearse", str(SCENARIOS / f"{scenario}.toml"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=HOME, check=False)
    assert done.returncode == 0, done.stderr
    return Rehearsed(json.loads((out / "report.json").read_text("utf-8")), out)


def text_of(file: Path) -> str:
    part = parsed(file.read_bytes()).get_body(("plain",))
    assert part is not None
    text: str = part.get_content().replace("\r\n", "\n")
    return text
