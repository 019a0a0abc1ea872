"""The installation's settings: `mailflow.toml` and the desks it names, as frozen values. Wrong ones name file, key and reason."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from mailflow.desk_file import OWN_TEMPLATES, find_desk, load_desk
from mailflow.desk_values import BareAddress
from mailflow.policy.desk import Desk
from mailflow.toml_file import Listed, Strict, WrongSettings, read_toml

__all__ = [
    "MailboxConnection",
    "RelayConnection",
    "Settings",
    "WrongSettings",
    "find_desk",
    "load_desk",
    "load_settings",
    "shipped_desks",
]

LEAST_KEY_LENGTH = 16
"""Characters; a shorter key for case addresses could be guessed (BX7)."""

SYSTEM_DESKS = Path("/etc/mailflow/desks")
"""Where an installation keeps its desks; under systemd mailflow.toml itself may lie in the credentials folder."""

Tls = Literal["tls", "starttls", "none"]


def resolve_secret(text: object, info: ValidationInfo) -> SecretStr:
    """`cred:NAME` is a file of systemd's credentials folder, `file:PATH` a file (relative to mailflow.toml), else the text itself.

    Raises ValueError without ever showing the secret. With `secrets` off in the context references stay as they are.
    """
    context = info.context or {}
    if not isinstance(text, str):
        raise ValueError("must be a text")
    scheme, _, name = text.partition(":")
    if scheme not in ("cred", "file") or not context.get("secrets", True):
        return SecretStr(text)
    try:
        return SecretStr(_secret_file(scheme, name, context).read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the secret {text!r} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def _secret_file(scheme: str, name: str, context: dict[str, Any]) -> Path:
    if scheme == "file":
        return Path(context.get("folder", ".")) / name
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise ValueError(f"the secret 'cred:{name}' needs systemd's LoadCredential= (CREDENTIALS_DIRECTORY is not set)")
    if not name or Path(name).name != name:
        raise ValueError(f"'cred:{name}' is no name of a credential")
    return Path(folder) / name


def resolve_path(text: object, info: ValidationInfo) -> Path:
    """A path, relative ones from the folder of mailflow.toml."""
    if not isinstance(text, str) or not text:
        raise ValueError("must be a path")
    return Path((info.context or {}).get("folder", ".")) / text


def is_loopback(host: str) -> bool:
    """Whether the host is this machine for certain: `localhost` or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


Secret = Annotated[SecretStr, BeforeValidator(resolve_secret)]
FilePath = Annotated[Path, BeforeValidator(resolve_path)]


class _Connection(Strict):
    """What mail servers have in common. Without TLS only this machine may be spoken to."""

    host: str = ""
    tls: Tls = "tls"
    user: str = ""
    password: Secret = SecretStr("")

    @field_validator("tls")
    @classmethod
    def _clear_text_stays_home(cls, tls: Tls, info: ValidationInfo) -> Tls:
        host = info.data.get("host", "")
        if tls == "none" and host and not is_loopback(host):
            raise ValueError(f"'none' is for loopback hosts only, and {host!r} is none")
        return tls


class MailboxConnection(_Connection):
    """How to reach one mailbox of a desk (IN1): an IMAP folder, or a Maildir on this machine.

    `after_storing` is what the server is told once the mail is safe: `flag`, `move:FOLDER` or `nothing`.
    """

    address: BareAddress
    kind: Literal["imap", "maildir"] = "imap"
    port: int = Field(default_factory=lambda data: 993 if data.get("tls") == "tls" else 143, ge=1, le=65535)
    folder: str = "INBOX"
    path: FilePath | None = None
    after_storing: str = Field("flag", pattern=r"^(flag|nothing|move:.+)$")
    poll_seconds: int = Field(60, ge=1, le=3600)

    @model_validator(mode="after")
    def _is_whole(self) -> MailboxConnection:
        needed = ("path",) if self.kind == "maildir" else ("host", "user", "password")
        for name in needed:
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise ValueError(f"kind {self.kind!r} needs {name!r}")
        return self


class RelayConnection(_Connection):
    """The SMTP server that takes our mail. `hostname` is the name for EHLO, '' for the machine's own."""

    host: str = Field(min_length=1)
    port: int = Field(default_factory=lambda data: {"tls": 465, "starttls": 587}.get(str(data.get("tls")), 25), ge=1, le=65535)
    hostname: str = ""


class SettingsTable(Strict):
    """mailflow.toml as it stands."""

    desks: Listed[str] = Field(min_length=1)
    state_dir: FilePath
    database_url: Secret | None = None
    mailboxes: Listed[MailboxConnection] = Field(min_length=1)
    relay: RelayConnection
    authserv_id: str = Field(min_length=1)
    case_address_key: Secret
    template_override: FilePath | None = None
    cutoff: AwareDatetime | None = None
    size_limit_mb: int = Field(30, ge=1, le=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that an installation is told. `cutoff`: mail that the server got before it is never answered (BX10); UTC.

    `authserv_id` names the border server whose Authentication-Results count (OUT6); `size_limit_mb` bounds a mail (IN9).
    `own_templates` is a folder for each desk, by name, that has a wording of its own (DK3).
    """

    desks: tuple[Desk, ...]
    state_dir: Path
    database_url: str = field(repr=False)
    mailboxes: tuple[MailboxConnection, ...]
    relay: RelayConnection
    authserv_id: str
    case_address_key: SecretStr
    template_override: Path | None = None
    cutoff: datetime | None = None
    size_limit_mb: int = 30
    own_templates: Mapping[str, Path] = field(default_factory=dict)

    def desk(self, name: str) -> Desk:
        """Raises KeyError."""
        return {desk.name: desk for desk in self.desks}[name]

    def desk_of_mailbox(self, address: str) -> Desk:
        """The desk that an address belongs to. Raises KeyError."""
        return {box.address: desk for desk in self.desks for box in desk.mailboxes}[address.lower()]


def shipped_desks() -> Path:
    """The folder of the desks that come with the product: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "config" / "desks"
    return installed if installed.is_dir() else here.parent / "config" / "desks"


def desk_roots(configuration: Path | None = None) -> tuple[Path, ...]:
    """Where a desk is looked for by its name: `desks` beside the configuration, /etc/mailflow/desks, the shipped ones."""
    beside = (configuration.resolve().parent / "desks",) if configuration is not None else ()
    return (*beside, SYSTEM_DESKS, shipped_desks())


def load_settings(path: Path, *, secrets: bool = True) -> Settings:
    """The settings of a mailflow.toml with its desks: of `desks` beside it, of /etc/mailflow/desks, or the shipped ones.

    With `secrets` off, references to secrets are not followed: for commands that need no connection. Raises WrongSettings.
    """
    folder = path.resolve().parent
    table = read_toml(path, SettingsTable, {"folder": folder, "secrets": secrets})
    homes = tuple(_desk_folder(name, folder) for name in table.desks)
    desks = tuple(load_desk(home) for home in homes)
    if trouble := _contradiction(table, desks, secrets):
        raise WrongSettings(path, *trouble)
    url = table.database_url.get_secret_value() if table.database_url else f"sqlite:///{table.state_dir / 'mailflow.db'}"
    return Settings(
        desks=desks,
        state_dir=table.state_dir,
        database_url=url,
        mailboxes=table.mailboxes,
        relay=table.relay,
        authserv_id=table.authserv_id,
        case_address_key=table.case_address_key,
        template_override=table.template_override,
        cutoff=table.cutoff.astimezone(UTC) if table.cutoff else None,
        size_limit_mb=table.size_limit_mb,
        own_templates={desk.name: home / OWN_TEMPLATES for desk, home in zip(desks, homes, strict=True) if (home / OWN_TEMPLATES).is_dir()},
    )


def _desk_folder(name: str, folder: Path) -> Path:
    """A path in mailflow.toml is relative to it."""
    beside = folder / name
    if "/" in name:
        return find_desk(str(beside), ())
    return find_desk(name, desk_roots(folder / "mailflow.toml"))


def _contradiction(table: SettingsTable, desks: tuple[Desk, ...], secrets: bool) -> tuple[str, str] | None:
    """(key, reason) of the first thing that each key alone cannot show."""
    names = [desk.name for desk in desks]
    if len(set(names)) < len(names):
        return "desks", "a desk stands there twice"
    known = [box.address for desk in desks for box in desk.mailboxes]
    if doubled := next((address for address in known if known.count(address) > 1), ""):
        return "desks", f"two desks have the mailbox {doubled}"
    seen: set[str] = set()
    for number, box in enumerate(table.mailboxes):
        if box.address not in known:
            return f"mailboxes.{number}.address", f"{box.address} is no mailbox of the desks {', '.join(names)}"
        if box.address in seen:
            return f"mailboxes.{number}.address", f"{box.address} stands there twice"
        seen.add(box.address)
    if secrets and len(table.case_address_key.get_secret_value()) < LEAST_KEY_LENGTH:
        return "case_address_key", f"must have at least {LEAST_KEY_LENGTH} characters"
    return None
