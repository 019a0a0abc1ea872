"""Rounds of delivery: real SMTP servers, both databases."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailflow import failpoint
from mailflow.delivery.deliver import DeliveryRound, deliver_due
from mailflow.delivery.relay import Ambiguous, Outcome, OwnFault, Sent, TemporaryFailure
from mailflow.delivery.settings import RelaySettings
from mailflow.delivery.smtp import SmtpRelay
from mailflow.store import notice, outbox
from mailflow.store.outbox import OutboxRow
from mailflow.store.transaction import Database
from tests.servers.smtp import SmtpSink

DESK, ANNA, BERT = "desk@tac.example", "anna@customer.example", "bert@customer.example"
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class ScriptedRelay:
    """A hand-written relay: answers in order, the last one for ever; keeps what it was asked."""

    outcomes: list[Outcome]
    envelopes: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0
    pause: float = 0.0

    async def send(
        self, envelope_from: str, recipient: str, raw: bytes, on_data: Callable[[], Awaitable[None]] | None = None, *, envelope_id: str = ""
    ) -> Outcome:
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Sent | Ambiguous) and on_data is not None:
            await on_data()
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            await asyncio.sleep(self.pause)
            self.inside -= 1
        self.envelopes.append((envelope_from, recipient, raw, envelope_id))
        return outcome

    async def close(self) -> None:
        return None


@pytest.fixture
def clock() -> Iterator[Clock]:
    yield Clock()


def raw(name: str) -> bytes:
    return f"Message-ID: <{name}@tac.example>\r\nSubject: {name}\r\n\r\nx\r\n".encode()


def add(database: Database, name: str, *recipients: str, at_most_once: bool = False, sender: str = DESK) -> None:
    with database.write() as c:
        notice.add(
            c,
            case_number=None,
            desk="tac",
            name="service_request/accepted",
            language="en",
            subject=name,
            message_id=f"{name}@tac.example",
            to=recipients or (ANNA,),
            raw=raw(name),
            text="x",
            recipients=recipients or (ANNA,),
            envelope_from=sender,
            created_at=START,
            at_most_once=at_most_once,
        )


def rows(database: Database) -> list[OutboxRow]:
    with database.read() as c:
        return outbox.list_rows(c)


def states(database: Database) -> list[tuple[str, str, int]]:
    return [(row.recipient, row.state, row.ambiguous) for row in rows(database)]


async def over_smtp(database: Database, port: int, clock: Clock, **options: Any) -> DeliveryRound:
    relay_options = {key: options.pop(key) for key in ("dot_timeout", "connections") if key in options}
    relay = SmtpRelay(
        RelaySettings(host="127.0.0.1", port=port, local_hostname="tac.example", tls="none", command_timeout=5, **relay_options)
    )
    try:
        return await deliver_due(database, relay, owner="node-1", clock=clock, jitter=lambda: 0.0, **options)
    finally:
        await relay.close()


def deliver(database: Database, port: int, clock: Clock, **options: Any) -> DeliveryRound:
    return asyncio.run(over_smtp(database, port, clock, **options))


def deliver_by(database: Database, relay: ScriptedRelay, clock: Clock, **options: Any) -> DeliveryRound:
    return asyncio.run(deliver_due(database, relay, owner="node-1", clock=clock, jitter=lambda: 0.0, **options))


def test_a_mail_with_two_recipients_goes_out_in_two_envelopes(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "one", ANNA, BERT)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=2, sent=2)
    receptions = smtp_sink.by_message_id()["<one@tac.example>"]
    assert sorted(reception.recipients for reception in receptions) == [(ANNA,), (BERT,)]
    assert [reception.raw for reception in receptions] == [raw("one")] * 2
    assert [(row.state, row.sent_at, row.response.split(" as ")[0], row.attempts) for row in rows(database)] == [
        ("sent", START, "250 2.0.0 Ok: queued", 1)
    ] * 2


def test_what_was_sent_is_not_sent_again(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "one")
    deliver(database, smtp_sink.port, clock)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound()
    assert len(smtp_sink.receptions) == 1


def test_each_recipient_has_its_own_fate(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    smtp_sink.faults.recipients = {"bad@x.example": "550 5.1.1 no such user", "grey@x.example": "451 4.7.1 greylisted"}
    add(database, "one", ANNA, "bad@x.example", "grey@x.example")
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=3, sent=1, failed=1, deferred=1)
    smtp_sink.faults.recipients = {}
    clock.now += timedelta(minutes=1)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=1, sent=1)
    assert states(database) == [(ANNA, "sent", 0), ("bad@x.example", "failed", 0), ("grey@x.example", "sent", 0)]
    assert rows(database)[1].reason == "550 5.1.1 no such user"
    assert [reception.recipients for reception in smtp_sink.receptions] == [(ANNA,), ("grey@x.example",)]


def test_a_greylisted_mail_arrives_at_the_first_try_after_a_quarter_of_an_hour(
    sqlite_database: Database, smtp_sink: SmtpSink, clock: Clock
) -> None:
    add(sqlite_database, "one")
    smtp_sink.faults.stages["RCPT"] = "451 4.7.1 greylisted"
    moments = []
    for minute in range(20):
        clock.now = START + timedelta(minutes=minute)
        smtp_sink.faults.times = -1 if minute < 15 else 0
        if deliver(sqlite_database, smtp_sink.port, clock).leased:
            moments.append(minute)
    assert moments == [0, 1, 5, 15]
    assert states(sqlite_database) == [(ANNA, "sent", 0)]


def test_a_mail_is_given_up_after_five_days(sqlite_database: Database, clock: Clock) -> None:
    add(sqlite_database, "one")
    relay = ScriptedRelay([TemporaryFailure("451 4.3.0 later")])
    while rows(sqlite_database)[0].state == "waiting":
        deliver_by(sqlite_database, relay, clock)
        clock.now = max(clock.now, rows(sqlite_database)[0].next_try_at)
    (row,) = rows(sqlite_database)
    assert (row.state, row.reason) == ("failed", "given up after 5 days: 451 4.3.0 later")
    assert clock.now - START == timedelta(days=5)
    assert len(relay.envelopes) == 5 + 119 + 1


@pytest.mark.parametrize("outage", ["log-in", "sender"])
def test_our_own_fault_stops_the_round_and_fails_nothing(database: Database, smtp_sink: SmtpSink, clock: Clock, outage: str) -> None:
    for name in ("one", "two", "three"):
        add(database, name)
    smtp_sink.faults.stages["MAIL"] = "530 5.7.0 log in first" if outage == "log-in" else "550 5.7.1 not you"
    found = deliver(database, smtp_sink.port, clock, at_once=1)
    assert (found.leased, found.deferred, found.failed) == (3, 3, 0)
    assert found.own_fault in {"MAIL: 530 5.7.0 log in first", "our sender is refused: 550 5.7.1 not you"}
    assert [row.state for row in rows(database)] == ["waiting"] * 3
    smtp_sink.faults.stages.clear()
    clock.now += timedelta(minutes=5)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=3, sent=3)


def test_our_own_fault_never_uses_up_a_mails_five_days(sqlite_database: Database, clock: Clock) -> None:
    add(sqlite_database, "one")
    relay = ScriptedRelay([OwnFault("535 5.7.8 wrong password")])
    clock.now = START + timedelta(days=30)
    assert deliver_by(sqlite_database, relay, clock).deferred == 1
    assert states(sqlite_database) == [(ANNA, "waiting", 0)]


def test_a_relay_that_is_down_is_asked_once_a_round(database: Database, clock: Clock) -> None:
    for number in range(5):
        add(database, f"m{number}")
    found = deliver(database, 1, clock, at_once=1)
    assert (found.leased, found.deferred) == (5, 5)
    assert found.relay_down != ""
    assert [row.next_try_at - START for row in rows(database)] == [timedelta(minutes=1)] * 5


def test_a_mail_of_unknown_fate_is_sent_once_more_with_the_same_bytes(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "one")
    smtp_sink.faults.cut_before, smtp_sink.faults.times = "DOT", 1
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=1, deferred=1, ambiguous=1)
    assert states(database) == [(ANNA, "waiting", 1)]
    clock.now += timedelta(minutes=1)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=1, sent=1)
    assert [reception.raw for reception in smtp_sink.receptions] == [raw("one"), raw("one")]
    assert states(database) == [(ANNA, "sent", 1)]


def test_a_mail_of_unknown_fate_is_never_sent_a_third_time(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "one")
    smtp_sink.faults.cut_before = "DOT"
    for _ in range(5):
        deliver(database, smtp_sink.port, clock)
        clock.now += timedelta(hours=2)
    assert states(database) == [(ANNA, "held", 2)]
    assert len(smtp_sink.receptions) == 2


def test_an_invoice_of_unknown_fate_waits_for_a_human(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "invoice", at_most_once=True)
    smtp_sink.faults.cut_before = "DOT"
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=1, held=1, ambiguous=1)
    clock.now += timedelta(days=1)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound()
    assert (states(database), len(smtp_sink.receptions)) == ([(ANNA, "held", 1)], 1)


def test_an_invoice_that_broke_before_the_dot_is_simply_sent_later(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "invoice", at_most_once=True)
    smtp_sink.faults.cut_before, smtp_sink.faults.times = "RCPT", 1
    deliver(database, smtp_sink.port, clock)
    clock.now += timedelta(minutes=1)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound(leased=1, sent=1)
    assert states(database) == [(ANNA, "sent", 0)]


@pytest.mark.parametrize(
    ("point", "receptions", "ambiguous"),
    [
        ("outbox.after_lease", 1, 0),
        ("smtp.after_mail", 1, 0),
        ("smtp.after_rcpt", 1, 0),
        ("smtp.mid_data", 1, 1),
        ("smtp.after_dot", 2, 1),
        ("smtp.after_250", 2, 1),
        ("outbox.after_commit", 1, 0),
    ],
)
def test_an_end_at_each_point_has_its_known_consequence(
    database: Database, smtp_sink: SmtpSink, clock: Clock, point: str, receptions: int, ambiguous: int
) -> None:
    """Cancelled where the process would have been killed: the row is left as a kill leaves it."""
    add(database, "one")
    failpoint.arm(f"{point}:sleep=60")

    async def killed() -> None:
        task = asyncio.ensure_future(over_smtp(database, smtp_sink.port, clock))
        await asyncio.sleep(0.4)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(killed())
    time.sleep(0.05)
    clock.now += timedelta(minutes=20)
    deliver(database, smtp_sink.port, clock)
    assert states(database) == [(ANNA, "sent", ambiguous)]
    assert [reception.raw for reception in smtp_sink.receptions] == [raw("one")] * receptions


def test_a_dead_senders_invoice_in_mid_dialogue_is_held(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "invoice", at_most_once=True)
    with database.write() as c:
        (item,) = outbox.lease_due(c, now=clock(), owner="dead", lease=timedelta(minutes=15), limit=1)
        assert outbox.mark_dialogue(c, item.id, "dead", clock())
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound()
    clock.now += timedelta(minutes=16)
    assert deliver(database, smtp_sink.port, clock) == DeliveryRound()
    assert (states(database), smtp_sink.receptions) == ([(ANNA, "held", 1)], [])


def test_a_lease_lost_before_the_dialogue_means_no_mail(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    add(database, "one")
    failpoint.arm("smtp.after_rcpt:sleep=0.4")

    async def race() -> DeliveryRound:
        task = asyncio.ensure_future(over_smtp(database, smtp_sink.port, clock))
        await asyncio.sleep(0.2)
        with database.write() as c:
            assert outbox.recover_interrupted(c, clock() + timedelta(hours=1)) != []
            assert len(outbox.lease_due(c, now=clock(), owner="node-2", lease=timedelta(minutes=15), limit=1)) == 1
        return await task

    assert asyncio.run(race()) == DeliveryRound(leased=1, lost=1)
    assert smtp_sink.receptions == []


def test_one_mail_at_a_time_is_between_data_and_commit(database: Database, clock: Clock) -> None:
    for number in range(12):
        add(database, f"m{number}")
    relay = ScriptedRelay([Sent("250 ok")], pause=0.01)
    assert deliver_by(database, relay, clock, at_once=4) == DeliveryRound(leased=12, sent=12)
    assert (relay.most_inside, len(relay.envelopes)) == (1, 12)


def test_a_mail_whose_answer_takes_long_does_not_keep_the_others(sqlite_database: Database, clock: Clock) -> None:
    for number in range(3):
        add(sqlite_database, f"m{number}")
    relay = ScriptedRelay([Sent("250 ok")], pause=3)
    begun = time.monotonic()
    assert deliver_by(sqlite_database, relay, clock, at_once=3) == DeliveryRound(leased=3, sent=3)
    assert time.monotonic() - begun < 6
    assert relay.most_inside > 1


def test_leases_are_held_and_progress_is_shown_while_a_slow_server_thinks(sqlite_database: Database) -> None:
    add(sqlite_database, "one")
    relay = ScriptedRelay([Sent("250 ok")], pause=1.6)
    signs: list[float] = []

    async def slow() -> tuple[DeliveryRound, int]:
        lease = timedelta(seconds=1)
        round_ = asyncio.ensure_future(
            deliver_due(
                sqlite_database,
                relay,
                owner="node-1",
                clock=lambda: datetime.now(UTC),
                lease=lease,
                on_progress=lambda: signs.append(time.monotonic()),
            )
        )
        await asyncio.sleep(1.4)
        with sqlite_database.write() as c:
            taken = outbox.recover_interrupted(c, datetime.now(UTC))
        return await round_, len(taken)

    assert asyncio.run(slow()) == (DeliveryRound(leased=1, sent=1), 0)
    assert len(signs) >= 4


def test_a_stop_begins_no_further_mail_and_gives_the_rest_back(database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    for number in range(100):
        add(database, f"m{number}")
    smtp_sink.faults.delay_dot = 0.05

    async def stopped() -> DeliveryRound:
        stop = asyncio.Event()

        async def stop_once_some_arrived() -> None:
            while len(smtp_sink.receptions) < 2:
                await asyncio.sleep(0.01)
            stop.set()

        watching = asyncio.ensure_future(stop_once_some_arrived())
        round_ = await over_smtp(database, smtp_sink.port, clock, limit=100, stop=stop)
        await watching
        return round_

    found = asyncio.run(stopped())
    assert found.sent > 0
    assert (found.released, found.sent + found.released) == (100 - found.sent, 100)
    smtp_sink.faults.delay_dot = 0
    while deliver(database, smtp_sink.port, clock).leased:
        pass
    assert {name: len(found) for name, found in smtp_sink.by_message_id().items()} == {
        f"<m{number}@tac.example>": 1 for number in range(100)
    }
    assert {row.attempts for row in rows(database)} == {1}


def test_two_nodes_send_each_mail_once(postgres_database: Database, smtp_sink: SmtpSink, clock: Clock) -> None:
    for number in range(60):
        add(postgres_database, f"m{number}")

    async def node(name: str) -> int:
        relay = SmtpRelay(RelaySettings(host="127.0.0.1", port=smtp_sink.port, local_hostname="tac.example", tls="none"))
        sent = 0
        while True:
            found = await deliver_due(postgres_database, relay, owner=name, clock=clock, limit=7)
            sent += found.sent
            if not found.leased:
                await relay.close()
                return sent

    async def both() -> list[int]:
        return list(await asyncio.gather(node("node-1"), node("node-2")))

    assert sum(asyncio.run(both())) == 60
    assert [len(found) for found in smtp_sink.by_message_id().values()] == [1] * 60


def test_a_surprise_in_the_relay_sets_one_mail_aside_and_not_the_others(
    sqlite_database: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Surprising(ScriptedRelay):
        async def send(
            self,
            envelope_from: str,
            recipient: str,
            raw: bytes,
            on_data: Callable[[], Awaitable[None]] | None = None,
            *,
            envelope_id: str = "",
        ) -> Outcome:
            if recipient == BERT:
                raise RuntimeError("what is this")
            return await super().send(envelope_from, recipient, raw, on_data, envelope_id=envelope_id)

    add(sqlite_database, "one", ANNA, BERT)
    assert deliver_by(sqlite_database, Surprising([Sent("250 ok")]), clock) == DeliveryRound(leased=2, sent=1, deferred=1)
    assert [record.exc_info is not None for record in caplog.records if "unexpected" in record.message] == [True]
