"""ImapSource against a real Dovecot."""

from __future__ import annotations

import imaplib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.intake.source import FetchedMail, InsecureConnection, LoginRefused, SourceUnavailable
from tests.servers.dovecot import Dovecot, run_dovecot
from tests.servers.proxy import FaultProxy


def mail(name: str, size: int = 0) -> bytes:
    return f"Message-ID: <{name}@test.example>\r\nSubject: {name}\r\n\r\n".encode() + b"x" * size + b"\r\n"


def account(server: Dovecot, user: str = "tac", **changes: Any) -> ImapAccount:
    plain = ImapAccount(host=server.host, port=server.port, user=user, password=server.password, tls="none")
    return replace(plain, **changes)


def nothing_known(_uidvalidity: int, _uids: Sequence[int]) -> Collection[int]:
    return ()


def fetch_all(source: ImapSource, known: Callable[[int, Sequence[int]], Collection[int]] = nothing_known) -> list[FetchedMail]:
    return [one for batch in source.fetch_new(known) for one in batch]


def subjects(mails: list[FetchedMail]) -> list[str]:
    return [(one.raw or one.headers).split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in mails]


@contextmanager
def later(seconds: float, act: Callable[[], object]) -> Iterator[None]:
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_a_mail_comes_with_its_bytes_and_the_servers_moment(dovecot: Dovecot) -> None:
    at = datetime(2026, 11, 20, 8, 5, 7, tzinfo=UTC)
    uid = dovecot.deliver("tac", mail("one"), at)
    with ImapSource(account(dovecot)) as source:
        uidvalidity = source.uidvalidity
        (found,) = fetch_all(source)
    assert found == FetchedMail(uidvalidity=uidvalidity, uid=uid, received_at=at, raw=mail("one"), size=len(mail("one")))
    assert found.received_at is not None
    assert found.received_at.tzinfo is UTC


def test_reading_sets_no_flag(dovecot: Dovecot) -> None:
    uid = dovecot.deliver("tac", mail("one"))
    with ImapSource(account(dovecot)) as source:
        fetch_all(source)
    assert dovecot.flags("tac") == {uid: frozenset()}


def test_mails_that_a_human_has_read_come_all_the_same(dovecot: Dovecot) -> None:
    dovecot.deliver("tac", mail("one"), flags="(\\Seen)")
    with ImapSource(account(dovecot)) as source:
        assert subjects(fetch_all(source)) == ["one"]


def test_known_mails_are_not_fetched_and_batches_hold_fifty(dovecot: Dovecot) -> None:
    uids = dovecot.deliver_all("tac", [mail(f"m{number}") for number in range(120)])
    with ImapSource(account(dovecot)) as source:
        batches = [len(batch) for batch in source.fetch_new(lambda _validity, asked: {uid for uid in asked if uid <= uids[9]})]
    assert batches == [50, 50, 10]


def test_a_second_look_brings_only_what_is_new(dovecot: Dovecot) -> None:
    dovecot.deliver("tac", mail("one"))
    with ImapSource(account(dovecot)) as source:
        first = subjects(fetch_all(source))
        second = subjects(fetch_all(source))
        dovecot.deliver("tac", mail("two"))
        third = subjects(fetch_all(source))
    assert (first, second, third) == (["one"], [], ["two"])


def test_a_look_that_was_broken_off_brings_the_rest_again(dovecot: Dovecot) -> None:
    dovecot.deliver_all("tac", [mail(f"m{number}") for number in range(60)])
    with ImapSource(account(dovecot)) as source:
        first = next(iter(source.fetch_new(nothing_known)))
        stored = {one.uid for one in first}
        rest = fetch_all(source, lambda _validity, asked: stored.intersection(asked))
    assert (len(first), len(rest)) == (50, 10)


def test_an_oversize_mail_comes_as_headers_only(dovecot: Dovecot) -> None:
    dovecot.deliver_all("tac", [mail("small"), mail("huge", 50_000), mail("after")])
    with ImapSource(account(dovecot, max_size=10_000)) as source:
        small, huge, after = fetch_all(source)
    assert subjects([small, huge, after]) == ["small", "huge", "after"]
    assert (huge.raw, huge.size, huge.headers) == (None, len(mail("huge", 50_000)), mail("huge").removesuffix(b"\r\n"))
    assert (small.raw, after.raw) == (mail("small"), mail("after"))


def test_mails_gone_before_they_were_fetched_are_no_error(dovecot: Dovecot) -> None:
    uids = dovecot.deliver_all("tac", [mail(f"m{number}") for number in range(6)])

    def expunging(_validity: int, _asked: Sequence[int]) -> Collection[int]:
        dovecot.expunge("tac", uids[1:3])
        return ()

    with ImapSource(account(dovecot)) as source:
        found = subjects(fetch_all(source, expunging))
        dovecot.deliver("tac", mail("next"))
        after = subjects(fetch_all(source))
    assert (found, after) == (["m0", "m3", "m4", "m5"], ["next"])


def test_stored_mails_get_our_keyword(dovecot: Dovecot) -> None:
    uids = dovecot.deliver_all("tac", [mail("one"), mail("two")])
    with ImapSource(account(dovecot)) as source:
        assert source.acknowledge(uids) == uids
    assert dovecot.flags("tac") == {uids[0]: frozenset({"$MailflowStored"}), uids[1]: frozenset({"$MailflowStored"})}


def test_stored_mails_move_to_a_folder_that_is_made_when_missing(dovecot: Dovecot) -> None:
    uid = dovecot.deliver("tac", mail("one"))
    with ImapSource(account(dovecot, after_storing="move:Stored")) as source:
        assert source.acknowledge([uid]) == [uid]
    assert (dovecot.uids("tac"), len(dovecot.uids("tac", "Stored"))) == ([], 1)


def test_a_server_without_move_is_served_by_copy_and_expunge_of_just_these() -> None:
    with run_dovecot(extra="imap_capability = IMAP4rev1 UIDPLUS IDLE AUTH=PLAIN") as limited:
        limited.create_folder("tac", "Stored")
        one, two = limited.deliver_all("tac", [mail("one"), mail("two")])
        with limited.session("tac") as human:
            human.uid("STORE", str(two), "+FLAGS", "(\\Deleted)")
        with ImapSource(account(limited, after_storing="move:Stored")) as source:
            assert source.acknowledge([one]) == [one]
        assert limited.flags("tac") == {two: frozenset({"\\Deleted"})}
        assert len(limited.uids("tac", "Stored")) == 1


def test_nothing_is_changed_when_nothing_is_wanted(dovecot: Dovecot) -> None:
    uid = dovecot.deliver("tac", mail("one"))
    with ImapSource(account(dovecot, after_storing="nothing")) as source:
        assert source.acknowledge([uid]) == [uid]
    with ImapSource(account(dovecot, read_only=True)) as source:
        assert source.acknowledge([uid]) == [uid]
    assert dovecot.flags("tac") == {uid: frozenset()}


def test_a_refused_move_is_a_warning_and_not_an_end(dovecot: Dovecot) -> None:
    uid = dovecot.deliver("tac", mail("one"))
    with ImapSource(account(dovecot, after_storing="move:a/../b")) as source:
        assert source.acknowledge([uid]) == []
        assert subjects(fetch_all(source)) == ["one"]


def test_idle_wakes_within_two_seconds(dovecot: Dovecot) -> None:
    dovecot.deliver("tac", mail("one"))
    with ImapSource(account(dovecot)) as source:
        fetch_all(source)
        begun = time.monotonic()
        with later(0.2, lambda: dovecot.deliver("tac", mail("two"))):
            news = source.wait(10)
            took = time.monotonic() - begun
        assert (news, subjects(fetch_all(source))) == (True, ["two"])
    assert took < 2.2


def test_idle_wakes_over_tls(dovecot: Dovecot) -> None:
    secured = account(dovecot, port=dovecot.tls_port, tls="tls", tls_context=dovecot.certificate.client_context())
    with ImapSource(secured) as source:
        with later(0.2, lambda: dovecot.deliver("tac", mail("two"))):
            news = source.wait(10)
        assert (news, subjects(fetch_all(source))) == (True, ["two"])


@pytest.mark.parametrize("tls", ["none", "tls"])
def test_no_wake_up_is_lost_between_looking_and_idling(dovecot: Dovecot, tls: str) -> None:
    changes: dict[str, Any] = (
        {"port": dovecot.tls_port, "tls": "tls", "tls_context": dovecot.certificate.client_context()} if tls == "tls" else {}
    )
    slowest = 0.0
    with ImapSource(account(dovecot, **changes)) as source:
        for round_number in range(20):
            fetch_all(source)
            dovecot.deliver("tac", mail(f"m{round_number}"))
            begun = time.monotonic()
            assert source.wait(10)
            slowest = max(slowest, time.monotonic() - begun)
            assert subjects(fetch_all(source)) == [f"m{round_number}"]
    assert slowest < 2


def test_waiting_without_news_ends_in_time(dovecot: Dovecot) -> None:
    with ImapSource(account(dovecot)) as source:
        begun = time.monotonic()
        assert source.wait(0.5) is False
    assert 0.4 < time.monotonic() - begun < 1.5


def test_a_server_without_idle_is_polled() -> None:
    with run_dovecot(extra="imap_capability = IMAP4rev1 AUTH=PLAIN") as server, ImapSource(account(server, poll_interval=0.3)) as source:
        server.deliver("tac", mail("one"))
        assert source.wait(50) is True
        assert subjects(fetch_all(source)) == ["one"]


def test_an_interrupt_from_another_thread_ends_the_wait_at_once(dovecot: Dovecot) -> None:
    secured: dict[str, Any] = {"port": dovecot.tls_port, "tls": "tls", "tls_context": dovecot.certificate.client_context()}
    for changes in ({}, secured):
        with ImapSource(account(dovecot, **changes)) as source:
            begun = time.monotonic()
            with later(0.2, source.interrupt), pytest.raises(SourceUnavailable):
                source.wait(30)
            assert time.monotonic() - begun < 1


def test_a_server_that_goes_away_during_idle_is_noticed_at_once(own_dovecot: Dovecot) -> None:
    source = ImapSource(account(own_dovecot))
    with later(0.3, own_dovecot.stop), pytest.raises(SourceUnavailable):
        source.wait(30)
    source.close()


def test_a_half_open_connection_is_noticed_after_the_turn_and_the_read_timeout(
    dovecot: Dovecot, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    proxy = fault_proxy(dovecot.port)
    source = ImapSource(account(dovecot, port=proxy.port, read_timeout=0.5))
    proxy.swallow = True
    begun = time.monotonic()
    with pytest.raises(SourceUnavailable):
        source.wait(1)
    assert time.monotonic() - begun < 3
    source.close()


def test_an_operation_that_is_dragged_out_is_ended(dovecot: Dovecot, fault_proxy: Callable[[int], FaultProxy]) -> None:
    dovecot.deliver_all("tac", [mail(f"m{number}", 20_000) for number in range(20)])
    proxy = fault_proxy(dovecot.port)
    with ImapSource(account(dovecot, port=proxy.port, operation_limit=0.6)) as source:
        proxy.delay = 0.2
        with pytest.raises(SourceUnavailable, match="took too long"):
            fetch_all(source)


def test_a_cut_at_any_place_of_an_answer_gives_no_part_of_a_mail(dovecot: Dovecot, fault_proxy: Callable[[int], FaultProxy]) -> None:
    dovecot.deliver_all("tac", [mail("one", 300), mail("two", 300)])
    whole = {mail("one", 300), mail("two", 300)}
    proxy = fault_proxy(dovecot.port)
    for limit in range(20, 3000, 101):
        proxy.cut_down_after = limit
        found: list[FetchedMail] = []
        try:
            with ImapSource(account(dovecot, port=proxy.port)) as source:
                found = fetch_all(source)
        except SourceUnavailable:
            pass
        assert {one.raw for one in found} <= whole


def test_a_wrong_password_is_told_from_other_trouble(dovecot: Dovecot) -> None:
    with pytest.raises(LoginRefused, match="AUTHENTICATIONFAILED"):
        ImapSource(account(dovecot, password="wrong"))
    with pytest.raises(SourceUnavailable) as caught:
        ImapSource(account(dovecot, port=1))
    assert not isinstance(caught.value, LoginRefused)


def test_a_missing_folder_is_named(dovecot: Dovecot) -> None:
    with pytest.raises(SourceUnavailable, match="Nowhere"):
        ImapSource(account(dovecot, folder="Nowhere"))


def test_certificates_are_verified(dovecot: Dovecot) -> None:
    with pytest.raises(SourceUnavailable, match="certificate verify failed"):
        ImapSource(account(dovecot, port=dovecot.tls_port, tls="tls"))
    trusted = dovecot.certificate.client_context()
    ImapSource(account(dovecot, port=dovecot.tls_port, tls="tls", tls_context=trusted, host="localhost")).close()
    with run_dovecot(names="DNS:mail.test.example") as other:
        trusted = other.certificate.client_context()
        with pytest.raises(SourceUnavailable, match="mismatch"):
            ImapSource(account(other, port=other.tls_port, tls="tls", tls_context=trusted))


def test_starttls_secures_before_the_password_leaves(fault_proxy: Callable[[int], FaultProxy]) -> None:
    with run_dovecot(tls_only=True) as server:
        server_context = server.certificate.client_context()
        proxy = fault_proxy(server.port)
        with ImapSource(account(server, port=proxy.port, tls="starttls", tls_context=server_context)) as source:
            assert source.list_uids() == []
        assert b"STARTTLS" in proxy.sent_up
        assert server.password.encode() not in proxy.sent_up


def test_a_server_that_offers_no_starttls_gets_no_password(fault_proxy: Callable[[int], FaultProxy]) -> None:
    with run_dovecot(extra="imap_capability = IMAP4rev1 AUTH=PLAIN\nssl = no") as server:
        proxy = fault_proxy(server.port)
        with pytest.raises(SourceUnavailable):
            ImapSource(account(server, port=proxy.port, tls="starttls"))
        assert b"tac" not in proxy.sent_up


def test_a_network_without_tls_is_refused_in_the_settings() -> None:
    with pytest.raises(InsecureConnection):
        ImapAccount(host="imap.test.example", port=143, user="tac", tls="none")
    assert ImapAccount(host="::1", port=143, user="tac", tls="none").tls == "none"


def test_a_wrong_way_of_acknowledging_is_refused_in_the_settings() -> None:
    for wrong in ("move:", "delete", ""):
        with pytest.raises(ValueError, match="after_storing"):
            ImapAccount(host="localhost", port=143, user="tac", tls="none", after_storing=wrong)


def test_the_password_is_not_in_the_settings_text() -> None:
    assert "secret" not in repr(ImapAccount(host="localhost", port=993, user="tac", password="secret"))


def test_uids_are_listed_for_audits(dovecot: Dovecot) -> None:
    uids = dovecot.deliver_all("tac", [mail(f"m{number}") for number in range(3)])
    with ImapSource(account(dovecot)) as source:
        assert source.list_uids() == uids


def test_a_full_server_is_trouble_and_no_refused_log_in() -> None:
    with run_dovecot(connections=1) as server, imaplib.IMAP4(server.host, server.port) as other:
        other.login("tac", server.password)
        with pytest.raises(SourceUnavailable) as caught:
            ImapSource(account(server))
        assert not isinstance(caught.value, LoginRefused)
