"""The words in which the story is told: somebody writes, somebody answers, time passes, and what must have come is checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import getaddresses
from zoneinfo import ZoneInfo

from mailflow.demo.cast import BY_ADDRESS, Person
from mailflow.demo.letters import Letter, read_letters
from mailflow.demo.narrator import Narrator
from mailflow.demo.stage import Stage, StoryFailed
from mailflow.scenario.mail_client import attach, fill_form, write_answer, write_mail
from mailflow.store import case as case_rows

ZONE = ZoneInfo("Europe/London")


class Play:
    """A story under way on its `stage`. `letters` are all mails so far."""

    def __init__(self, stage: Stage, narrator: Narrator) -> None:
        self.stage, self._narrator = stage, narrator
        self.letters: list[Letter] = []
        self._seen = self._scene = 0
        self._chapter = ""

    def act(self, title: str) -> None:
        self._chapter = title
        self._narrator.heading(title)

    def time_is(self, year: int, month: int, day: int, hour: int, minute: int = 0) -> None:
        """Let time pass up to a moment of the customer's clock."""
        self._scene = len(self.letters)
        self.stage.wait_until(datetime(year, month, day, hour, minute, tzinfo=ZONE), self.listen)

    def writes(self, who: Person, to: str, subject: str, body: str, why: str, **options: str) -> None:
        """A fresh mail. Options: `cc`, an address; `server`, the domain it really comes from; `headers`, lines of a machine."""
        self._send(who, self._fresh(who, to, subject, body, options), why, options.get("server", ""))

    def answers(
        self,
        who: Person,
        notice: str,
        body: str,
        why: str,
        *,
        case: str = "",
        inline: Mapping[str, str] | None = None,
        fill: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """An answer to the newest such notice that this person received, as a mail client builds it.

        `inline` puts texts below the quoted lines that hold their keys; `fill` sends the attached PDF form back, filled in.
        """
        received = self.received(who, notice, case)
        mail = write_answer(received.raw, sender=who.author, body=body, at=self.stage.clock(), message_id=self._message_id(who))
        if inline:
            _write_below_quotes(mail, inline)
        for name, value in (headers or {}).items():
            mail[name] = value
        if fill:
            attach(mail, *fill_form(received.raw, fill))
        self._send(who, mail, why)

    def received(self, who: Person, notice: str, case: str = "") -> Letter:
        """The newest notice of a name in a person's mailbox. Raises StoryFailed where none ever came."""
        for letter in reversed(self.letters):
            if letter.outgoing and letter.notice == notice and who.address in letter.recipients and case in ("", letter.case):
                return letter
        raise StoryFailed(f"{who.name} never received {notice}{f' of {case}' if case else ''}")

    def expect(self, *wanted: tuple[Person, str]) -> None:
        """These notices must have come since the last scene began. Raises StoryFailed."""
        came = [(address, letter.notice) for letter in self.letters[self._scene :] if letter.outgoing for address in letter.recipients]
        for who, notice in wanted:
            if (who.address, notice) not in came:
                got = ", ".join(f"{name} to {address}" for address, name in came) or "nothing"
                raise StoryFailed(f"{notice} to {who.name} did not come; what came: {got}")

    def expect_verdict(self, verdict: str) -> None:
        """The newest mail that came in ended so. Raises StoryFailed."""
        newest = next(letter for letter in reversed(self.letters) if not letter.outgoing)
        if newest.verdict != verdict:
            raise StoryFailed(f"“{newest.subject}” should be {verdict}, but is {newest.verdict}: {newest.reason}")

    def expect_state(self, number: str, state: str) -> None:
        """Raises StoryFailed."""
        with self.stage.database.read() as c:
            case = case_rows.load(c, number)
        if case is None or case.state != state:
            raise StoryFailed(f"{number} should be {state}, but is {case.state if case else 'not there'}")

    def demand(self, holds: bool, what: str) -> None:
        """Raises StoryFailed with the sentence where it does not hold."""
        if not holds:
            raise StoryFailed(what)

    def newest_case(self, kind: str) -> str:
        with self.stage.database.read() as c:
            cases = case_rows.list_cases(c, kind=kind)
        if not cases:
            raise StoryFailed(f"there is no {kind.replace('_', ' ')} yet")
        return max(case.number for case in cases)

    def _fresh(self, who: Person, to: str, subject: str, body: str, options: Mapping[str, str]) -> EmailMessage:
        cc = [options["cc"]] if options.get("cc") else []
        at = self.stage.clock()
        return write_mail(sender=who.author, to=[to], cc=cc, subject=subject, body=body, at=at, message_id=self._message_id(who))

    def _message_id(self, who: Person) -> str:
        local, _, domain = who.address.rpartition("@")
        return f"{len(self.letters) + 1}.{local}@{domain}"

    def _send(self, who: Person, mail: EmailMessage, why: str, server: str = "") -> None:
        self._scene = len(self.letters)
        recipients = [address for _, address in getaddresses([str(mail[name]) for name in ("To", "Cc") if mail[name]])]
        mine = [address for address in recipients if address not in BY_ADDRESS or BY_ADDRESS[address].side == "desk"]
        envelope_from = f"{who.address.partition('@')[0]}@{server}" if server else who.address
        self.stage.send(mail.as_bytes(), envelope_from=envelope_from, to=tuple(mine))
        self.listen(who, why)

    def listen(self, writer: Person | None = None, why: str = "") -> bool:
        """Take up what was carried meanwhile, and tell it; whether there was anything."""
        carried = self.stage.post.carried(self._seen)
        self._seen += len(carried)
        with self.stage.database.read() as c:
            letters = read_letters(c, carried, len(self.letters) + 1, self._chapter, writer, why)
        self.letters += letters
        self._narrator.tell(letters)
        return bool(letters)


def _write_below_quotes(mail: EmailMessage, texts: Mapping[str, str]) -> None:
    """Put each text below the first quoted line that holds its key, as people do who answer in the text."""
    left = dict(texts)
    lines: list[str] = []
    for line in str(mail.get_content()).splitlines():
        lines.append(line)
        key = next((key for key in left if line.startswith(">") and key.lower() in line.lower()), None)
        if key is not None:
            lines += ["", left.pop(key), ""]
    if left:
        raise StoryFailed(f"the letter does not ask for {', '.join(left)}")
    mail.set_content("\n".join(lines) + "\n")
