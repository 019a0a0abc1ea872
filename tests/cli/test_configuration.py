"""Which mailflow.toml counts, and what is said of a wrong one."""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from mailflow.cli.commands import COMMANDS as MODULES
from tests.cli.command import call, run_command
from tests.journeys.installation import HOME

SHIPPED = HOME / "config" / "mailflow.toml"

COMMANDS = [
    ("cases",),
    ("case", "SR-1"),
    ("status",),
    ("explain", "1"),
    ("quarantine",),
    ("outbox", "list"),
    ("preview", "rma/reminder"),
    ("import", "."),
    ("db", "upgrade"),
]


def test_the_one_in_config_counts_where_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "mailflow.toml").write_text("desk = 1\n")
    done = run_command("check", "--offline", cwd=tmp_path)
    assert (done.status, done.out, done.err) == (78, "", "config/mailflow.toml: desks: is missing\n")


def test_the_shipped_one_counts_where_there_is_no_other(tmp_path: Path) -> None:
    assert run_command("check", "--offline", cwd=tmp_path).status == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_file_key_and_reason_in_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    wrong = tmp_path / "mailflow.toml"
    wrong.write_text(SHIPPED.read_text().replace('tls = "starttls"', 'tls = "maybe"').replace("cred:", ""))
    done = call(*command, "-c", str(wrong))
    assert (done.status, done.out) == (78, "")
    assert done.err == f"{wrong}: relay.tls: Input should be 'tls', 'starttls' or 'none'\n"


def test_the_daemon_says_it_too_and_does_not_start(tmp_path: Path) -> None:
    wrong = tmp_path / "mailflow.toml"
    wrong.write_text(SHIPPED.read_text().replace("cred:", "").replace("size_limit_mb = 30", "size_limit_mb = 0"))
    done = run_command("run", "-c", str(wrong))
    assert (done.status, done.err) == (78, f"{wrong}: size_limit_mb: Input should be greater than or equal to 1\n")


def test_a_command_that_needs_no_mail_server_needs_no_credential(tmp_path: Path) -> None:
    configuration = tmp_path / "mailflow.toml"
    configuration.write_text(SHIPPED.read_text().replace("/var/lib/mailflow", str(tmp_path)))
    made = call("db", "upgrade", "-c", str(configuration))
    listed = call("cases", "--json", "-c", str(configuration))
    refused = run_command("check", "-c", str(configuration), environment={"CREDENTIALS_DIRECTORY": ""})
    assert [made.status, listed.out, refused.status] == [0, "[]\n", 78]


def test_every_command_takes_a_configuration_and_a_broken_one_is_told(tmp_path: Path) -> None:
    """Contract: all take -c; the demo plays without it, and still says that it is wrong."""
    broken = tmp_path / "mailflow.toml"
    broken.write_text("nonsense = 1\n")
    demo = call("demo", "--out", str(tmp_path / "out"), "-c", str(broken))
    assert (demo.status, demo.err.startswith(f"{broken}: "), (tmp_path / "out").exists()) == (78, True, False)
    for name in MODULES:
        module = import_module(f"mailflow.cli.{MODULES[name]}")
        functions = [one.callback for one in module.app.registered_commands] if hasattr(module, "app") else [module.command]
        assert ["config" in signature(function).parameters for function in functions] == [True] * len(functions), name
