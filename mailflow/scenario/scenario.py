"""A scenario file as frozen values (contract: Scenario). Wrong ones name file, key and reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from mailflow.message.documents.return_form import HEAD_FIELDS, LINE_FIELD
from mailflow.policy.desk import MailboxRole
from mailflow.toml_file import Listed, Strict, WrongSettings, read_toml

SHIPPED = Path(__file__).with_name("shipped")
"""The folder of the scenarios that come with the product."""
WRITTEN_HERE = ("sender", "to", "cc", "subject", "body", "reply_to", "case", "client", "headers", "attach", "fill")
"""What a raw mail brings along itself."""

Side = Literal["customer", "staff", "finance", "stranger", "desk"]


def _fields(table: object, before: str = "") -> Iterator[tuple[str, str]]:
    """Read the form's fields as a person types them: a day as 2026-11-20, a yes as the form's own word.

    A dotted key without quotes nests in TOML: `line.1.serial = "X"` means the form's field of that name all the same.
    """
    for key, value in table.items() if isinstance(table, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _fields(value, f"{before}{key}.")
        elif isinstance(value, bool):
            yield f"{before}{key}", "yes" if value else "no"
        else:
            yield f"{before}{key}", value.isoformat() if isinstance(value, date) else str(value)


class ScenarioMail(Strict):
    """One `[[mail]]`: a raw file, an answer to a notice (to that of one `case`, where it is named), or a fresh mail.

    In subject and body `{sr}`, `{rma}` and `{certification}` stand for the newest numbers, `{code}` for the newest confirmation code.
    The client `inline` writes in the quoted text: what follows a body line `> words` stands below the quoted line with these words.
    `headers` are lines that a machine adds. A mail that `arrived` earlier is read only now; one over the desk's limit by its
    `size_mb` is fetched without its body. `why` is what a demonstration says of the mail.
    """

    at: AwareDatetime
    file: str = ""
    sender: str = Field("", alias="from")
    to: str = ""
    cc: Listed[str] = ()
    subject: str = ""
    body: str = ""
    reply_to: str = ""
    case: str = ""
    client: Literal["", "inline"] = ""
    headers: dict[str, str] = Field(default_factory=dict)
    attach: Listed[str] = ()
    fill: Annotated[dict[str, str], BeforeValidator(lambda table: dict(_fields(table)))] = Field(default_factory=dict)
    authenticated: bool = True
    arrived: AwareDatetime | None = None
    size_mb: int = 0
    why: str = ""

    @property
    def address(self) -> str:
        """The sender's bare address in lower case, '' for a raw mail."""
        return parseaddr(self.sender)[1].lower()

    @field_validator("sender")
    @classmethod
    def _has_an_address(cls, sender: str) -> str:
        if not all(parseaddr(sender)[1].rpartition("@")):
            raise ValueError(f"{sender!r} has no address")
        return sender

    @field_validator("to")
    @classmethod
    def _is_a_place(cls, to: str) -> str:
        if "@" not in to and to not in (*MailboxRole, ""):
            raise ValueError(f"{to!r} is neither an address nor a mailbox role ({', '.join(MailboxRole)})")
        return to

    @field_validator("fill")
    @classmethod
    def _names_fields(cls, fill: dict[str, str]) -> dict[str, str]:
        if wrong := next((key for key in fill if key not in HEAD_FIELDS and not LINE_FIELD.fullmatch(key)), ""):
            raise ValueError(f"the form has no field {wrong!r}; it has {', '.join(HEAD_FIELDS)} and line.1.serial, line.1.quantity ...")
        return fill

    @model_validator(mode="after")
    def _is_one_kind(self) -> ScenarioMail:
        if self.file and (odd := next((name for name in WRITTEN_HERE if getattr(self, name)), "")):
            raise ValueError(f"'file' is a whole mail: {'from' if odd == 'sender' else odd!r} cannot stand beside it")
        if not self.file and not self.sender:
            raise ValueError("a mail needs 'file', or 'from' with 'reply_to' or 'to'")
        if not self.file and not self.reply_to and not self.to:
            raise ValueError("a mail without 'file' needs 'reply_to' or 'to'")
        for name in ("fill", "case", "client"):
            if getattr(self, name) and not self.reply_to:
                raise ValueError(f"{name!r} needs 'reply_to': it belongs to the answer to a notice")
        return self


class Person(Strict):
    """Somebody in a demonstration. `side` says whose mails they are: how the page sorts and colours them."""

    name: str
    address: str
    side: Side


class Chapter(Strict):
    """A part of a demonstration, from this moment on."""

    at: AwareDatetime
    title: str


class Scenario(Strict):
    """A scenario as written: the desk, from when until when, the mails; mail to `vanished` addresses comes back (contract: Scenario).

    What a demonstration tells besides: `title`, `chapter`, `person`, a sentence for each notice or verdict in `narration`, and in
    `ending` the state in which each case must end.
    """

    desk: str
    start: AwareDatetime
    until: AwareDatetime
    data: str = ""
    vanished: Listed[str] = ()
    mail: Listed[ScenarioMail] = ()
    title: str = ""
    chapter: Listed[Chapter] = ()
    person: Listed[Person] = ()
    narration: dict[str, str] = Field(default_factory=dict)
    ending: dict[str, str] = Field(default_factory=dict)
    _file: Path = PrivateAttr(Path())

    @property
    def file(self) -> Path:
        return self._file

    @property
    def folder(self) -> Path:
        """Where the relative paths of the file start."""
        return self._file.resolve().parent

    @property
    def mails(self) -> tuple[ScenarioMail, ...]:
        """In order of time."""
        return tuple(sorted(self.mail, key=lambda mail: mail.at))


def load_scenario(path: Path) -> Scenario:
    """Read a scenario and look whether its moments and files are there. Raises WrongSettings."""
    scenario = read_toml(path, Scenario)
    scenario._file = path
    if scenario.until < scenario.start:
        raise WrongSettings(path, "until", "is before 'start'")
    if not (scenario.folder / scenario.data).is_dir():
        raise WrongSettings(path, "data", f"there is no folder {scenario.folder / scenario.data}")
    for number, mail in enumerate(scenario.mail):
        if not scenario.start <= mail.at <= scenario.until:
            raise WrongSettings(path, f"mail.{number}.at", f"{mail.at.isoformat()} is not between 'start' and 'until'")
        if missing := next((name for name in filter(None, (mail.file, *mail.attach)) if not (scenario.folder / name).is_file()), ""):
            raise WrongSettings(path, f"mail.{number}", f"there is no file {scenario.folder / missing}")
    return scenario
