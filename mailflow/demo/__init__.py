"""`mailflow demo`: the whole story on servers of our own, over real IMAP and SMTP on loopback, with the clock speeded up."""

from __future__ import annotations

from pathlib import Path


def run_demo(out: Path, keep: bool) -> int:
    """Play the story, print it, write every mail and an index.html into `out`. 0 when it ended as told, else 1.

    With `keep` the servers stay up until Ctrl-C. Raises ImportError where the extra `mailflow[demo]` is not installed.
    """
    from mailflow.demo.evening import play_evening

    return play_evening(out, keep)
