"""What a person decides at the console about mails that hang: quarantine and outbox."""

from __future__ import annotations

import getpass
import json

from tests.cli.command import ask
from tests.cli.conftest import spam
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
    assert (shown["state"], shown["reason"], shown["subject"]) == ("failed", "nobody reads it", "A mail was set aside")


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
