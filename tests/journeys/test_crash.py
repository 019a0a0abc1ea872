"""kill -9 at every named point, then a start as after any crash: nothing lost, nothing doubled but what RFC 1047 leaves open.

What is looked at afterwards comes from plain SQL, the IMAP server's own list and the SMTP server's own receptions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailflow.settings import shipped_desks
from tests.journeys.crash_table import CrashRow, note
from tests.journeys.installation import KILLED, MAILBOXES, Installation
from tests.journeys.oracle import Oracle
from tests.journeys.people import ANNA, ANNAS_PART, ANNAS_SECOND_SERIAL, ANNAS_SERIAL, CSE, MAREK, MAREKS_SERIAL, follow_up, request

TOLD = frozenset({"$MailflowStored"})


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a kill at a point may leave: further copies of one mail, and tries recorded as of unknown outcome."""

    copies: tuple[int, ...] = (0,)
    ambiguous: tuple[int, ...] = (0,)


POINTS = {
    "imap.after_fetch": Allowed(),
    "intake.before_commit": Allowed(),
    "intake.after_commit": Allowed(),
    "imap.after_seen": Allowed(),
    "proc.before_commit": Allowed(),
    "proc.after_commit": Allowed(),
    "outbox.after_lease": Allowed(),
    "smtp.after_rcpt": Allowed(),
    # From the DATA command on only the server knows; nothing arrived here, but that cannot be told from the case below.
    "smtp.mid_data": Allowed(ambiguous=(1,)),
    # Whether the server has read the dot when the connection ends under it is its own affair.
    "smtp.after_dot": Allowed(copies=(0, 1), ambiguous=(1,)),
    "smtp.after_250": Allowed(copies=(1,), ambiguous=(1,)),
    # The commit that settles a mail also lets the next one in, if that waits already; it has not begun to leave.
    "outbox.after_commit": Allowed(ambiguous=(0, 1)),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_nothing_and_doubles_nothing(
    point: str, kind: str, installation: Installation, oracle: Oracle, record_property: Callable[[str, object], None]
) -> None:
    incomplete = request(MAREK, "")
    installation.deliver(request(ANNA, ANNAS_SERIAL), incomplete, request(ANNA, ANNAS_SECOND_SERIAL))
    installation.deliver(follow_up(incomplete, MAREK, f"Serial number: {MAREKS_SERIAL}"))
    assert installation.run_once(f"{point}:kill").status == KILLED

    installation.must_run_once()

    note(record_property, _row(point, kind, installation, oracle))
    assert oracle.inbound_places() == sorted(installation.uids())
    assert oracle.inbound_states() == {"opened": 3, "added": 1}
    assert oracle.cases() == [("service_request", "accepted")] * 3
    assert oracle.notices() == {
        # name: how many were written
        "service_request/accepted": 3,
        "service_request/information_request": 1,
        "service_request/customer_message": 4,
    }
    assert [delivery.state for delivery in oracle.deliveries()] == ["sent"] * 12
    assert oracle.unfinished() == 0
    allowed = POINTS[point]
    assert sum(delivery.received - 1 for delivery in oracle.deliveries()) in allowed.copies
    assert oracle.ambiguous() in allowed.ambiguous
    assert _beyond_what_was_recorded(oracle) == []
    assert (oracle.unexpected(), oracle.altered(), oracle.damage()) == (set(), set(), [])
    assert _flags(installation) == {TOLD}


@pytest.mark.parametrize(
    ("point", "ended", "received"),
    [
        ("sched.before_commit", ("sent", 0), (1,)),
        ("sched.after_commit", ("sent", 0), (1,)),
        # From the DATA command on nobody may send it again but a human.
        ("smtp.mid_data", ("held", 1), (0,)),
        ("smtp.after_dot", ("held", 1), (0, 1)),
        ("smtp.after_250", ("held", 1), (1,)),
    ],
)
def test_a_final_notice_is_written_once_and_sent_at_most_once(
    point: str,
    ended: tuple[str, int],
    received: tuple[int, ...],
    kind: str,
    installation: Installation,
    oracle: Oracle,
    record_property: Callable[[str, object], None],
) -> None:
    _work_today(installation)
    _bring_to_the_last_day(installation)
    oracle.let_deadline_come("final_notice")
    assert installation.run_once(f"{point}:kill").status == KILLED

    installation.must_run_once()

    note(record_property, _row(f"{point} (final notice)", kind, installation, oracle))
    (final,) = oracle.deliveries("rma/final_notice")
    assert (final.state, final.ambiguous) == ended
    assert final.received in received
    assert {(delivery.state, delivery.received) for delivery in oracle.deliveries() if delivery != final} == {("sent", 1)}
    assert oracle.cases() == [("rma", "overdue"), ("service_request", "in progress")]
    assert (oracle.unfinished(), oracle.unexpected(), oracle.damage()) == (0, set(), [])


def _work_today(installation: Installation) -> None:
    """A desk whose calendar makes today and tomorrow working days: final notices wait for one (T2)."""
    today = datetime.now(ZoneInfo("Europe/Bucharest")).date()
    shipped = (shipped_desks() / "huawei-tac" / "desk.toml").read_text()
    own = shipped.replace("extra_working_days = []", f"extra_working_days = [{today}, {today + timedelta(days=1)}]")
    assert own != shipped
    folder = installation.folder / "desks" / "huawei-tac"
    folder.mkdir(parents=True)
    (folder / "desk.toml").write_text(own)


def _bring_to_the_last_day(installation: Installation) -> None:
    """An advance replacement that reached the customer; what remains is to wait for the faulty part."""
    opening = request(ANNA, ANNAS_SERIAL)
    today = datetime.now(ZoneInfo("Europe/Bucharest")).date()
    commands = f"/rma advance 1 x {ANNAS_PART} serial {ANNAS_SERIAL}\n/shipped DHL 4711\n/delivered {today}"
    installation.deliver(opening, follow_up(opening, CSE, commands))
    installation.must_run_once()


def _flags(installation: Installation) -> set[frozenset[str]]:
    return {flags for box in MAILBOXES for flags in installation.dovecot.flags(box).values()}


def _beyond_what_was_recorded(oracle: Oracle) -> list[object]:
    """Deliveries that never arrived, or arrived more often than 1 + what is recorded as unknown (promise P3)."""
    return [delivery for delivery in oracle.deliveries() if not 1 <= delivery.received <= 1 + delivery.ambiguous]


def _row(point: str, kind: str, installation: Installation, oracle: Oracle) -> CrashRow:
    deliveries = oracle.deliveries()
    return CrashRow(
        point=point,
        database=kind,
        mails=len(installation.uids()),
        lost=len(installation.uids() - set(oracle.inbound_places())),
        cases=len(oracle.cases()),
        deliveries=len(deliveries),
        received=sum(delivery.received for delivery in deliveries),
        copies=sum(max(0, delivery.received - 1) for delivery in deliveries),
        ambiguous=oracle.ambiguous(),
        held=sum(delivery.state == "held" for delivery in deliveries),
    )
