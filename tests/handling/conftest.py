"""A desk with its register in a database, and the means to give it mail: the true pipeline without servers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mailflow.bootstrap import shipped_templates
from mailflow.cases import CASE_TYPES
from mailflow.handling.handle_mail import handle_mails
from mailflow.handling.work import Services
from mailflow.notices.render import Templates
from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.policy.register import Contact, Contract, Device, PartPrice
from mailflow.scenario.mail_client import SIGNER, stamp, write_answer, write_mail
from mailflow.settings import shipped_desks
from mailflow.store import case as case_rows
from mailflow.store import inbound, notice
from mailflow.store.inbound import InboundRow
from mailflow.store.notice import NoticeRow
from mailflow.store.register import Register, replace_register
from mailflow.store.transaction import Database
from mailflow.toml_file import load_desk

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

REGISTER = Register(
    contracts=(
        Contract(
            number="HC-1",
            company="Northwind",
            domains=("northwind.example",),
            service_level="9x5xNBD",
            programme="hicare",
            start=date(2026, 1, 1),
            end=date(2027, 12, 31),
            language="en",
            country="PL",
            timezone="Europe/Warsaw",
        ),
    ),
    devices=(Device(serial="2102352KLM10L5000456", part_number="02352KLM", model="NE40E-X8", contract="HC-1"),),
    parts=(
        PartPrice(
            part_number="02352KLM", description="Main board", list_price=Decimal("39900.00"), currency="EUR", valid_from=date(2026, 1, 1)
        ),
    ),
    contacts=(Contact(email="anna@northwind.example", name="Anna", company="Northwind", contract="HC-1", role="customer", language="en"),),
    partners=(),
)


def bounce_of(address: str, message_id: str, *, status: str = "5.1.1", at: str = "mx.northwind.example") -> bytes:
    """A delivery report (RFC 3464) of a mail server: the mail with that Message-ID did not reach the address."""
    action = "failed" if status.startswith("5") else "delayed"
    return "\r\n".join(
        (
            f"From: MAILER-DAEMON@{at}",
            "To: tac@tac.example",
            "Subject: Undelivered Mail Returned to Sender",
            f"Message-ID: <{abs(hash((address, message_id, status)))}@{at}>",
            "Auto-Submitted: auto-replied",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            f"Reporting-MTA: dns; {at}",
            "",
            f"Final-Recipient: rfc822; {address}",
            f"Action: {action}",
            f"Status: {status}",
            "",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: <{message_id}>",
            "",
            "--b--",
            "",
        )
    ).encode()


@dataclass
class DeskAtWork:
    """Give it mail with `receive` and `answer`, look at what it did with `notices`, `case` and `row`."""

    services: Services
    count: int = 0
    now: datetime = START
    seen: int = field(default=0)

    def receive(self, raw: bytes, *, mailbox: str = "tac@tac.example", genuine: bool = True, border: str = "") -> InboundRow:
        """`border`: what our border server says instead, e.g. `dmarc=fail header.from=evil.example`."""
        self.count += 1
        stamped = f"Authentication-Results: {SIGNER}; {border}\r\n".encode() + raw if border else stamp(raw, genuine)
        with self.services.database.write() as c:
            row = inbound.store_mail(
                c,
                mailbox=mailbox,
                uidvalidity=1,
                uid=self.count,
                received_at=self.now,
                stored_at=self.now,
                raw=stamped,
            )
        assert row is not None
        while handle_mails(self.services, self.now):
            pass
        return self.row(row)

    def write(
        self, sender: str, subject: str, body: str, *, cc: Sequence[str] = (), mailbox: str = "tac@tac.example", genuine: bool = True
    ) -> InboundRow:
        message_id = f"{self.count + 1}@{sender.rpartition('@')[2]}"
        mail = write_mail(sender=sender, to=[mailbox], cc=cc, subject=subject, body=body, at=self.now, message_id=message_id)
        return self.receive(mail.as_bytes(), mailbox=mailbox, genuine=genuine)

    def answer(self, sender: str, name: str, body: str, *, mailbox: str = "tac@tac.example", genuine: bool = True) -> InboundRow:
        with self.services.database.read() as c:
            answered = notice.newest_to(c, name, sender)
        assert answered is not None, f"{sender} never got {name}"
        message_id = f"{self.count + 1}@{sender.rpartition('@')[2]}"
        mail = write_answer(answered.raw, sender=sender, body=body, at=self.now, message_id=message_id)
        return self.receive(mail.as_bytes(), mailbox=mailbox, genuine=genuine)

    def row(self, id: int) -> InboundRow:
        with self.services.database.read() as c:
            return inbound.load(c, id)

    def case(self, number: str) -> Case:
        with self.services.database.read() as c:
            found = case_rows.load(c, number)
        assert found is not None
        return found

    def all_notices(self) -> list[NoticeRow]:
        with self.services.database.read() as c:
            return notice.all_since(c, 0)

    def new_notices(self) -> list[tuple[str, tuple[str, ...]]]:
        """(name, to) of what was written since the last look."""
        rows = self.all_notices()
        fresh, self.seen = rows[self.seen :], len(rows)
        return [(row.name, tuple(row.to)) for row in fresh]


@pytest.fixture(scope="session")
def desk_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema and the register, made once: the migration takes longer than a test."""
    path = tmp_path_factory.mktemp("desk") / "desk.db"
    database = Database(f"sqlite:///{path}", CASE_TYPES)
    database.upgrade()
    with database.write() as c:
        replace_register(c, REGISTER)
    database.close()
    return path


@pytest.fixture
def make_desk(tmp_path: Path, desk_file: Path) -> Iterator[Callable[..., DeskAtWork]]:
    opened: list[Database] = []

    def make(override: Path | None = None, desks: Sequence[Desk] = ()) -> DeskAtWork:
        shutil.copy(desk_file, tmp_path / "desk.db")
        database = Database(f"sqlite:///{tmp_path / 'desk.db'}", CASE_TYPES)
        opened.append(database)
        return DeskAtWork(
            Services(
                database=database,
                desks=tuple(desks) or (load_desk(shipped_desks() / "huawei-tac"),),
                templates=Templates(shipped_templates(), override),
                address_key=b"a key for tests only",
                authserv_id=SIGNER,
            )
        )

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def desk(make_desk: Callable[..., DeskAtWork]) -> DeskAtWork:
    return make_desk()
