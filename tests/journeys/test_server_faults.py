"""The mail servers' own accidents, seen from outside: a mailbox numbered anew, a connection that ends under the final dot."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.installation import Installation
from tests.journeys.oracle import Oracle
from tests.journeys.people import ANNA, ANNAS_SECOND_SERIAL, ANNAS_SERIAL, MAREK, MAREKS_SERIAL, request
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpSink


def test_a_new_uidvalidity_makes_no_mail_a_second_request(
    registered_url: str, tmp_path: Path, own_dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    """Every mail is read again under its new number and found to be the same (case 19)."""
    installation = Installation(tmp_path, registered_url, own_dovecot, smtp_sink)
    installation.configure()
    oracle = Oracle(registered_url, smtp_sink)
    installation.deliver(request(ANNA, ANNAS_SERIAL), request(MAREK, ""))
    installation.must_run_once()
    before = oracle.deliveries()

    own_dovecot.change_uidvalidity("tac@tac.example")
    installation.deliver(request(ANNA, ANNAS_SECOND_SERIAL))
    installation.must_run_once()

    assert oracle.inbound_states() == {"opened": 3, "duplicate": 2}
    assert oracle.rows("SELECT id, duplicate_of FROM inbound WHERE state = 'duplicate' ORDER BY id") == [(3, 1), (4, 2)]
    assert [state for _, state in oracle.cases()] == ["accepted", "awaiting information", "accepted"]
    assert oracle.deliveries()[: len(before)] == before
    assert [delivery.notice for delivery in oracle.deliveries()[len(before) :]] == [
        "service_request/accepted",
        "service_request/customer_message",
        "service_request/customer_message",
    ]


def test_a_connection_that_ends_under_the_final_dot_gives_one_more_copy_and_no_third(installation: Installation, oracle: Oracle) -> None:
    """The server has the mail, and we have no answer (RFC 1047, case 30): the same bytes once more, after a pause."""
    installation.sink.faults.cut_before = "DOT"
    installation.sink.faults.times = 1
    installation.deliver(request(MAREK, MAREKS_SERIAL))
    installation.must_run_once()
    (unknown,) = [delivery for delivery in oracle.deliveries() if delivery.state != "sent"]
    assert (unknown.state, unknown.ambiguous, unknown.received) == ("waiting", 1, 1)

    oracle.let_next_tries_come()
    installation.must_run_once()
    assert sorted((delivery.state, delivery.ambiguous, delivery.received) for delivery in oracle.deliveries()) == [
        ("sent", 0, 1),
        ("sent", 0, 1),
        ("sent", 1, 2),
    ]
    assert (oracle.unfinished(), oracle.altered(), oracle.unexpected()) == (0, set(), set())
