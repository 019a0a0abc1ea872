"""A scenario file as frozen values (contract: Scenario). Wrong ones name file, key and reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, field_validator, model_validator

from mailflow.message.documents.form_fields import LINE_FIELD
from mailflow.message.documents.pdf_form import HEAD_FIELDS
from mailflow.policy.desk import MailboxRole
from mailflow.toml_file import Listed, Strict, WrongSettings, read_toml

WRITTEN_HERE = ("sender", "to", "cc", "subject", "body", "reply_to", "attach", "fill")
"""What a raw mail brings along itself."""


def _flat(table: object) -> object:
    """A dotted key without quotes nests in TOML: `line.1.serial = "X"` means the form's field of that name all the same."""
    return dict(_fields(table, "")) if isinstance(table, Mapping) else table


def _fields(table: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _fields(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", _as_text(value)


def _as_text(value: Any) -> str:
    """As a person types it into the form: a day as 2026-11-20, a yes as the form's own word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class ScenarioMail(Strict):
    """One `[[mail]]`: a raw file, an answer to a notice, or a fresh mail.

    In subject and body `{sr}` and `{rma}` stand for the newest numbers, `{code}` for the newest confirmation code that was sent.
    """

    at: AwareDatetime
    file: str = ""
    sender: str = Field("", alias="from")
    to: str = ""
    cc: Listed[str] = ()
    subject: str = ""
    body: str = ""
    reply_to: str = ""
    attach: Listed[str] = ()
    fill: Annotated[dict[str, str], BeforeValidator(_flat)] = Field(default_factory=dict)
    authenticated: bool = True

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
        if self.fill and not self.reply_to:
            raise ValueError("'fill' needs 'reply_to': it fills the form of that notice")
        return self


class ScenarioTable(Strict):
    """The file as written: the desk, from when until when, and the mails in their order (contract: Scenario)."""

    desk: str
    start: AwareDatetime
    until: AwareDatetime
    data: str = ""
    mail: Listed[ScenarioMail] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`folder` is where the relative paths of the file start; mails stand in order of time."""

    file: Path
    folder: Path
    desk: str
    start: datetime
    until: datetime
    data: Path | None
    mails: tuple[ScenarioMail, ...]


def load_scenario(path: Path) -> Scenario:
    """Raises WrongSettings."""
    table = read_toml(path, ScenarioTable, {})
    if table.until < table.start:
        raise WrongSettings(path, "until", "is before 'start'")
    folder = path.resolve().parent
    data = folder / table.data if table.data else None
    if data is not None and not data.is_dir():
        raise WrongSettings(path, "data", f"there is no folder {data}")
    for number, mail in enumerate(table.mail):
        if not table.start <= mail.at <= table.until:
            raise WrongSettings(path, f"mail.{number}.at", f"{mail.at.isoformat()} is not between 'start' and 'until'")
        for name in filter(None, (mail.file, *mail.attach)):
            if not (folder / name).is_file():
                raise WrongSettings(path, f"mail.{number}", f"there is no file {folder / name}")
    mails = tuple(sorted(table.mail, key=lambda mail: mail.at))
    return Scenario(file=path, folder=folder, desk=table.desk, start=table.start, until=table.until, data=data, mails=mails)
