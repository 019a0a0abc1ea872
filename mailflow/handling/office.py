"""What handling works with: desks, letters, secrets, limits. Made once by bootstrap, never changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailflow.notices.render import Templates
from mailflow.policy.desk import Desk
from mailflow.store.transaction import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`address_key` signs case addresses (BX7), `authserv_id` names our border server (OUT6).

    `own_templates` are by name those of desks with a wording of their own (DK3), `templates` serve the others.
    Mail older than `cutoff` is left alone, and mail over the size limit not read whole (IN9).
    """

    database: Database
    desks: tuple[Desk, ...]
    templates: Templates
    own_templates: Mapping[str, Templates] = field(default_factory=dict)
    address_key: bytes
    authserv_id: str = ""
    cutoff: datetime | None = None
    size_limit_mb: int = 30
    owner: str = "mailflow"
    """Who claims mails, where several processes share a database."""
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    """What stands before the @ of a new letter's Message-ID; never the same twice."""

    def desk_of_mailbox(self, address: str) -> Desk:
        """The desk that owns a mailbox. Raises LookupError for an address of no desk."""
        for desk in self.desks:
            if any(box.address == address for box in desk.mailboxes):
                return desk
        raise LookupError(f"no desk reads {address}")

    def desk(self, name: str) -> Desk:
        """The desk of that name. Raises LookupError."""
        for desk in self.desks:
            if desk.name == name:
                return desk
        raise LookupError(f"there is no desk {name}")

    def templates_of(self, desk: Desk) -> Templates:
        """What the desk's letters are written from."""
        return self.own_templates.get(desk.name, self.templates)

    def is_own(self, address: str) -> bool:
        """A mailbox of one of our desks."""
        return any(desk.is_mailbox(address) for desk in self.desks)
