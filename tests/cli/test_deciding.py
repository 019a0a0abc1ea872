"""What a person decides at the console about mails that hang: quarantine and outbox."""

from __future__ import annotations

import getpass
import json

from mailflow.cli.quarantine import INSTEAD
from mailflow.policy.triage import HELD, NOT_GENUINE
from tests.cli.command import ask, call
from tests.cli.conftest import spam
from tests.journeys import people
from tests.journeys.installation import Installation

OPERATOR = f"{getpass.getuser()} at the console"


def journal(installation: Installation) -> list[tuple[str, str, str]]:
    """(who, what, text) of the lines about mail 1."""
    (told,) = json.loads(ask(installation, "explain", "1", "--json").out)
    return [(line["who"], line["what"], line["text"]) for line in told["journal"]]


def test_quarantined_mails_are_listed(hanging: Installation) -> None:
    (row,) = json.loads(ask(hanging, "quarantine", "--json").out)
    assert (row["id"], row["sender"], row["rule"]) == (1, "x@elsewhere.example", "our border marked it as spam")
    assert json.loads(ask(hanging, "quarantine", "list", "--json").out) == [row]


def test_a_released_mail_is_handled_and_the_journal_says_by_whom(hanging: Installation) -> None:
    assert ask(hanging, "quarantine", "release", "1").out == "mail 1 waits to be handled\n"
    assert journal(hanging)[-1][:2] == (OPERATOR, "released")
    hanging.must_run_once()
    assert [case["number"] for case in json.loads(ask(hanging, "cases", "--json").out)] == ["SR-100001"]
    again = ask(hanging, "quarantine", "release", "1")
    assert (again.status, again.err) == (1, "mail 1 is not in quarantine: it is opened\n")


def test_a_retried_mail_meets_the_same_rules_again(hanging: Installation) -> None:
    assert ask(hanging, "quarantine", "retry", "1").status == 0
    hanging.must_run_once()
    assert [row["id"] for row in json.loads(ask(hanging, "quarantine", "--json").out)] == [1]


def test_a_discarded_mail_is_ignored_with_its_reason(hanging: Installation) -> None:
    assert ask(hanging, "quarantine", "discard", "1", "--reason", "junk").out == "mail 1 is ignored\n"
    (told,) = json.loads(ask(hanging, "explain", "1", "--json").out)
    assert (told["mail"]["state"], told["mail"]["reason"]) == ("ignored", "junk")
    assert journal(hanging)[-1] == (OPERATOR, "discarded", "junk")


def test_a_failed_delivery_is_sent_again_when_somebody_says_so(hanging: Installation) -> None:
    (row,) = json.loads(ask(hanging, "outbox", "--json").out)
    assert (row["id"], row["recipient"], row["state"]) == (1, "admin@tac.example", "failed")
    assert ask(hanging, "outbox", "release", "1").err == "delivery 1 is failed, not held\n"
    assert ask(hanging, "outbox", "retry", "1").out == "delivery 1 waits to be sent\n"
    hanging.sink.faults.recipients.clear()
    hanging.must_run_once()
    assert [reception.recipients for reception in hanging.sink.receptions] == [("admin@tac.example",)]
    assert json.loads(ask(hanging, "outbox", "--json").out) == []


def test_a_waiting_delivery_can_be_given_up(fresh: Installation) -> None:
    fresh.sink.faults.recipients["admin@tac.example"] = "450 4.2.0 later"
    fresh.deliver(spam())
    fresh.must_run_once()
    assert ask(fresh, "outbox", "discard", "1", "--reason", "nobody reads it").out == "delivery 1 is given up\n"
    shown = json.loads(ask(fresh, "outbox", "show", "1", "--json").out)
    assert (shown["state"], shown["reason"], shown["subject"]) == ("discarded", "nobody reads it", "A mail was set aside")


def test_a_failed_delivery_can_be_given_up_and_is_counted_no_longer(hanging: Installation) -> None:
    assert ask(hanging, "outbox", "discard", "1").out == "delivery 1 is given up\n"
    assert json.loads(ask(hanging, "outbox", "--json").out) == []
    assert "failed" not in json.loads(ask(hanging, "status", "--json").out)["outbox"]
    assert ask(hanging, "outbox", "discard", "1").err == "delivery 1 is discarded: only a waiting, held or failed one can be given up\n"


def test_what_stands_before_a_groups_command_holds_for_it(hanging: Installation) -> None:
    """Contract: all take -c and --json; nothing that is given is ignored."""
    own = ("-c", str(hanging.configuration))
    assert [row["id"] for row in json.loads(call("outbox", *own, "--json", "list").out)] == [1]
    assert call("quarantine", *own, "release", "1").out == "mail 1 waits to be handled\n"
    assert call("outbox", "-c", "/nowhere.toml", "list").err == "/nowhere.toml: the file does not exist\n"
    assert call("db", "-c", "/nowhere.toml", "upgrade").err == "/nowhere.toml: the file does not exist\n"
    assert (call("outbox", *own, "--json", "retry", "1").status, call("outbox", "-c", "/nowhere.toml", "list", *own).status) == (2, 0)


def test_a_forged_mail_of_staff_is_never_released(fresh: Installation) -> None:
    """OUT6: the console says why and what to do, and the alert does not offer it."""
    fresh.deliver(people.stamped(people.write("cse@tac.example", "tac@tac.example", "Note", "/accept"), genuine=False))
    fresh.must_run_once()
    done = ask(fresh, "quarantine", "release", "1")
    assert (done.status, done.err) == (
        1,
        "mail 1 is not released: what comes in the name of staff counts only when it is genuine; "
        "ask cse@tac.example to send it again by your own mail server\n",
    )
    (row,) = json.loads(ask(fresh, "quarantine", "--json").out)
    assert (row["id"], row["rule"]) == (1, NOT_GENUINE)
    alerts = [row["id"] for row in json.loads(ask(fresh, "outbox", "list", "--state", "sent", "--json").out) if "alert" in row["notice"]]
    text = json.loads(ask(fresh, "outbox", "show", str(alerts[0]), "--json").out)["text"]
    assert [f"mailflow quarantine {name} 1" in text for name in ("show", "release", "discard")] == [True, False, True]
    assert ask(fresh, "quarantine", "discard", "1").status == 0


def test_every_rule_that_holds_a_mail_has_its_own_advice() -> None:
    assert INSTEAD.keys() == HELD


def test_a_shown_mail_that_is_not_in_quarantine_is_said_to_be_none(hanging: Installation) -> None:
    assert ask(hanging, "quarantine", "show", "1").err == ""
    ask(hanging, "quarantine", "discard", "1")
    assert ask(hanging, "quarantine", "show", "1").err == "mail 1 is not in quarantine: it is ignored\n"


def test_a_reason_is_told_once(hanging: Installation) -> None:
    assert ask(hanging, "quarantine").out.splitlines()[2].endswith("our border marked it as spam")


def test_what_is_not_there_cannot_be_decided(fresh: Installation) -> None:
    told = {command: ask(fresh, *command.split()).err for command in ("quarantine release 7", "outbox retry 7", "outbox show 7")}
    assert told == {
        "quarantine release 7": "there is no stored mail 7\n",
        "outbox retry 7": "there is no delivery 7\n",
        "outbox show 7": "there is no delivery 7\n",
    }


def test_both_lists_are_tables_for_people(hanging: Installation) -> None:
    first = {command: ask(hanging, command).out.splitlines()[2].split()[0] for command in ("quarantine", "outbox")}
    assert first == {"quarantine": "1", "outbox": "1"}
