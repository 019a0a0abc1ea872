"""The list of commands and the modules they live in."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import typer

COMMANDS = {
    "demo": "demo",
    "init": "init",
    "check": "check",
    "run": "run",
    "read": "read",
    "rehearse": "rehearse",
    "preview": "preview",
    "import": "import_register",
    "cases": "cases",
    "case": "case",
    "explain": "explain",
    "quarantine": "quarantine",
    "outbox": "outbox",
    "status": "status",
    "audit": "audit",
    "backup": "backup",
    "restore": "restore",
    "db": "db",
}
"""Command to module of this package; a module has a function `command`, or a Typer `app` where it has commands of its own."""

EPILOG = "Data goes to standard output, all else to standard error. Exit: 0 done, 1 failed, 2 usage, 78 configuration wrong."


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """Build the application; of one command only where the arguments begin with its name, so that it starts fast."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="A technical assistance centre run by e-mail.",
        epilog=EPILOG,
    )
    app.callback(invoke_without_command=True)(_version)
    wanted = arguments[0] if arguments else ""
    for name in [wanted] if wanted in COMMANDS else COMMANDS:
        module = import_module(f"mailflow.cli.{COMMANDS[name]}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(module.command)
    return app


def _version(version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True)) -> None:
    if version:
        from importlib.metadata import PackageNotFoundError
        from importlib.metadata import version as version_of

        try:
            typer.echo(f"mailflow {version_of('mailflow')}")
        except PackageNotFoundError:
            typer.echo("mailflow, not installed")
        raise typer.Exit
