"""mailflow as a process of its own, as a person types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.journeys.installation import HOME, Ended


def run_command(*arguments: str, stdin: bytes = b"", cwd: Path = HOME, environment: Mapping[str, str] | None = None) -> Ended:
    """A command to its end, its output as text. The package is that of the checkout, wherever the command runs."""
    own = {**os.environ, "PYTHONPATH": str(HOME), **(environment or {})}
    command = [sys.executable, "-m", "mailflow", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, cwd=cwd, env=own, check=False)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
