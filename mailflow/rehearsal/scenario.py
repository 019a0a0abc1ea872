"""A scenario file as frozen values (contract: Scenario). Wrong ones name file, key and reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from mailflow.toml_file import Listed, Strict, WrongSettings, read_toml


def _as_text(value: Any) -> str:
    """Numbers may stand in TOML without quotes: `fill = { cartons = 1 }`."""
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
    fill: dict[str, Annotated[str, BeforeValidator(_as_text)]] = Field(default_factory=dict)
    authenticated: bool = True

    @model_validator(mode="after")
    def _is_one_kind(self) -> ScenarioMail:
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
    """`folder` is where the file's relative paths start; mails stand in order of time."""

    folder: Path
    desk: str
    start: datetime
    until: datetime
    data: Path | None
    mails: tuple[ScenarioMail, ...]


def load_scenario(path: Path) -> Scenario:
    """Raises WrongSettings."""
    table = read_toml(path, ScenarioTable, {})
    folder = path.resolve().parent
    data = folder / table.data if table.data else None
    if data is not None and not data.is_dir():
        raise WrongSettings(path, "data", f"there is no folder {data}")
    for number, mail in enumerate(table.mail):
        for name in filter(None, (mail.file, *mail.attach)):
            if not (folder / name).is_file():
                raise WrongSettings(path, f"mail.{number}", f"there is no file {folder / name}")
    mails = tuple(sorted(table.mail, key=lambda mail: mail.at))
    return Scenario(folder=folder, desk=table.desk, start=table.start, until=table.until, data=data, mails=mails)
