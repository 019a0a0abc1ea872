"""What `mailflow init` must know, each answer checked as the desk's file will check it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel.core import get_global

from mailflow.bootstrap import shipped_templates
from mailflow.message.mime.header import parse_address
from mailflow.policy.desk import MailboxRole, Role
from mailflow.policy.notation import parse_country, parse_word
from mailflow.toml_file import DESK_NAME

HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One desk. `mailboxes` and `staff` are (role, address) pairs."""

    name: str
    title: str
    mailboxes: tuple[tuple[MailboxRole, str], ...]
    staff: tuple[tuple[Role, str], ...]
    country: str
    timezone: str
    languages: tuple[str, ...]
    imap: str
    smtp: str
    border: str
    return_address: tuple[str, ...] = ()
    """Lines; none where the desk takes no returns, or the address is still to be filled in."""

    @property
    def certifies(self) -> bool:
        return any(role is MailboxRole.PARTNER for role, _ in self.mailboxes)

    @property
    def takes_requests(self) -> bool:
        return any(role is not MailboxRole.PARTNER for role, _ in self.mailboxes)

    @property
    def members(self) -> Mapping[str, tuple[Role, ...]]:
        """Map addresses to roles, in the order of the first mention."""
        addresses = dict.fromkeys(address for _, address in self.staff)
        return {address: tuple(role for role, one in self.staff if one == address) for address in addresses}

    def first(self, role: str) -> str:
        """Return the first address with the role, else the first one at all."""
        return next((address for one, address in self.staff if one == role), self.staff[0][1])


def read_name(text: str) -> str:
    if not DESK_NAME.match(text):
        raise ValueError(f"{text!r} is no name of a desk: letters, digits, - and _")
    return text


def read_title(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("a title is a line of text")
    return text.strip()


def read_host(text: str) -> str:
    if not HOST.match(text):
        raise ValueError(f"{text!r} is no name of a host")
    return text


def read_country(text: str) -> str:
    """Read `pl`, `PL`, `de-by`. Raises ValueError."""
    return parse_country(text.strip().upper())


def read_address_lines(text: str) -> tuple[str, ...]:
    """Read the lines of a postal address: `ACME Returns; 1 Dock Road; 12345 Town`."""
    lines = tuple(" ".join(line.split()) for line in re.split(r"[;\n]", text))
    if not all(line.isprintable() for line in lines):
        raise ValueError("an address is lines of text, with ; between them")
    return tuple(line for line in lines if line)


def read_languages(text: str) -> tuple[str, ...]:
    """Read `en, pl`; only languages that have notices are taken. Raises ValueError."""
    shipped = sorted(path.parent.name for path in shipped_templates().glob("*/words.toml"))
    languages = tuple(dict.fromkeys(filter(None, re.split(r"[,;\s]+", text.strip().lower()))))
    unknown = [one for one in languages if one not in shipped]
    if unknown or not languages:
        raise ValueError(f"no notices in {', '.join(unknown) or 'no language'}; there are {', '.join(shipped)}")
    return languages


def read_mailbox(text: str) -> tuple[MailboxRole, str]:
    """Read `receiving=parts@desk.example`; without a role it is the mailbox for requests."""
    role, equals, address = text.rpartition("=")
    return (MailboxRole(parse_word(role.strip(), MailboxRole)) if equals else MailboxRole.TAC), parse_address(address.strip())


def read_member(text: str) -> tuple[Role, str]:
    """Read `cse=engineer@desk.example`."""
    role, equals, address = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} names no role; write it like cse={text}")
    return Role(parse_word(role.strip(), Role)), parse_address(address.strip())


def needed_roles(mailboxes: tuple[tuple[MailboxRole, str], ...]) -> tuple[Role, ...]:
    """List the roles that somebody must have, in the order in which they are asked for."""
    roles: dict[Role, None] = {}
    if any(role is not MailboxRole.PARTNER for role, _ in mailboxes):
        roles |= dict.fromkeys((Role.CCR, Role.CSE, Role.RECEIVING, Role.FINANCE))
    if any(role is MailboxRole.PARTNER for role, _ in mailboxes):
        roles |= dict.fromkeys((Role.REVIEWER,))
    return (*roles, Role.ESCALATION, Role.ADMIN)


def likely_timezone(country: str) -> str:
    """Guess the zone that most of the country keeps, as CLDR orders them; UTC for an unknown country."""
    zones = get_global("territory_zones").get(country.partition("-")[0], ())
    return next(iter(zones), "UTC")
