"""Commands as a person types them: as a process of its own, or, where only rows are looked at, within this one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from mailflow.cli import main
from tests.journeys.installation import HOME, Ended, Installation


def run_command(*arguments: str, stdin: bytes = b"", cwd: Path = HOME, environment: Mapping[str, str] | None = None) -> Ended:
    """A command to its end, its output as text. The package is that of the checkout, wherever the command runs."""
    own = {**os.environ, "PYTHONPATH": str(HOME), **(environment or {})}
    command = [sys.executable, "-m", "mailflow", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, cwd=cwd, env=own, check=False)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def call(*arguments: str) -> Ended:
    """The same without a new process, which costs a second. Not for `run`, `check` and `rehearse`: these set up logging."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(arguments)
            status: object = 0
        except SystemExit as ended:
            status = ended.code or 0
    assert isinstance(status, int)
    return Ended(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def ask(installation: Installation, *arguments: str) -> Ended:
    """`call` with the installation's configuration."""
    return call(*arguments, "-c", str(installation.configuration))
