"""`mailflow check`: whether an installation can work, one line a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from mailflow.cli.check_connections import check_database, check_mailboxes, check_relay
from mailflow.cli.check_data import check_data
from mailflow.cli.check_settings import check_configuration, check_desks, check_templates
from mailflow.cli.configuration import ConfigOption, JsonOption, find_configuration
from mailflow.cli.failure import FAILED, WRONG_CONFIGURATION
from mailflow.cli.finding import Finding, Level
from mailflow.cli.log import log_to_stderr
from mailflow.cli.output import print_json, print_line
from mailflow.settings import Settings, load_settings


def command(
    offline: Annotated[bool, typer.Option("--offline", help="Only configuration, desks and templates; needs no secret.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Check the configuration, desks and templates, then database, mailboxes and relay.

    Changes nothing and sends nothing. Exit 78 where the configuration is wrong, 1 where a connection failed.
    """
    log_to_stderr()
    path = find_configuration(config)
    settings = load_settings(path, secrets=not offline)
    findings = []
    for finding in _look(settings, offline=offline):
        findings.append(finding)
        if not as_json:
            print_line(f"{finding.level:<8} {finding.area:<14} {finding.text}")
    if as_json:
        print_json(findings)
    levels = {finding.level for finding in findings}
    if Level.WRONG in levels:
        raise typer.Exit(WRONG_CONFIGURATION)
    if Level.FAILED in levels:
        raise typer.Exit(FAILED)


def _look(settings: Settings, *, offline: bool) -> Iterator[Finding]:
    yield from check_configuration(settings)
    yield from check_desks(settings)
    yield from check_templates(settings)
    if not offline:
        database = tuple(check_database(settings))
        yield from database
        if all(finding.level is Level.OK for finding in database):
            yield from check_data(settings)
        yield from check_mailboxes(settings)
        yield from check_relay(settings)
