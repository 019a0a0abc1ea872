"""SIGTERM in the middle of work: what is under way is finished, nothing new is begun, and the next start goes on (case 7)."""

from __future__ import annotations

from tests.journeys.installation import Installation, terminate
from tests.journeys.letters import Letters
from tests.journeys.oracle import Oracle
from tests.journeys.people import ANNA, ANNAS_SECOND_SERIAL, ANNAS_SERIAL, MAREK, MAREKS_SERIAL, request
from tests.servers.process import wait_until


def test_a_stop_within_a_mail_finishes_it_and_leaves_the_others_for_the_next_start(installation: Installation, oracle: Oracle) -> None:
    installation.deliver(request(ANNA, ANNAS_SERIAL), request(MAREK, MAREKS_SERIAL), request(ANNA, ANNAS_SECOND_SERIAL))
    with installation.daemon("smtp.mid_data:sleep=5") as process:
        in_dialogue = "SELECT count(*) FROM outbox WHERE dialogue_began_at IS NOT NULL"
        wait_until(lambda: oracle.one(in_dialogue) > 0, 30, "a dialogue")
        status, took = terminate(process, 30)
    assert status == 0, (installation.folder / "daemon.log").read_text()
    assert took < 30
    left = [delivery for delivery in oracle.deliveries() if delivery.state != "sent"]
    assert {(delivery.state, delivery.received, delivery.ambiguous) for delivery in left} == {("waiting", 0, 0)}

    installation.must_run_once()
    assert oracle.inbound_states() == {"opened": 3}
    assert len(oracle.deliveries()) == 9
    assert {(delivery.state, delivery.received, delivery.ambiguous) for delivery in oracle.deliveries()} == {("sent", 1, 0)}


def test_a_daemon_that_was_killed_is_replaced_at_once(installation: Installation, oracle: Oracle) -> None:
    """The leases of the dead one on mailboxes and mails are the new one's own: it does not wait until they run out."""
    letters = Letters(installation.sink, oracle)
    for serial in (ANNAS_SERIAL, ANNAS_SECOND_SERIAL):
        # The block ends with kill -9.
        with installation.daemon():
            installation.deliver(request(ANNA, serial))
            letters.next("service_request/accepted", "anna@carpathia.example")
    installation.must_run_once()
    assert oracle.inbound_states() == {"opened": 2}
    assert oracle.unfinished() == 0
