"""Bad mails, bad templates, bad settings: set aside with the reason and told, and the next good mail is served all the same."""

from __future__ import annotations

import os
import signal
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.journeys.installation import KILLED, Installation, terminate
from tests.journeys.letters import Letters, parsed
from tests.journeys.oracle import Oracle
from tests.journeys.people import ANNA, ANNAS_SECOND_SERIAL, ANNAS_SERIAL, MAREK, MAREKS_SERIAL, request, stamped

ADMIN, ANNAS, MAREKS = "admin@tac.example", "anna@carpathia.example", "marek@wisla.example"
VERDICTS = "SELECT state, rule, reason FROM inbound ORDER BY id"


def test_a_mail_that_cannot_be_read_and_one_too_large_are_set_aside_and_the_next_is_served(
    installation: Installation, oracle: Oracle
) -> None:
    bomb, giant = _encoded_word_bomb(), _larger_than(1_000_000)
    installation.deliver(bomb, giant, request(ANNA, ANNAS_SERIAL))
    installation.must_run_once()

    size = oracle.one("SELECT size FROM inbound WHERE oversize")
    assert oracle.rows(VERDICTS) == [
        ("quarantined", "it cannot be read", "the header subject has 60,000 bytes, more than 16,384"),
        ("quarantined", "too large to be read whole", f"{size} octets; only its header was fetched"),
        ("opened", "names no case of ours", "a new request: accepted"),
    ]
    letters = Letters(installation.sink, oracle)
    bombed = _facts(letters.next("staff/quarantine_alert", ADMIN))
    assert (bombed["Reason"], bombed["Details"]) == ("It cannot be read", "the header subject has 60,000 bytes, more than 16,384")
    told = _facts(letters.next("staff/quarantine_alert", ADMIN))
    assert (told["Sender"], told["Subject"]) == (MAREKS, "All our logs")
    asked = parsed(letters.next("service_request/too_large", MAREKS))
    assert (asked["Subject"], asked["In-Reply-To"]) == ("Re: All our logs", giant["Message-ID"])
    letters.next("service_request/accepted", ANNAS)
    assert oracle.unfinished() == 0


def test_a_broken_template_is_named_with_its_line_and_can_be_mended(installation: Installation, oracle: Oracle) -> None:
    broken = installation.folder / "own-templates" / "en" / "service_request" / "accepted.md"
    broken.parent.mkdir(parents=True)
    broken.write_text("---\nsubject: {{ number }}\n---\nYour request\n\n{{ no_such_word }}\n")
    installation.configure('template_override = "own-templates"')
    installation.deliver(request(ANNA, ANNAS_SERIAL), request(MAREK, ""))
    installation.must_run_once()

    why = f"{broken}:6: service_request/accepted (en): UndefinedError: 'no_such_word' is undefined"
    assert oracle.rows(VERDICTS) == [
        ("quarantined", "the answer could not be written", why),
        ("opened", "names no case of ours", "a new request: awaiting information"),
    ]
    letters = Letters(installation.sink, oracle)
    letters.next("service_request/information_request", MAREKS)
    told = _facts(letters.next("staff/quarantine_alert", ADMIN))
    assert (told["Sender"], told["Reason"], told["Details"]) == (ANNAS, "The answer to it could not be written", why)

    broken.unlink()
    number = oracle.one("SELECT id FROM inbound WHERE state = 'quarantined'")
    assert installation.mailflow("quarantine", "retry", str(number)).status == 0
    installation.must_run_once()
    letters.next("service_request/accepted", ANNAS)
    assert oracle.cases() == [("service_request", "awaiting information"), ("service_request", "accepted")]


def test_a_mail_that_kills_the_process_thrice_is_set_aside_and_its_neighbours_are_served(
    installation: Installation, oracle: Oracle
) -> None:
    """After the first kill mails come one by one, so that only the poison dies again: second in line, then first."""
    installation.deliver(request(ANNA, ANNAS_SERIAL), request(MAREK, MAREKS_SERIAL), request(ANNA, ANNAS_SECOND_SERIAL))
    assert installation.run_once("proc.before_commit:kill").status == KILLED
    assert installation.run_once("proc.before_commit:kill@2").status == KILLED
    assert [state for state, _, _ in oracle.rows(VERDICTS)] == ["opened", "received", "received"]
    assert installation.run_once("proc.before_commit:kill").status == KILLED
    installation.must_run_once()

    assert oracle.rows("SELECT state, rule, reason, attempts FROM inbound ORDER BY id") == [
        ("opened", "names no case of ours", "a new request: accepted", 2),
        ("quarantined", "attempts", "could not be handled in 3 attempts", 3),
        ("opened", "names no case of ours", "a new request: accepted", 2),
    ]
    letters = Letters(installation.sink, oracle)
    told = _facts(letters.next("staff/quarantine_alert", ADMIN))
    assert (told["Reason"], told["Details"]) == ("Handling it failed several times", "could not be handled in 3 attempts")
    for _ in range(2):
        letters.next("service_request/accepted", ANNAS)
    assert oracle.cases() == [("service_request", "accepted")] * 2
    assert (oracle.unfinished(), {delivery.received for delivery in oracle.deliveries()}) == (0, {1})


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_only_a_genuine_sender_hears_of_a_mail_too_large_and_of_its_copy_not_again(installation: Installation, oracle: Oracle) -> None:
    """Case 27: the writer is told once; whoever forged the address cannot make us write to its owner."""
    forged, genuine = _larger_than(1_000_000), _larger_than(1_000_000)
    installation.deliver(forged, genuine=False)
    installation.deliver(genuine)
    installation.dovecot.deliver("receiving@tac.example", stamped(genuine, genuine=True))
    installation.must_run_once()

    assert [state for state, _, _ in oracle.rows(VERDICTS)] == ["quarantined"] * 3
    letters = Letters(installation.sink, oracle)
    assert parsed(letters.next("service_request/too_large", MAREKS))["In-Reply-To"] == genuine["Message-ID"]
    assert [address for _, address in letters.unopened()] == [ADMIN] * 3


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("size_limit_mb = 1", "size_limit = 1", "size_limit: unknown key"),
        (
            'address = "escalation@tac.example"',
            'address = "other@tac.example"',
            "mailboxes.2.address: other@tac.example is no mailbox of the desks huawei-tac",
        ),
        (
            'case_address_key = "a-key-of-the-journeys-only"',
            'case_address_key = "short"',
            "case_address_key: must have at least 16 characters",
        ),
        ('hostname = "mailflow.tac.example"', "hostname = 7", "relay.hostname: Input should be a valid string"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_one_line(right: str, wrong: str, said: str, installation: Installation) -> None:
    file = installation.configuration
    file.write_text(file.read_text().replace(right, wrong))
    ended = installation.mailflow("run")
    assert (ended.status, ended.out, ended.err) == (78, "", f"{file}: {said}\n")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_second_daemon_on_the_same_file_goes_away_and_touches_nothing(installation: Installation, oracle: Oracle) -> None:
    with installation.daemon() as first:
        os.kill(first.pid, signal.SIGSTOP)
        try:
            installation.deliver(request(ANNA, ANNAS_SERIAL))
            before = _bytes_of(installation.folder)
            second = installation.mailflow("run")
            assert _bytes_of(installation.folder) == before
            assert installation.dovecot.flags("tac@tac.example") == {1: frozenset()}
        finally:
            os.kill(first.pid, signal.SIGCONT)
        lock = installation.folder / "mailflow.lock"
        assert (second.status, second.out, second.err) == (75, "", f"another mailflow holds {lock} (process {first.pid})\n")

        Letters(installation.sink, oracle).next("service_request/accepted", ANNAS)
        assert terminate(first, 30)[0] == 0


def _encoded_word_bomb() -> bytes:
    """A subject of thousands of encoded words, on which the standard library takes seconds and gigabytes."""
    # 60,000 octets with the CR at its end.
    subject = (b"Subject: " + b"=?utf-8?q?hello?= " * 3333)[:59_999]
    return b"From: marek@wisla.example\r\nTo: tac@tac.example\r\nMessage-ID: <bomb@wisla.example>\r\n" + subject + b"\r\n\r\nHello\r\n"


def _larger_than(size: int) -> EmailMessage:
    mail = request(MAREK, MAREKS_SERIAL)
    mail.replace_header("Subject", "All our logs")
    mail.add_attachment(b"A" * size, maintype="application", subtype="octet-stream", filename="logs.bin")
    return mail


def _facts(alert: bytes) -> dict[str, str]:
    """What an alert says in lines of `Name: value`."""
    part = parsed(alert).get_body(("plain",))
    assert part is not None
    return {name: value for name, colon, value in (line.partition(": ") for line in part.get_content().splitlines()) if colon}


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("mailflow.db*")}
