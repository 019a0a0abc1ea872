"""`mailflow check`: one line a finding, from the real servers too."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from tests.cli.command import run_command
from tests.journeys.installation import HOME, Ended, Installation
from tests.servers.dovecot import run_dovecot

SHIPPED = str(HOME / "config" / "mailflow.toml")


def findings(done: Ended, *areas: str) -> list[str]:
    """`level text` of the findings in these areas."""
    return [f"{one['level']} {one['text']}" for one in json.loads(done.out) if one["area"] in areas]


def test_offline_it_looks_at_configuration_desks_and_templates_only() -> None:
    done = run_command("check", "--offline", "-c", SHIPPED)
    assert {line.split()[1] for line in done.out.splitlines()} == {"configuration", "desk", "templates"}
    assert (done.status, done.err) == (0, "")


def test_the_real_servers_are_asked(fresh: Installation) -> None:
    done = fresh.mailflow("check", "--json")
    boxes = ("tac@tac.example", "receiving@tac.example", "escalation@tac.example")
    place = f"127.0.0.1:{fresh.sink.port}"
    assert findings(done, "database", "mailbox", "relay") == [
        f"ok {fresh.folder}/mailflow.db: schema 0001",
        *(f"ok {box}: 0 mail(s); log-in accepted, tells of new mail at once (IDLE)" for box in boxes),
        f"ok {place}: no TLS; 8bitmime help size",
        *(f"ok {place}: takes mail from {box}" for box in boxes),
    ]
    assert (done.status, fresh.sink.receptions) == (0, [])


def test_a_mailbox_on_this_machine_is_looked_into_as_well(fresh: Installation) -> None:
    for folder in ("new", "cur", "tmp"):
        (fresh.folder / "Maildir" / folder).mkdir(parents=True)
    head, _, receiving, escalation = fresh.configuration.read_text().split("[[mailboxes]]")
    maildir = '\naddress = "tac@tac.example"\nkind = "maildir"\npath = "Maildir"\n'
    fresh.configuration.write_text("[[mailboxes]]".join((head, maildir, receiving, escalation)))
    assert findings(fresh.mailflow("check", "--json"), "mailbox")[0] == "ok tac@tac.example: 0 mail(s)"


def test_a_mailbox_that_may_only_be_read_is_a_warning(fresh: Installation) -> None:
    # Dovecot runs as a user that cannot look into the test's own folder.
    with NamedTemporaryFile("w") as rights, run_dovecot(extra=f"mail_plugins = acl\nplugin {{\n acl = vfile:{rights.name}\n}}") as server:
        rights.write("INBOX owner lr\n")
        rights.flush()
        Path(rights.name).chmod(0o644)
        fresh.configuration.write_text(fresh.configuration.read_text().replace(f"port = {fresh.dovecot.port}", f"port = {server.port}"))
        done = fresh.mailflow("check", "--json")
    assert findings(done, "mailbox")[1] == "warning tac@tac.example: read-only, so that stored mail cannot be marked or moved"
    assert done.status == 0


def test_a_refused_sender_and_a_refused_log_in_are_failures(fresh: Installation) -> None:
    fresh.sink.faults.stages["MAIL"] = "550 5.7.1 not yours"
    fresh.configuration.write_text(fresh.configuration.read_text().replace(fresh.dovecot.password, "wrong"))
    done = fresh.mailflow("check", "--json")
    refused = findings(done, "mailbox")
    assert done.status == 1
    assert len(refused) == 3
    assert all(line.startswith("failed ") and "log-in of" in line for line in refused), refused
    assert findings(done, "relay")[1:] == [
        f"failed 127.0.0.1:{fresh.sink.port}: does not take {box} as a sender: our sender is refused: 550 5.7.1 not yours"
        for box in ("tac@tac.example", "receiving@tac.example", "escalation@tac.example")
    ]


def test_a_relay_that_takes_the_sender_but_not_the_recipient_is_good_enough(fresh: Installation) -> None:
    fresh.sink.faults.recipients["tac@tac.example"] = "550 5.1.1 no such user"
    done = fresh.mailflow("check", "--json")
    assert findings(done, "relay")[1] == (
        f"warning 127.0.0.1:{fresh.sink.port}: takes tac@tac.example as a sender, but not as a recipient: 550 5.1.1 no such user"
    )
    assert done.status == 0


@pytest.mark.parametrize(
    "template", ["---\nsubject: x\n---\n{{ nothing_of_that_name }}\n", "no head\n", "---\nsubject: x\n---\n{% if %}\n"]
)
def test_a_broken_template_of_the_admin_is_named_with_its_file(template: str, tmp_path: Path) -> None:
    own = tmp_path / "templates" / "en" / "rma"
    own.mkdir(parents=True)
    (own / "reminder.md").write_text(template)
    configuration = tmp_path / "mailflow.toml"
    configuration.write_text(Path(SHIPPED).read_text().replace("# template_override", "template_override"))
    done = run_command("check", "--offline", "--json", "-c", str(configuration))
    (wrong,) = (line for line in findings(done, "templates") if line.startswith("wrong"))
    assert wrong.startswith(f"wrong {own}/reminder.md:"), wrong
    assert done.status == 78


def test_a_mailbox_of_the_desk_that_is_not_read_is_a_warning(fresh: Installation) -> None:
    head, tac, receiving, escalation = fresh.configuration.read_text().split("[[mailboxes]]")
    fresh.configuration.write_text("[[mailboxes]]".join((head, tac, receiving)))
    assert escalation
    done = fresh.mailflow("check", "--offline", "--json")
    assert findings(done, "desk")[1:] == [
        "warning huawei-tac: escalation@tac.example has no [[mailboxes]] in mailflow.toml and is not read"
    ]
