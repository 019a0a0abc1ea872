"""A case is generic in its details: `make check` finds a misspelt field wherever details are read or changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[1]

WRONG = """
from dataclasses import replace

from mailflow.cases.rma.details import Return
from mailflow.policy.case import Case, Request


def read(case: Return) -> object:
    return case.details.unitz


def change(case: Request) -> object:
    return replace(case.details, symptom="it restarts")


def read_any(case: Case) -> object:
    return case.details.symptoms
"""


def test_a_misspelt_field_of_details_fails_the_type_check(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(HOME / ".mypy_cache"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=HOME, check=False)
    errors = [line.partition("error: ")[2] for line in done.stdout.splitlines() if "error: " in line]
    assert errors == [
        '"RmaDetails" has no attribute "unitz"; maybe "units"?  [attr-defined]',
        'Unexpected keyword argument "symptom" for "replace" of "ServiceRequestDetails"; did you mean "symptoms"?  [call-arg]',
        '"object" has no attribute "symptoms"  [attr-defined]',
    ]
