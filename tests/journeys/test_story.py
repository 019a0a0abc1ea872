"""A request that becomes a return, from the first mail to the repaired part, with the daemon up all the time."""

from __future__ import annotations

from tests.journeys.installation import Installation, terminate
from tests.journeys.letters import Letters, attachments, decoded, in_thread_of, parsed
from tests.journeys.oracle import Oracle
from tests.journeys.people import ANNA, ANNAS_PART, ANNAS_SERIAL, CSE, WAREHOUSE, answer, request

ANNAS, CCRS, CSES, WAREHOUSES = "anna@carpathia.example", "ccr@tac.example", "cse@tac.example", "warehouse@tac.example"


def test_a_request_becomes_a_return_and_comes_back_repaired(installation: Installation, oracle: Oracle) -> None:
    with installation.daemon() as process:
        letters = Letters(installation.sink, oracle)
        _be_accepted(installation, letters, oracle)
        _talk(installation, letters, oracle)
        opened, authorised = _be_authorised(installation, letters, oracle)
        _return_the_part(installation, letters, oracle, authorised)
        _be_sent_the_repaired_part(installation, letters, oracle, opened)
        status, took = terminate(process, 30)

    assert status == 0, (installation.folder / "daemon.log").read_text()
    assert took < 30
    assert letters.unopened() == []
    assert oracle.inbound_places() == sorted(installation.uids())
    assert oracle.inbound_states() == {"opened": 1, "added": 7}
    assert {(delivery.state, delivery.received, delivery.ambiguous) for delivery in oracle.deliveries()} == {("sent", 1, 0)}
    assert (oracle.unfinished(), oracle.unexpected(), oracle.damage()) == (0, set(), [])


def _be_accepted(installation: Installation, letters: Letters, oracle: Oracle) -> None:
    """Without a serial number it is asked for; with it the request is accepted."""
    first = request(ANNA, "")
    installation.deliver(first)
    question = letters.next("service_request/information_request", ANNAS)
    for address in (CCRS, CSES):
        letters.next("service_request/customer_message", address)
    assert in_thread_of(question) == [first["Message-ID"]]
    assert "> " not in (parsed(question).get_body(("plain",)) or parsed(question)).get_content()
    assert oracle.cases() == [("service_request", "awaiting information")]

    installation.deliver(answer(question, ANNA, f"Serial number: {ANNAS_SERIAL}"))
    accepted = letters.next("service_request/accepted", ANNAS)
    assert parsed(accepted)["From"].addresses[0].addr_spec == "tac@tac.example"
    assert ANNAS_SERIAL.encode() in decoded(accepted)
    assert oracle.cases() == [("service_request", "accepted")]


def _talk(installation: Installation, letters: Letters, oracle: Oracle) -> None:
    """The engineer's answer reaches the customer without the engineer's address; the customer's answer reaches the engineer alone."""
    letters.next("service_request/customer_message", CCRS)
    asked = letters.next("service_request/customer_message", CSES)
    installation.deliver(answer(asked, CSE, "Please take the board out, put it back, and tell us what the lamp does."))
    told = letters.next("service_request/staff_message", ANNAS)
    assert b"put it back, and tell us what the lamp does" in decoded(told)
    assert (b"cse@" in decoded(told), b"Support Engineering" in decoded(told)) == (False, False)
    assert oracle.rows('SELECT state, assignee FROM "case"') == [("awaiting customer", CSES)]

    installation.deliver(answer(told, ANNA, "The lamp stays red."))


def _be_authorised(installation: Installation, letters: Letters, oracle: Oracle) -> tuple[bytes, bytes]:
    """A command in the engineer's answer opens the return. What the engineer and the customer get of it."""
    relayed = letters.next("service_request/customer_message", CSES)
    assert b"The lamp stays red." in decoded(relayed)
    assert oracle.rows('SELECT state FROM "case"') == [("in progress",)]
    installation.deliver(answer(relayed, CSE, f"/rma repair 1 x {ANNAS_PART} serial {ANNAS_SERIAL}"))
    opened = letters.next("staff/command_result", CSES)
    authorised = letters.next("rma/customer_request_verification", ANNAS)
    number = oracle.one("SELECT number FROM \"case\" WHERE kind = 'rma'")
    assert attachments(authorised) == [
        (f"{number}-return-notification.pdf", "application/pdf"),
        (f"{number}-return-notification.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (f"{number}-carton-label.pdf", "application/pdf"),
        (f"{number}-deadline.ics", "text/calendar"),
    ]
    assert number in str(parsed(authorised)["Subject"])
    assert oracle.cases() == [("rma", "issued"), ("service_request", "in progress")]
    return opened, authorised


def _return_the_part(installation: Installation, letters: Letters, oracle: Oracle, authorised: bytes) -> None:
    """The Return Notification as text, then the receiving staff's own words, then the Receipt Notification."""
    notification = (
        f"Part number: {ANNAS_PART}\nSerial number: {ANNAS_SERIAL}\nQuantity: 1\nCarrier: DHL\nTracking number: JD014600003SE\nCartons: 1"
    )
    installation.deliver(answer(authorised, ANNA, notification))
    noted = letters.next("rma/return_notification_received", ANNAS)
    assert parsed(noted)["From"].addresses[0].addr_spec == "receiving@tac.example"
    assert oracle.cases() == [("rma", "announced"), ("service_request", "in progress")]

    relayed = letters.next("service_request/customer_message", WAREHOUSES)
    installation.deliver(answer(relayed, WAREHOUSE, f"We received 1 x {ANNAS_PART} serial {ANNAS_SERIAL} today."))
    letters.next("staff/command_result", WAREHOUSES)
    receipt = letters.next("rma/receipt_notification", ANNAS)
    assert (b"warehouse@" in decoded(receipt), ANNAS_PART.encode() in decoded(receipt)) == (False, True)
    assert oracle.cases() == [("rma", "in repair"), ("service_request", "in progress")]
    assert oracle.rows("SELECT kind FROM deadline WHERE state = 'waiting'") == []


def _be_sent_the_repaired_part(installation: Installation, letters: Letters, oracle: Oracle, opened: bytes) -> None:
    """The engineer answers the result of an earlier command."""
    installation.deliver(answer(opened, CSE, "/repaired UPS 1Z999AA10123456784"))
    letters.next("staff/command_result", CSES)
    sent_back = letters.next("rma/repaired_shipped", ANNAS)
    assert b"1Z999AA10123456784" in decoded(sent_back)
    assert oracle.cases() == [("rma", "shipped back"), ("service_request", "in progress")]
