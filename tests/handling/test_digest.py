"""Digests as mails: once, to whom they concern, in their language (BX12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mailflow.handling.handle_deadline import handle_deadlines
from mailflow.handling.handle_digest import handle_digests, next_digest_moment
from mailflow.policy.register import Contact, Contract, Device, Partner
from mailflow.store import deadline, inbound, outbox
from mailflow.store.notice import NoticeRow
from mailflow.store.register import replace_register
from tests.handling.conftest import REGISTER, START, DeskAtWork
from tests.handling.test_command import CCR, CSE, one_line
from tests.handling.test_handle_mail import ANNA, issue_return, open_request

WAREHOUSE, ADMIN = "warehouse@tac.example", "admin@tac.example"
MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""08:00 in Bucharest."""


def partner(domain: str, contact: str) -> Partner:
    return Partner(name=domain, domain=domain, service_manager="", spare_parts_contact=contact, stars=3, certified_from=None)


def look(desk: DeskAtWork, at: datetime) -> list[NoticeRow]:
    """What the digests that are due at an instant write, once the deadlines up to then have fallen."""
    desk.now = at
    while handle_deadlines(desk.services, at):
        pass
    before = len(desk.all_notices())
    handle_digests(desk.services, at)
    return desk.all_notices()[before:]


def at_work(desk: DeskAtWork) -> DeskAtWork:
    """Friday, 20 November, 11:00 in Bucharest: the desk goes live."""
    assert look(desk, START) == []
    return desk


def deliver_replacement(desk: DeskAtWork, day: str) -> str:
    number = issue_return(desk)
    desk.write(CCR, f"Re: {number}", f"/shipped {number} DHL 123\n/delivered {number} {day}\n")
    assert desk.case(number).details.return_due is not None
    return number


def test_a_first_start_tells_nothing_of_the_time_before_it(desk: DeskAtWork) -> None:
    """The digest of that Friday morning had passed three hours ago."""
    open_request(desk)
    assert look(desk, START) == []
    assert look(desk, START + timedelta(hours=5)) == []


def test_a_desk_with_nothing_to_tell_sends_none(desk: DeskAtWork) -> None:
    at_work(desk)
    assert look(desk, MONDAY) == []


def test_staff_read_each_their_part_at_eight(desk: DeskAtWork) -> None:
    at_work(desk)
    desk.now = MONDAY - timedelta(minutes=30)
    number = open_request(desk)
    desk.receive(b"From: x@y.example\nTo: tac@tac.example\nX-Spam-Flag: YES\nSubject: cheap\nMessage-ID: <s@y>\n\nbuy\n")
    assert look(desk, MONDAY - timedelta(seconds=1)) == []
    written = look(desk, MONDAY)
    assert [(row.name, row.to, row.language) for row in written] == [
        ("staff/digest", (CCR, CSE), "en"),
        ("staff/digest", (ADMIN,), "en"),
    ]
    assert written[0].subject == "Digest of 23 November 2026"
    line = f"{number} (Northwind, P2): the first answer is due by 23 November 2026, 08:30 (Bucharest); nobody has taken it."
    assert line in one_line(written[0].text)
    assert "From x@y.example, “cheap”: Our border server marked it as spam." in one_line(written[1].text)


def test_parts_that_are_still_out_are_told_with_their_days(desk: DeskAtWork) -> None:
    """Delivered on Friday, 20 November; 15 business days later in Poland is Friday, 11 December. Reminders begin on the 4th."""
    at_work(desk)
    number = deliver_replacement(desk, "2026-11-20")
    assert desk.case(number).details.return_due == date(2026, 12, 11)
    assert look(desk, datetime(2026, 12, 3, 6, tzinfo=UTC)) == []
    told = (
        (4, "due in 7 days, on Friday 11 December 2026"),
        (11, "due today"),
        (14, "overdue by 3 days, since Friday 11 December 2026"),
    )
    for day, said in told:
        written = look(desk, datetime(2026, 12, day, 6, tzinfo=UTC))
        assert [row.to for row in written] == [(CCR, WAREHOUSE)]
        assert f"{number} (Northwind): 1 x 02352KLM, {said}." in one_line(written[0].text)


def test_letters_that_did_not_leave_are_told_once_refused_and_daily_while_held(desk: DeskAtWork) -> None:
    """OUT2"""
    at_work(desk)
    open_request(desk)
    with desk.services.database.write() as c:
        refused, held = outbox.lease_due(c, now=desk.now, owner="test", lease=timedelta(minutes=1), limit=2)
        outbox.mark_failed(c, refused.id, "test", "550 no such user", desk.now + timedelta(minutes=1))
        outbox.mark_held(c, held.id, "test", "outcome unknown")
    first = one_line(look(desk, MONDAY)[0].text)
    assert ("550 no such user" in first, "outcome unknown" in first) == (True, True)
    second = one_line(look(desk, MONDAY + timedelta(days=1))[0].text)
    assert ("550 no such user" in second, "outcome unknown" in second) == (False, True)


def test_a_digest_is_written_once(desk: DeskAtWork) -> None:
    """A crash, a clock that jumps, a second node: the moment is taken by whoever settles it."""
    at_work(desk)
    desk.now = MONDAY - timedelta(minutes=30)
    open_request(desk)
    assert len(look(desk, MONDAY)) == 1
    assert look(desk, MONDAY + timedelta(seconds=1)) == []
    assert look(desk, MONDAY - timedelta(days=2)) == []
    assert look(desk, MONDAY + timedelta(hours=3)) == []
    with desk.services.database.write() as c:
        assert deadline.settle_digest(c, "huawei-tac", "staff", MONDAY) is False


def test_what_breaks_while_it_is_written_leaves_no_trace(desk: DeskAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: the letters and the settled moment stand or fall together."""
    at_work(desk)
    desk.now = MONDAY - timedelta(minutes=30)
    open_request(desk)
    before = len(desk.all_notices())

    def crash(*_arguments: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(deadline, "record_letters", crash)
        with pytest.raises(RuntimeError):
            handle_digests(desk.services, MONDAY)
    assert len(desk.all_notices()) == before
    assert len(look(desk, MONDAY)) == 1


def test_after_an_outage_the_newest_is_sent_and_no_older_one(desk: DeskAtWork) -> None:
    """From Friday the 20th to Thursday the 26th; the 24th and 25th are not told again."""
    at_work(desk)
    desk.write(ANNA, "Noise", "My router is loud.\n")
    with desk.services.database.write() as c:
        outbox.mark_held(c, outbox.lease_due(c, now=desk.now, owner="t", lease=timedelta(minutes=1), limit=1)[0].id, "t", "unknown")
    thursday = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    assert {row.subject for row in look(desk, thursday)} == {"Digest of 26 November 2026"}
    assert look(desk, thursday + timedelta(hours=1)) == []


EASTWIND = Contract(
    number="HC-2",
    company="Eastwind",
    domains=("eastwind.example",),
    service_level="9x5xNBD",
    programme="hicare",
    start=date(2026, 1, 1),
    end=date(2027, 12, 31),
    language="en",
)
"""Of another customer at the same desk."""


def register_of(desk: DeskAtWork, *partners: Partner, contacts: tuple[Contact, ...] = ()) -> None:
    changed = replace(
        REGISTER,
        contracts=(*REGISTER.contracts, EASTWIND),
        devices=(*REGISTER.devices, Device(serial="2102352KLM10L5000999", part_number="02352KLM", model="NE40E-X8", contract="HC-2")),
        contacts=(*REGISTER.contacts, *contacts),
        partners=partners,
    )
    with desk.services.database.write() as c:
        replace_register(c, changed)


def test_a_partner_reads_its_own_returns_on_mondays_at_nine(desk: DeskAtWork) -> None:
    at_work(desk)
    parts = "parts@northwind.example"
    register_of(desk, partner("northwind.example", parts), partner("eastwind.example", "parts@eastwind.example"), partner("x.example", ""))
    number = deliver_replacement(desk, "2026-11-20")
    assert look(desk, MONDAY) == []
    (written,) = look(desk, MONDAY + timedelta(hours=1))
    assert (written.name, written.to, written.subject) == ("staff/digest", (parts,), "Your open returns on 23 November 2026")
    text = one_line(written.text)
    assert f"{number} {'-' * len(number)} Due with us by Friday 11 December 2026." in text
    assert "02352KLM, Main board" in text
    assert "staff of the desk" not in text
    assert look(desk, MONDAY + timedelta(days=1, hours=1)) == []


def test_the_prepared_line_of_a_partner_reaches_the_return_itself(desk: DeskAtWork) -> None:
    """BX6, BX7: answered from the digest, it is an announcement like any other."""
    at_work(desk)
    register_of(desk, partner("northwind.example", "parts@northwind.example"))
    number = deliver_replacement(desk, "2026-11-20")
    (written,) = look(desk, MONDAY + timedelta(hours=1))
    (address,) = set(re.findall(r"tac\+rma-\S+@tac\.example", one_line(written.text)))
    head = f"From: parts@northwind.example\nTo: {address}\nSubject: Re: [{number}]\nMessage-ID: <p@northwind>\n"
    row = desk.receive(f"{head}\nSHIPPED DHL JD014600003111\n".encode())
    assert (row.state, row.case_number) == ("added", number)
    assert [label.tracking for line in desk.case(number).details.lines for label in line.announced] == ["JD014600003111"]


def test_one_company_never_reads_anothers_returns(desk: DeskAtWork) -> None:
    at_work(desk)
    register_of(desk, partner("northwind.example", "parts@northwind.example"), partner("eastwind.example", "parts@eastwind.example"))
    ours = deliver_replacement(desk, "2026-11-20")
    desk.write("bo@eastwind.example", "Dead", "Serial number: 2102352KLM10L5000999\n\nIt does not start since today.\n")
    desk.write(CCR, "Re: SR-100002", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000999")
    east, north = look(desk, MONDAY + timedelta(hours=1))
    assert (north.to, east.to) == (("parts@northwind.example",), ("parts@eastwind.example",))
    for row, own, foreign in ((north, ours, "RMA-100002"), (east, "RMA-100002", ours)):
        assert own.encode() in row.raw and own in row.text
        assert foreign.lower() not in row.text.lower()
        assert foreign.lower().encode() not in row.raw.lower()


@pytest.mark.parametrize(
    ("language", "subject", "line"),
    [
        ("en", "Your open returns on 23 November 2026", "DELIVERED date"),
        ("pl", "Państwa otwarte zwroty na dzień 23 listopada 2026", "DOSTARCZONO data"),
        ("zh", "贵方未完成的退货（2026年11月23日）", "已收到 日期"),
    ],
)
def test_a_partner_is_written_to_in_its_contacts_language(desk: DeskAtWork, language: str, subject: str, line: str) -> None:
    """Until the replacement's arrival is known, the day of it is asked for (RM8)."""
    at_work(desk)
    parts = "parts@northwind.example"
    contact = Contact(email=parts, name="P", company="Northwind", contract="HC-1", role="customer", language=language)
    register_of(desk, partner("northwind.example", parts), contacts=(contact,))
    number = issue_return(desk)
    desk.write(CCR, f"Re: {number}", f"/shipped {number} DHL 123\n")
    (written,) = look(desk, MONDAY + timedelta(hours=1))
    assert (written.language, written.subject) == (language, subject)
    assert line in one_line(written.text)


def test_staff_read_their_digest_in_the_desks_first_language(desk: DeskAtWork) -> None:
    (own,) = desk.services.desks
    desk.services = replace(desk.services, desks=(replace(own, languages=("pl", "en", "zh")),))
    at_work(desk)
    desk.now = MONDAY - timedelta(minutes=30)
    number = open_request(desk)
    written = look(desk, MONDAY)[0]
    assert written.subject == "Zestawienie na dzień 23 listopada 2026"
    assert f"{number} (Northwind, P2): pierwsza odpowiedź najpóźniej 23 listopada 2026, godz. 08:30 (Bukareszt); nikt" in one_line(
        written.text
    )


def test_a_digest_that_cannot_be_written_keeps_no_other(make_desk: Callable[..., DeskAtWork], tmp_path: Path) -> None:
    """Promise P5: an admin's broken template costs its letters, and is not tried every second."""
    (tmp_path / "en" / "staff").mkdir(parents=True)
    (tmp_path / "en" / "staff" / "digest.md").write_text("---\nsubject: x\n---\n{% if not returns %}{{ nobody.knows }}{% endif %}\n")
    desk = at_work(make_desk(tmp_path))
    register_of(desk, partner("northwind.example", "parts@northwind.example"))
    deliver_replacement(desk, "2026-11-20")
    desk.receive(b"From: x@y.example\nTo: tac@tac.example\nX-Spam-Flag: YES\nSubject: cheap\nMessage-ID: <s@y>\n\nbuy\n")
    assert [row.to for row in look(desk, MONDAY + timedelta(hours=1))] == [("parts@northwind.example",)]
    assert look(desk, MONDAY + timedelta(hours=2)) == []


def test_the_next_moment_is_known_for_those_who_let_time_jump(desk: DeskAtWork) -> None:
    at_work(desk)
    assert next_digest_moment(desk.services) == MONDAY
    look(desk, MONDAY)
    assert next_digest_moment(desk.services) == MONDAY + timedelta(hours=1)


def test_quarantine_of_another_desk_is_not_told(desk: DeskAtWork) -> None:
    at_work(desk)
    with desk.services.database.write() as c:
        row = inbound.store_mail(
            c, mailbox="other@elsewhere.example", uidvalidity=1, uid=1, received_at=START, stored_at=START, raw=b"Subject: x\n\ny\n"
        )
        assert row is not None
        inbound.finish(c, row, state="quarantined", rule="it cannot be read", reason="", case_number=None, at=START)
    assert look(desk, MONDAY) == []


def test_the_status_of_an_overdue_return_names_the_day_of_the_invoice(desk: DeskAtWork) -> None:
    """SR9, RM9. The final notice of the parts that were due on 11 December is given on Wed 16: 17 18 21 22 23."""
    number = deliver_replacement(desk, "2026-11-20")
    look(desk, datetime(2026, 12, 16, 12, tzinfo=UTC))
    assert desk.case(number).state == "overdue"
    desk.write(ANNA, "SR-100001", "STATUS")
    (status,) = [row for row in desk.all_notices() if row.name == "service_request/status"]
    assert "we hand it over for invoicing on Wednesday 23 December 2026" in " ".join(status.text.split())
