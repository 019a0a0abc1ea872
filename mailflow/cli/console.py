"""Who sits at the console, for the journal."""

from __future__ import annotations

import getpass


def console_user() -> str:
    """`anna at the console`; a user that the system has no name for is told by nothing but the place."""
    try:
        return f"{getpass.getuser()} at the console"
    except (KeyError, OSError):
        return "the console"
