"""`mailflow audit`: is every mail on the servers accounted for?"""

from __future__ import annotations

import typer

from mailflow.cli.configuration import ConfigOption, JsonOption, open_database
from mailflow.cli.output import print_facts, print_json


def command(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Compare every UID on the servers with the rows. Exit 1 when a mail is lost or doubled, or rows contradict each other."""
    from mailflow.audit import MUST_BE_EMPTY, audit_mailboxes

    with open_database(config) as (settings, database):
        found = audit_mailboxes(settings, database)
    if as_json:
        print_json(found)
    else:
        print_facts((name, len(value) if isinstance(value, list) else value) for name, value in found.items() if name != "verdicts")
        print_facts((name, "; ".join(map(str, found[name]))) for name in MUST_BE_EMPTY if found[name])
    if any(found[name] for name in MUST_BE_EMPTY):
        raise typer.Exit(1)
