"""SmtpRelay against real servers, honest and faulty ones."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from mailflow.delivery.relay import Ambiguous, Outcome, OwnFault, PermanentFailure, Sent, TemporaryFailure
from mailflow.delivery.settings import InsecureRelay, RelaySettings
from mailflow.delivery.smtp import SmtpRelay
from tests.servers.certificate import Certificate
from tests.servers.proxy import FaultProxy
from tests.servers.smtp import SmtpSink, run_smtp_sink

T = TypeVar("T")

DESK, ANNA = "desk@tac.example", "anna@customer.example"
MAIL = b"Message-ID: <one@tac.example>\r\nSubject: hello\r\n\r\n.a dot\r\n..\r\n.\r\nend\r\n"


def settings(port: int, **changes: Any) -> RelaySettings:
    options: dict[str, Any] = {"local_hostname": "tac.example", "tls": "none", "command_timeout": 5, "dot_timeout": 5, **changes}
    return RelaySettings(host=options.pop("host", "127.0.0.1"), port=port, **options)


def with_relay(where: RelaySettings, use: Callable[[SmtpRelay], Awaitable[T]]) -> T:
    async def run() -> T:
        relay = SmtpRelay(where)
        try:
            return await use(relay)
        finally:
            await relay.close()

    return asyncio.run(run())


def send(where: RelaySettings, raw: bytes = MAIL, recipient: str = ANNA, sender: str = DESK) -> Outcome:
    return with_relay(where, lambda relay: relay.send(sender, recipient, raw, envelope_id="one@tac.example"))


@contextmanager
def scripted(script: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server whose whole behaviour is `script`, for one connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            script(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def test_a_mail_arrives_byte_for_byte(smtp_sink: SmtpSink) -> None:
    assert send(settings(smtp_sink.port)) == Sent("250 2.0.0 Ok: queued as 00000001")
    (reception,) = smtp_sink.receptions
    assert (reception.envelope_from, reception.recipients, reception.raw) == (DESK, (ANNA,), MAIL)


def test_a_large_mail_arrives_byte_for_byte(smtp_sink: SmtpSink) -> None:
    raw = b"Subject: big\r\n\r\n" + (b"." + b"x" * 75 + b"\r\n") * 40_000
    assert isinstance(send(settings(smtp_sink.port), raw), Sent)
    assert smtp_sink.receptions[0].raw == raw


def test_the_null_sender_is_sent(smtp_sink: SmtpSink) -> None:
    assert isinstance(send(settings(smtp_sink.port), sender=""), Sent)
    assert smtp_sink.receptions[0].envelope_from == ""


def test_one_connection_serves_many_mails(smtp_sink: SmtpSink) -> None:
    async def use(relay: SmtpRelay) -> list[Outcome]:
        return [await relay.send(DESK, ANNA, MAIL) for _ in range(10)]

    outcomes = with_relay(settings(smtp_sink.port), use)
    assert [isinstance(outcome, Sent) for outcome in outcomes] == [True] * 10
    assert len(smtp_sink.connections) == 1


def test_mails_at_once_use_as_many_connections_as_allowed(smtp_sink: SmtpSink) -> None:
    async def use(relay: SmtpRelay) -> list[Outcome]:
        return await asyncio.gather(*(relay.send(DESK, ANNA, MAIL) for _ in range(20)))

    outcomes = with_relay(settings(smtp_sink.port, connections=3), use)
    assert [isinstance(outcome, Sent) for outcome in outcomes] == [True] * 20
    assert len(smtp_sink.connections) == 3


def test_a_refused_recipient_does_not_spoil_the_connection(smtp_sink: SmtpSink) -> None:
    smtp_sink.faults.recipients = {"bad@x.example": "550 5.1.1 no such user", "grey@x.example": "451 4.7.1 greylisted"}

    async def use(relay: SmtpRelay) -> list[Outcome]:
        return [await relay.send(DESK, to, MAIL) for to in ("bad@x.example", "grey@x.example", ANNA)]

    bad, grey, good = with_relay(settings(smtp_sink.port), use)
    assert bad == PermanentFailure("550 5.1.1 no such user")
    assert grey == TemporaryFailure("451 4.7.1 greylisted", before_data=True)
    assert isinstance(good, Sent)
    assert [reception.recipients for reception in smtp_sink.receptions] == [(ANNA,)]
    assert len(smtp_sink.connections) == 1


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("MAIL", "451 4.3.0 later", TemporaryFailure("451 4.3.0 later", before_data=True)),
        ("MAIL", "550 5.7.1 not you", OwnFault("our sender is refused: 550 5.7.1 not you")),
        ("MAIL", "530 5.7.0 log in", OwnFault("MAIL: 530 5.7.0 log in")),
        ("RCPT", "421 4.3.2 closing", TemporaryFailure("421 4.3.2 closing", before_data=True)),
        ("RCPT", "554 5.7.1 no", PermanentFailure("554 5.7.1 no")),
        ("DATA", "451 4.3.0 later", TemporaryFailure("451 4.3.0 later", before_data=False)),
        ("DATA", "554 5.5.1 no", PermanentFailure("554 5.5.1 no")),
        ("DOT", "452 4.3.1 disk full", TemporaryFailure("452 4.3.1 disk full", before_data=False)),
        ("DOT", "552 5.3.4 too big", PermanentFailure("552 5.3.4 too big")),
    ],
)
def test_an_answer_at_each_stage_has_its_meaning(smtp_sink: SmtpSink, stage: str, answer: str, expected: Outcome) -> None:
    smtp_sink.faults.stages[stage] = answer
    assert send(settings(smtp_sink.port)) == expected
    assert smtp_sink.receptions == []


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_cut_before_the_dot_is_not_ambiguous(smtp_sink: SmtpSink, stage: str) -> None:
    smtp_sink.faults.cut_before = stage
    outcome = send(settings(smtp_sink.port))
    assert isinstance(outcome, TemporaryFailure)
    assert (outcome.before_data, outcome.relay_down, smtp_sink.receptions) == (True, False, [])


def test_a_cut_after_the_dot_is_ambiguous_although_the_mail_arrived(smtp_sink: SmtpSink) -> None:
    smtp_sink.faults.cut_before = "DOT"
    assert isinstance(send(settings(smtp_sink.port)), Ambiguous)
    assert len(smtp_sink.receptions) == 1


def test_an_answer_lost_on_the_way_back_is_ambiguous(smtp_sink: SmtpSink, fault_proxy: Callable[[int], FaultProxy]) -> None:
    proxy = fault_proxy(smtp_sink.port)
    proxy.cut_at = b"\r\n.\r\n"
    assert isinstance(send(settings(proxy.port), b"Subject: x\r\n\r\nx\r\n"), Ambiguous)
    smtp_sink.wait_for(1)


def test_silence_after_the_dot_is_ambiguous(smtp_sink: SmtpSink) -> None:
    smtp_sink.faults.delay_dot = 2
    assert isinstance(send(settings(smtp_sink.port, dot_timeout=0.3)), Ambiguous)


def test_a_slow_answer_to_the_dot_is_waited_for(smtp_sink: SmtpSink) -> None:
    smtp_sink.faults.delay_dot = 0.8
    assert isinstance(send(settings(smtp_sink.port, command_timeout=0.3)), Sent)
    assert RelaySettings(host="localhost", port=25, local_hostname="x", tls="none").dot_timeout >= 600


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-q", "."), Ambiguous),
        (("-q", "data"), TemporaryFailure),
        (("-q", "mail"), TemporaryFailure),
        (("-r", "rcpt"), TemporaryFailure),
        (("-r", "."), TemporaryFailure),
        (("-f", "."), PermanentFailure),
        (("-f", "mail"), OwnFault),
        (("-f", "rcpt"), PermanentFailure),
        (("-f", "ehlo"), OwnFault),
        (("-r", "connect"), TemporaryFailure),
    ],
)
def test_the_faults_of_postfix_own_test_server(postfix_sink: Callable[..., int], options: tuple[str, ...], expected: type) -> None:
    assert type(send(settings(postfix_sink(*options)))) is expected


def test_a_break_within_a_large_mail_is_not_ambiguous(smtp_sink: SmtpSink) -> None:
    def script(connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            connection.sendall(b"220 here\r\n")
            for line in reader:
                if line.startswith(b"DATA"):
                    connection.sendall(b"354 go\r\n")
                    reader.read(100_000)
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                connection.sendall(b"250 ok\r\n")

    with scripted(script) as port:
        outcome = send(settings(port), b"Subject: big\r\n\r\n" + b"x\r\n" * 4_000_000)
    assert isinstance(outcome, TemporaryFailure)
    assert outcome.before_data is False


def test_a_server_that_stops_reading_the_mail_is_left() -> None:
    released = threading.Event()

    def script(connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            connection.sendall(b"220 here\r\n")
            for line in reader:
                connection.sendall(b"354 go\r\n" if line.startswith(b"DATA") else b"250 ok\r\n")
                if line.startswith(b"DATA"):
                    released.wait(10)
                    return

    with scripted(script) as port:
        outcome = send(settings(port, data_timeout=0.5), b"Subject: big\r\n\r\n" + b"x\r\n" * 5_000_000)
        released.set()
    assert outcome == TemporaryFailure("the connection broke: the server stopped reading the mail", before_data=False)


def test_a_kept_connection_that_died_is_replaced_without_a_word(smtp_sink: SmtpSink) -> None:
    async def use(relay: SmtpRelay) -> list[Outcome]:
        first = await relay.send(DESK, ANNA, MAIL)
        smtp_sink.stop()
        smtp_sink.start()
        return [first, await relay.send(DESK, ANNA, MAIL)]

    assert [type(outcome) for outcome in with_relay(settings(smtp_sink.port), use)] == [Sent, Sent]


def test_a_kept_connection_that_the_server_closes_with_421_is_replaced(smtp_sink: SmtpSink) -> None:
    async def use(relay: SmtpRelay) -> list[Outcome]:
        first = await relay.send(DESK, ANNA, MAIL)
        smtp_sink.faults.stages, smtp_sink.faults.times = {"MAIL": "421 4.4.2 idle too long"}, 1
        return [first, await relay.send(DESK, ANNA, MAIL)]

    assert [type(outcome) for outcome in with_relay(settings(smtp_sink.port), use)] == [Sent, Sent]
    assert len(smtp_sink.receptions) == 2


def test_a_relay_that_is_not_there_is_told_from_one_that_refuses_the_mail() -> None:
    outcome = send(settings(1))
    assert isinstance(outcome, TemporaryFailure)
    assert (outcome.relay_down, outcome.before_data) == (True, True)


def test_a_wrong_password_is_our_own_fault_and_is_not_tried_again_at_once() -> None:
    with run_smtp_sink(login=("desk", "right")) as sink:

        async def use(relay: SmtpRelay) -> list[Outcome]:
            first = await relay.send(DESK, ANNA, MAIL)
            sink.stop()
            return [first, await relay.send(DESK, ANNA, MAIL)]

        first, second = with_relay(settings(sink.port, user="desk", password="wrong"), use)
    assert isinstance(first, OwnFault)
    assert "535" in first.reason
    assert second == first


def test_the_right_password_is_accepted() -> None:
    with run_smtp_sink(login=("desk", "right")) as sink:
        assert isinstance(send(settings(sink.port, user="desk", password="right")), Sent)


def test_starttls_and_tls_are_verified(certificate: Certificate) -> None:
    trusted, served = certificate.client_context(), certificate.server_context()
    with run_smtp_sink(starttls=served) as sink:
        assert isinstance(send(settings(sink.port, tls="starttls", tls_context=trusted)), Sent)
        assert isinstance(send(settings(sink.port, tls="starttls")), OwnFault)
    with run_smtp_sink(tls=served) as sink:
        assert isinstance(send(settings(sink.port, tls="tls", tls_context=trusted)), Sent)
        assert isinstance(send(settings(sink.port, tls="tls")), OwnFault)


def test_a_server_that_offers_no_starttls_gets_neither_password_nor_mail(
    smtp_sink: SmtpSink, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    proxy = fault_proxy(smtp_sink.port)
    outcome = send(settings(proxy.port, tls="starttls", user="desk", password="secret"))
    assert isinstance(outcome, OwnFault)
    assert [word for word in (b"AUTH", b"MAIL", b"secret") if word in proxy.sent_up] == []


def test_a_password_in_clear_over_a_network_is_refused_in_the_settings() -> None:
    with pytest.raises(InsecureRelay):
        settings(25, host="relay.test.example", user="desk", password="secret")
    assert "secret" not in repr(settings(25, user="desk", password="secret"))


def test_a_hostile_address_fails_alone_and_is_never_sent(smtp_sink: SmtpSink, fault_proxy: Callable[[int], FaultProxy]) -> None:
    proxy = fault_proxy(smtp_sink.port)
    outcome = send(settings(proxy.port), recipient="a@x.example>\r\nRCPT TO:<victim@y.example")
    assert isinstance(outcome, PermanentFailure)
    assert bytes(proxy.sent_up) == b""


def test_smuggled_commands_stay_within_the_mail(smtp_sink: SmtpSink) -> None:
    raw = b"Subject: x\r\n\r\na\n.\r\nMAIL FROM:<evil@x.example>\r\n.\r\nb\r.\r\nc\r\n"
    assert isinstance(send(settings(smtp_sink.port), raw), Sent)
    assert [reception.raw for reception in smtp_sink.receptions] == [
        b"Subject: x\r\n\r\na\r\n.\r\nMAIL FROM:<evil@x.example>\r\n.\r\nb\r\n.\r\nc\r\n"
    ]


def test_eight_bit_mail_is_declared(smtp_sink: SmtpSink) -> None:
    assert isinstance(send(settings(smtp_sink.port), "Subject: x\r\n\r\nzażółć\r\n".encode()), Sent)
    assert "BODY=8BITMIME" in smtp_sink.receptions[0].mail_options


def test_an_address_that_the_server_cannot_take_fails_alone(smtp_sink: SmtpSink) -> None:
    outcome = send(settings(smtp_sink.port), recipient="技术@例子.example")
    assert outcome == PermanentFailure("the address has characters that the server does not take")


def test_a_mail_beyond_the_servers_limit_fails_before_it_is_sent(smtp_sink: SmtpSink) -> None:
    outcome = send(settings(smtp_sink.port), b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 21_000_000)
    assert outcome == PermanentFailure("552 5.3.4 the mail has 42000084 octets, the server takes 40000000")


def test_delivery_reports_are_asked_for_where_the_server_knows_them() -> None:
    lines: list[bytes] = []

    def script(connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            connection.sendall(b"220 here\r\n")
            for line in reader:
                lines.append(line.strip())
                answer = b"354 go\r\n" if line.startswith(b"DATA") else b"250-here\r\n250 DSN\r\n" if line.startswith(b"EHLO") else b""
                if not (lines and b"DATA" in lines and line.strip() not in (b"DATA", b".", b"QUIT")):
                    connection.sendall(answer or b"250 ok\r\n")

    with scripted(script) as port:
        assert isinstance(send(settings(port)), Sent)
    assert lines[1:3] == [
        b"MAIL FROM:<desk@tac.example> RET=HDRS ENVID=one@tac.example",
        b"RCPT TO:<anna@customer.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;anna@customer.example",
    ]


def test_what_on_data_raises_ends_the_try_before_the_mail_and_comes_back(smtp_sink: SmtpSink) -> None:
    async def refuse() -> None:
        raise LookupError("not ours any more")

    async def use(relay: SmtpRelay) -> list[Outcome]:
        with pytest.raises(LookupError):
            await relay.send(DESK, ANNA, MAIL, refuse)
        return [await relay.send(DESK, ANNA, MAIL)]

    (after,) = with_relay(settings(smtp_sink.port), use)
    assert isinstance(after, Sent)
    assert len(smtp_sink.receptions) == 1


def test_a_server_that_allows_one_connection_still_gets_all_mails(smtp_sink: SmtpSink) -> None:
    accepted: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_first_only() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            accepted.append(connection)
            if len(accepted) > 1:
                connection.sendall(b"421 4.7.0 too many connections\r\n")
                connection.close()
                continue
            upstream = socket.create_connection(("127.0.0.1", smtp_sink.port))
            for one, other in ((connection, upstream), (upstream, connection)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    threading.Thread(target=serve_first_only, daemon=True).start()

    async def use(relay: SmtpRelay) -> list[Outcome]:
        return await asyncio.gather(*(relay.send(DESK, ANNA, MAIL) for _ in range(6)))

    outcomes = with_relay(settings(listener.getsockname()[1], connections=3), use)
    listener.close()
    assert [type(outcome) for outcome in outcomes] == [Sent] * 6


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass


def test_a_cancelled_try_leaves_no_half_mail(smtp_sink: SmtpSink) -> None:
    async def use(relay: SmtpRelay) -> None:
        started = asyncio.Event()

        async def wait_for_ever() -> None:
            started.set()
            await asyncio.sleep(60)

        task = asyncio.ensure_future(relay.send(DESK, ANNA, MAIL, wait_for_ever))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    coroutine: Callable[[SmtpRelay], Coroutine[Any, Any, None]] = use
    with_relay(settings(smtp_sink.port), coroutine)
    assert smtp_sink.receptions == []


def test_the_probe_names_the_servers_extensions(smtp_sink: SmtpSink) -> None:
    outcome = with_relay(settings(smtp_sink.port), lambda relay: relay.probe())
    assert outcome == Sent("8bitmime help size")
