"""The only file that builds real things: database, services, mail sources, relay."""

from __future__ import annotations

import socket
from pathlib import Path

from mailflow.cases import CASE_TYPES
from mailflow.delivery.settings import RelaySettings
from mailflow.delivery.smtp import SmtpRelay
from mailflow.handling.work import Services
from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.intake.maildir import MaildirSource
from mailflow.intake.source import Source
from mailflow.notices.render import Templates
from mailflow.policy.desk import Desk
from mailflow.settings import MailboxConnection, Settings
from mailflow.store.transaction import Database


def shipped_templates() -> Path:
    """Find the folder of the notices that come with the product: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "templates" / "email"
    return installed if installed.is_dir() else here.parent / "templates" / "email"


def build_database(settings: Settings) -> Database:
    """Build the store of the settings; nothing is opened before the first use."""
    return Database(settings.database_url, CASE_TYPES)


def build_templates(settings: Settings, desk: Desk | None = None) -> Templates:
    """Build the notices: files of the desk's own first (DK3), then the installation's (OUT3), then the shipped ones."""
    own = settings.own_templates.get(desk.name) if desk is not None else None
    return Templates(shipped_templates(), own, settings.template_override)


def build_services(settings: Settings, database: Database) -> Services:
    """Build what handling works with."""
    return Services(
        database=database,
        desks=settings.desks,
        templates=build_templates(settings),
        own_templates={desk.name: build_templates(settings, desk) for desk in settings.desks if desk.name in settings.own_templates},
        address_key=settings.case_address_key.get_secret_value().encode(),
        authserv_id=settings.authserv_id,
        cutoff=settings.cutoff,
        size_limit_mb=settings.size_limit_mb,
        owner=owner_name(settings),
    )


def build_source(mailbox: MailboxConnection, size_limit_mb: int) -> Source:
    """Build a connection that is opened when it is entered."""
    max_size = size_limit_mb * 1_000_000
    if mailbox.kind == "maildir":
        assert mailbox.path is not None  # settings refuse a maildir without a path
        return MaildirSource(mailbox.path, after_storing=mailbox.after_storing, max_size=max_size)
    account = ImapAccount(
        host=mailbox.host,
        port=mailbox.port,
        tls=mailbox.tls,
        user=mailbox.user,
        password=mailbox.password.get_secret_value(),
        folder=mailbox.folder,
        after_storing=mailbox.after_storing,
        max_size=max_size,
        poll_interval=float(mailbox.poll_seconds),
    )
    return ImapSource(account)


def build_relay(settings: Settings) -> SmtpRelay:
    relay = settings.relay
    return SmtpRelay(
        RelaySettings(
            host=relay.host,
            port=relay.port,
            tls=relay.tls,
            user=relay.user,
            password=relay.password.get_secret_value(),
            local_hostname=relay.hostname or socket.gethostname(),
        )
    )


def owner_name(settings: Settings) -> str:
    """Name who holds leases: this installation on this machine, so that after a crash it finds its own work again at once."""
    return f"{socket.gethostname()}:{settings.state_dir.resolve()}"
