"""The installation's settings: `mailflow.toml` and the desks it names, as frozen values. Wrong ones name file, key and reason."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from mailflow.policy.desk import Address, Desk
from mailflow.toml_file import OWN_TEMPLATES, Listed, Strict, WrongSettings, find_desk, load_desk, read_toml

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
    """Read a secret: `cred:NAME` of systemd's credentials, `file:PATH` of a file (relative to mailflow.toml), else the text itself.

    Raises ValueError without ever showing the secret. With `secrets` off in the context references stay as they are.
    """
    context = info.context or {}
    if not isinstance(text, str):
        raise ValueError("must be a text")
    scheme, _, name = text.partition(":")
    if scheme not in ("cred", "file") or not context.get("secrets", True):
        return SecretStr(text)
    folder = context.get("folder", ".") if scheme == "file" else os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise ValueError(f"the secret 'cred:{name}' needs systemd's LoadCredential= (CREDENTIALS_DIRECTORY is not set)")
    if scheme == "cred" and (not name or Path(name).name != name):
        raise ValueError(f"'cred:{name}' is no name of a credential")
    try:
        return SecretStr((Path(folder) / name).read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the secret {text!r} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def resolve_path(text: object, info: ValidationInfo) -> Path:
    """Read a path; a relative one starts at the folder of mailflow.toml."""
    if not isinstance(text, str) or not text:
        raise ValueError("must be a path")
    return Path((info.context or {}).get("folder", ".")) / text


def open_desk(name: object, info: ValidationInfo) -> tuple[Path, Desk]:
    """Find and load a desk, named or by its path (relative to mailflow.toml): its folder and its values. Raises WrongSettings."""
    if not isinstance(name, str):
        raise ValueError("must be a text")
    folder = Path((info.context or {}).get("folder", "."))
    home = find_desk(str(folder / name), ()) if "/" in name else find_desk(name, desk_roots(folder / "mailflow.toml"))
    return home, load_desk(home)


def is_loopback(host: str) -> bool:
    """Tell whether the host is this machine for certain: `localhost` or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


Secret = Annotated[SecretStr, BeforeValidator(resolve_secret)]
FilePath = Annotated[Path, BeforeValidator(resolve_path)]
DeskHome = Annotated[tuple[Path, Desk], BeforeValidator(open_desk)]


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

    address: Address
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


class Settings(Strict):
    """All that an installation is told: mailflow.toml as it stands, with the desks that it names.

    `cutoff`: mail that the server got before it is never answered (BX10); UTC. `authserv_id` names the border server whose
    Authentication-Results count (OUT6); `size_limit_mb` bounds a mail (IN9).
    """

    homes: Listed[DeskHome] = Field(alias="desks", min_length=1)
    state_dir: FilePath
    database: Secret | None = Field(None, alias="database_url")
    mailboxes: Listed[MailboxConnection] = Field(min_length=1)
    relay: RelayConnection
    authserv_id: str = Field(min_length=1)
    case_address_key: Secret
    template_override: FilePath | None = None
    cutoff: Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))] | None = None
    size_limit_mb: int = Field(30, ge=1, le=200)

    @property
    def desks(self) -> tuple[Desk, ...]:
        return tuple(desk for _, desk in self.homes)

    @property
    def own_templates(self) -> Mapping[str, Path]:
        """Map each desk that has a wording of its own, by name, to its folder of templates (DK3)."""
        return {desk.name: home / OWN_TEMPLATES for home, desk in self.homes if (home / OWN_TEMPLATES).is_dir()}

    @property
    def database_url(self) -> str:
        return self.database.get_secret_value() if self.database else f"sqlite:///{self.state_dir / 'mailflow.db'}"

    def desk(self, name: str) -> Desk:
        """Return the desk of that name. Raises KeyError."""
        return {desk.name: desk for desk in self.desks}[name]

    def desk_of_mailbox(self, address: str) -> Desk:
        """Return the desk that a mailbox's address belongs to. Raises KeyError."""
        return {box.address: desk for desk in self.desks for box in desk.mailboxes}[address.lower()]

    @model_validator(mode="after")
    def _agrees(self, info: ValidationInfo) -> Settings:
        """Check what no key shows alone. Raises ValueError, with the key, for the first contradiction."""
        names = [desk.name for desk in self.desks]
        if len(set(names)) < len(names):
            raise ValueError("desks: a desk stands there twice")
        known = [box.address for desk in self.desks for box in desk.mailboxes]
        if doubled := next((address for address in known if known.count(address) > 1), ""):
            raise ValueError(f"desks: two desks have the mailbox {doubled}")
        read = [box.address for box in self.mailboxes]
        for number, address in enumerate(read):
            if address not in known:
                raise ValueError(f"mailboxes.{number}.address: {address} is no mailbox of the desks {', '.join(names)}")
            if address in read[:number]:
                raise ValueError(f"mailboxes.{number}.address: {address} stands there twice")
        if (info.context or {}).get("secrets", True) and len(self.case_address_key.get_secret_value()) < LEAST_KEY_LENGTH:
            raise ValueError(f"case_address_key: must have at least {LEAST_KEY_LENGTH} characters")
        return self


def shipped_desks() -> Path:
    """Return the folder of the desks that come with the product: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "config" / "desks"
    return installed if installed.is_dir() else here.parent / "config" / "desks"


def desk_roots(configuration: Path | None = None) -> tuple[Path, ...]:
    """List where a desk is looked for by its name: `desks` beside the configuration, /etc/mailflow/desks, the shipped ones."""
    beside = (configuration.resolve().parent / "desks",) if configuration is not None else ()
    return (*beside, SYSTEM_DESKS, shipped_desks())


def load_settings(path: Path, *, secrets: bool = True) -> Settings:
    """Read a mailflow.toml with its desks: of `desks` beside it, of /etc/mailflow/desks, or the shipped ones.

    With `secrets` off, references to secrets are not followed: for commands that need no connection. Raises WrongSettings.
    """
    return read_toml(path, Settings, {"folder": path.resolve().parent, "secrets": secrets})
