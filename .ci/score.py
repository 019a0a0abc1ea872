#!/usr/bin/env python3
"""How well real mails are read: runs the corpora's score.py and fails below the bars.

    score.py CORPORA COMMAND...

Prints field, right/known, per cent, bar. An expectation that is itself wrong stands in contested.tsv beside this file, with the reason;
it is left out of the count and shown, so that a bar is about mails that can be read right. Exit 1 below a bar, or where the score
could not be taken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

BARS = {
    "no_crash": 100.0,
    "storable": 100.0,
    "from_addr": 99.5,
    "from_name": 98.5,
    "subject": 99.0,
    "date": 99.0,
    "threading": 100.0,
    "body": 98.0,
    "attachment_names": 99.0,
    "bounce_found": 99.0,
    "not_a_bounce": 99.7,
    "bounced_address": 95.0,
    "reply_ok": 92.0,
    "reply_kept": 99.0,
}
CONTESTED = Path(__file__).with_name("contested.tsv")


def main(corpora: Path, command: list[str]) -> int:
    totals, wrong = take_score(corpora, command)
    for crash in totals.pop("crashes"):
        print("crash:", crash)
    contested = [row for row in read_contested() if row[:2] in wrong]
    for path, field, why in contested:
        totals[field][1] -= 1
        print(f"left out: {path} {field}: {why}")
    below = []
    for field in sorted(totals.keys() | BARS.keys()):
        right, known = totals.get(field, (0, 0))
        share = 100 * right / known if known else 0.0
        bar = BARS.get(field)
        is_below = bar is not None and share < bar
        below += [field] if is_below else []
        print(f"{field:18} {right:5}/{known:<5} {share:6.2f} %  {f'bar {bar:5.1f}' if bar else ''}{'  BELOW' if is_below else ''}".rstrip())
    print("below the bars: " + ", ".join(below) if below else "all bars reached")
    return 1 if below else 0


def take_score(corpora: Path, command: list[str]) -> tuple[dict[str, list[int]], set[tuple[str, str]]]:
    """The totals by field, and the (path, field) pairs that are wrong."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as wrong:
        argv = [sys.executable, str(corpora / "score.py"), "--json", "--wrong", wrong.name, "--", *command]
        answer = subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True, timeout=600)
        rows = [line.split("\t") for line in Path(wrong.name).read_text(encoding="utf-8", errors="replace").split("\n")]
    totals: dict[str, list[int]] = json.loads(answer.stdout)
    return totals, {(row[0], row[1]) for row in rows if len(row) > 1}


def read_contested() -> list[tuple[str, str, str]]:
    lines = CONTESTED.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(path, field, why) for path, field, why in rows]


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as error:
        sys.exit(f"the score could not be taken: {type(error).__name__}: {error}")
