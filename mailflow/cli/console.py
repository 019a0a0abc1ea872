"""Who sits at the console, for the journal."""

from __future__ import annotations

import getpass


def console_user() -> str:
    """Name the user as `anna at the console`, without a name where the system has none."""
    try:
        return f"{getpass.getuser()} at the console"
    except (KeyError, OSError):
        return "the console"
