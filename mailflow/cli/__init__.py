"""What an admin types. Each command is a module of its own that is imported only when it is asked for; none of them holds a rule."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mailflow.cli.failure import exit_with
from mailflow.cli.output import prepare_streams

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process: 0 done, 1 something failed, 2 usage, 75 already running, 78 configuration wrong."""
    from mailflow.cli.commands import build_app

    given = list(sys.argv[1:] if arguments is None else arguments)
    prepare_streams()
    try:
        build_app(given)(given, prog_name="mailflow")
    except Exception as error:
        exit_with(error)
