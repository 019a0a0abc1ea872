"""Journal and derivations in words, for people at a console: always English, the language of the journal (BX2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mailflow.bootstrap import build_templates
from mailflow.cli.output import moment, print_line
from mailflow.notices.wording import Wording
from mailflow.policy.derivation import Derivation
from mailflow.settings import Settings
from mailflow.store.deadline import DeadlineRow
from mailflow.store.journal import JournalRow


def english(settings: Settings) -> Wording:
    """Load the English words, in the first desk's time zone until `in_zone` says otherwise."""
    return build_templates(settings).wording("en").in_zone(settings.desks[0].calendar.timezone)


def print_journal(rows: Iterable[JournalRow], words: Wording) -> None:
    """Print a line each, with the steps behind it below."""
    for row in rows:
        _print_entry(row.at, f"{row.what} by {row.who}: {row.text}", row.steps, words)


def print_deadlines(rows: Iterable[DeadlineRow], words: Wording) -> None:
    """Print a line each, with how the date came about below."""
    for row in rows:
        key = f" {row.key}" if row.key else ""
        _print_entry(row.due_at, f"{row.kind}{key}, {row.state}", row.steps, words)


def _print_entry(at: datetime, text: str, steps: Derivation, words: Wording) -> None:
    print_line(f"{moment(at, words.timezone)}  {text}")
    for sentence in words.sentences(steps):
        print_line(f"    {sentence}")
