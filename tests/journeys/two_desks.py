"""Two installations of mailflow and a post office between them: what one sends over SMTP lies in the other's mailbox on the IMAP server."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from mailflow.bootstrap import build_database
from mailflow.daemon import run_once
from mailflow.message.reference import without_token
from mailflow.scenario.mail_client import author_domain, stamp, write_answer, write_mail
from mailflow.settings import Settings, load_settings
from mailflow.store.csv_register import import_register
from tests.journeys.installation import MAILBOX_TABLE
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpSink

BORDER = "mx.both.example"

_CONFIGURATION = """
desks = {desks}
state_dir = "state"
authserv_id = "{border}"
case_address_key = "the-key-of-the-desk-{name}"
[relay]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"
"""


@dataclass(frozen=True, slots=True)
class Carried:
    """A mail to one recipient, as the post office took it."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return parsed(self.raw)

    def __str__(self) -> str:
        return f"{self.sender:28} -> {self.recipient:28} {self.mail['Auto-Submitted'] or '-':14} {self.mail['Subject']}"


@dataclass
class Instance:
    """One installation with a database of its own; its letters come out at its SMTP server."""

    settings: Settings
    sink: SmtpSink
    taken: int = 0

    @property
    def mailboxes(self) -> tuple[str, ...]:
        return tuple(box.address for box in self.settings.mailboxes)


def install(folder: Path, *desks: str, data: dict[str, str], dovecot: Dovecot, sink: SmtpSink) -> Instance:
    """An installation with a mailflow.toml and a register, as an admin makes it."""
    folder.mkdir()
    boxes = {"huawei-tac": "tac.example:tac receiving escalation", "hezo-cocare": "cocare.example:support returns escalation"}
    addresses = [f"{name}@{boxes[desk].partition(':')[0]}" for desk in desks for name in boxes[desk].partition(":")[2].split()]
    head = _CONFIGURATION.format(desks=list(desks), border=BORDER, name=desks[0], smtp_port=sink.port)
    rest = "".join(MAILBOX_TABLE.format(address=box, imap_port=dovecot.port, password=dovecot.password) for box in addresses)
    (folder / "mailflow.toml").write_text(head + rest)
    (folder / "data").mkdir()
    for name, rows in data.items():
        (folder / "data" / f"{name}.csv").write_text(rows)
    settings = load_settings(folder / "mailflow.toml")
    database = build_database(settings)
    settings.state_dir.mkdir()
    database.upgrade()
    import_register(database, folder / "data")
    database.close()
    return Instance(settings, sink)


@dataclass
class World:
    """The clock, the instances, and everything that was carried, in order."""

    now: datetime
    dovecot: Dovecot
    instances: tuple[Instance, ...]
    carried: list[Carried] = field(default_factory=list)
    written: int = 0

    def write(self, sender: str, to: str, subject: str, body: str) -> None:
        """A person's fresh mail."""
        mail = write_mail(sender=sender, to=(to,), subject=subject, body=body, at=self.now, message_id=self._message_id(sender))
        self.hand_in(mail)

    def answer(self, sender: str, answered: Carried, body: str) -> None:
        """A person's answer to a mail in its mailbox."""
        self.hand_in(write_answer(answered.raw, sender=sender, body=body, at=self.now, message_id=self._message_id(sender)))

    def out_of_office(self, sender: str, answered: Carried) -> None:
        """A vacation program's answer to a mail in its owner's mailbox (RFC 3834)."""
        mail = write_answer(answered.raw, sender=sender, body="I am away until Monday.", at=self.now, message_id=self._message_id(sender))
        mail["Auto-Submitted"] = "auto-replied"
        mail.replace_header("Subject", f"Out of office: {answered.mail['Subject']}")
        self.hand_in(mail)

    def hand_in(self, mail: EmailMessage) -> None:
        sender, to = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
        self._carry(sender, to, mail.as_bytes(policy=email.policy.SMTP))

    def run(self) -> int:
        """Ten seconds: each instance does what there is to do, then the post is carried. How many mails that were."""
        before = len(self.carried)
        self.now += timedelta(seconds=10)
        for instance in self.instances:
            asyncio.run(run_once(instance.settings, clock=lambda: self.now))
        for instance in self.instances:
            fresh = instance.sink.receptions[instance.taken :]
            instance.taken += len(fresh)
            for one in fresh:
                for recipient in one.recipients:
                    self._carry(one.envelope_from, recipient, one.raw)
        return len(self.carried) - before

    def settle(self) -> None:
        """Until nobody has anything more to say."""
        for _ in range(10):
            if self.run() == 0:
                return
        raise AssertionError("they do not stop")

    def newest(self, recipient: str, words: str) -> Carried:
        """The newest mail to an address whose subject or text holds the words."""
        found = [one for one in self.carried if one.recipient == recipient and words in f"{one.mail['Subject']}\n{text_of(one.mail)}"]
        assert found, f"{recipient} never got {words!r}:\n" + "\n".join(map(str, self.carried))
        return found[-1]

    def to(self, recipient: str) -> list[Carried]:
        return [one for one in self.carried if one.recipient == recipient]

    def _carry(self, sender: str, recipient: str, raw: bytes) -> None:
        """The border stamps its verdict; envelope and From of one domain are genuine."""
        box = without_token(recipient)
        if any(box in instance.mailboxes for instance in self.instances):
            genuine = author_domain(raw) == sender.rpartition("@")[2]
            self.dovecot.deliver(box, stamp(raw, genuine, BORDER), at=self.now)
        self.carried.append(Carried(without_token(sender), box, raw))

    def _message_id(self, sender: str) -> str:
        self.written += 1
        return f"person-{self.written}@{sender.rpartition('@')[2]}"


def parsed(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return part.get_content() if part else ""
