"""No statement of the hot path reads rows in proportion to how many there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from mailflow.store import case, deadline, inbound, journal, notice, outbox
from mailflow.store.transaction import Database
from tests.store.rows import MINUTE, NOON, noticed, opened, stored


def handled(c: Connection) -> None:
    id = stored(c, 9)
    inbound.claim_received(c, 50, owner="a", now=NOON, lease=MINUTE)
    inbound.give_up_on(c, 3, now=NOON)
    inbound.load(c, id)
    inbound.record_identity(c, id, "one@x", "anna@customer.example", "")
    inbound.find_same(c, id, "0" * 64, "one@x", "anna@customer.example", ["tac@tac.example"])
    inbound.message_case(c, "one@x", ["tac@tac.example"])
    new = opened(c, case.next_number(c, "service_request", "SR-"))
    case.save(c, new)
    case.children(c, new.number)
    case.open_with_serial(c, ["S1"], desk="d")
    case.of_serials(c, ["S1"], kind="rma", desk="d")
    inbound.newest_from(c, [new.number], ["anna@customer.example"], 5)
    inbound.finish(c, id, state="opened", rule="", reason="", case_number=new.number, at=NOON)
    journal.write(c, case_number=new.number, desk="d", at=NOON, who="", what="opened", text="")
    journal.of_case(c, new.number)


def dated(c: Connection) -> None:
    opened(c)
    deadline.set(c, "SR-100001", "reminder", "", NOON)
    deadline.clear(c, "SR-100001", "reminder")
    deadline.clear_all(c, "SR-100001")
    deadline.claim_due(c, NOON, 10)
    deadline.next_due(c)
    deadline.of_case(c, "SR-100001")
    deadline.waiting_of(c, ["SR-100001"])


def sent(c: Connection) -> None:
    noticed(c)
    for item in outbox.lease_due(c, now=NOON, owner="a", lease=timedelta(minutes=5), limit=10):
        outbox.mark_dialogue(c, item.id, "a", NOON)
        outbox.mark_sent(c, item.id, "a", NOON, "250")
    outbox.recover_interrupted(c, NOON)
    outbox.failed_since(c, NOON)
    outbox.next_try(c)
    outbox.record_bounce(c, "n1@tac.example", "anna@customer.example", NOON, "550")
    notice.by_message_id(c, "n1@tac.example")
    notice.count_to(c, "anna@customer.example", NOON, True)
    notice.newest_to(c, "service_request/accepted", "anna@customer.example")
    notice.count_to_strangers(c, "d", NOON)
    notice.newest_for(c, ["SR-100001"], ["anna@customer.example"], 5)
    notice.bounces_of(c, ["anna@customer.example"])
    outbox.take_unreported(c, 50)
    notice.texts_of_case(c, "SR-100001")
    notice.of_inbound(c, 1)


@pytest.mark.parametrize("work", [handled, dated, sent])
def test_every_statement_finds_its_rows_through_an_index(sqlite_database: Database, work: Callable[[Connection], None]) -> None:
    seen: list[tuple[str, object]] = []
    with sqlite_database.write() as c:
        event.listen(c, "before_cursor_execute", lambda _c, _cursor, statement, values, *_: seen.append((statement, values)))
        # A first case number is found by looking at all cases; every later one is counted.
        case.next_number(c, "service_request", "SR-")
        seen.clear()
        work(c)
        steps = [
            (statement, step[3])
            for statement, values in seen
            if statement.startswith(("SELECT", "UPDATE"))
            for step in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]  # as the driver got them
        ]
    assert [(statement, step) for statement, step in steps if is_linear(statement, step)] == []


PARTIAL = "USING INDEX ix_outbox_unreported"
"""It holds only the rows that staff were not told of yet, so all of it is what was asked for."""


def is_linear(statement: str, step: str) -> bool:
    """A scan of a table, or a look at every waiting deadline where one case was asked for."""
    if step.endswith(PARTIAL):
        return False
    return step.startswith(("SCAN inbound", "SCAN outbox", "SCAN notice", "SCAN case", "SCAN deadline", "SCAN journal")) or (
        "case_number = ?" in statement and step.endswith("(state=?)")
    )
