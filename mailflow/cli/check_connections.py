"""What `mailflow check` learns from the real servers. Nothing is changed there, and no mail is sent."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from mailflow.bootstrap import build_database, build_relay, build_source
from mailflow.cli.finding import Finding, Level
from mailflow.delivery.relay import Outcome, OwnFault, PermanentFailure, Sent, TemporaryFailure
from mailflow.delivery.settings import InsecureRelay
from mailflow.delivery.smtp import SmtpRelay
from mailflow.intake.imap import ImapSource
from mailflow.intake.source import STORED_KEYWORD, InsecureConnection, SourceUnavailable
from mailflow.settings import MailboxConnection, Settings
from mailflow.store.transaction import HEAD, KNOWN_REVISIONS, WrongDatabaseUrl


def check_database(settings: Settings) -> Iterator[Finding]:
    try:
        database = build_database(settings)
    except WrongDatabaseUrl as wrong:
        yield Finding(Level.WRONG, "database", f"database_url: {wrong}")
        return
    place = str(database.path or "PostgreSQL")
    try:
        revision = database.revision()
    except (SQLAlchemyError, OSError) as error:
        yield Finding(Level.FAILED, "database", f"{place}: {getattr(error, 'orig', None) or error}")
        return
    finally:
        database.close()
    if revision is None and database.path is not None and not database.path.parent.is_dir():
        yield Finding(Level.WRONG, "database", f"state_dir: there is no folder {database.path.parent}")
    elif revision is None:
        yield Finding(Level.OK, "database", f"{place}: empty, the first start makes the tables")
    elif revision not in KNOWN_REVISIONS:
        yield Finding(Level.WRONG, "database", f"{place}: schema {revision} is newer than this mailflow, which knows up to {HEAD}")
    else:
        yield Finding(Level.OK, "database", f"{place}: schema {revision}" + ("" if revision == HEAD else ", the next start upgrades it"))


def check_mailboxes(settings: Settings) -> Iterator[Finding]:
    for mailbox in settings.mailboxes:
        try:
            with build_source(mailbox, settings.size_limit_mb) as source:
                found = f"{mailbox.address}: {len(source.list_uids())} mail(s)"
                if isinstance(source, ImapSource):
                    yield from _check_imap(mailbox, source, found)
                else:
                    yield Finding(Level.OK, "mailbox", found)
        except InsecureConnection as wrong:
            yield Finding(Level.WRONG, "mailbox", f"{mailbox.address}: {wrong}")
        except (SourceUnavailable, OSError, imaplib.IMAP4.error) as error:
            yield Finding(Level.FAILED, "mailbox", f"{mailbox.address}: {error}")


def _check_imap(mailbox: MailboxConnection, source: ImapSource, found: str) -> Iterator[Finding]:
    """Tell what the server can do, and what it does not let us do: nothing depends on that, since our table knows what is stored."""
    client = source._client
    pushes = "tells of new mail at once (IDLE)" if client.has_capability("IDLE") else "is asked for new mail (no IDLE)"
    yield Finding(Level.OK, "mailbox", f"{found}; log-in accepted, {pushes}")
    if mailbox.after_storing == "nothing":
        return
    try:
        kept = [flag.lower() for flag in client.select_folder(mailbox.folder).get(b"PERMANENTFLAGS", ())]
    except imaplib.IMAP4.readonly:
        yield Finding(Level.WARNING, "mailbox", f"{mailbox.address}: read-only, so that stored mail cannot be marked or moved")
        return
    if mailbox.after_storing != "flag" or b"\\*" in kept or STORED_KEYWORD.lower().encode() in kept:
        return
    if b"\\seen" in kept:
        yield Finding(Level.OK, "mailbox", f"{mailbox.address}: keeps no keywords (PERMANENTFLAGS), stored mail is marked as read instead")
    else:
        yield Finding(Level.WARNING, "mailbox", f"{mailbox.address}: keeps no flags (PERMANENTFLAGS), stored mail cannot be marked")


def check_relay(settings: Settings) -> Iterator[Finding]:
    try:
        relay = build_relay(settings)
    except InsecureRelay as wrong:
        yield Finding(Level.WRONG, "relay", str(wrong))
        return
    senders = tuple(box.address for desk in settings.desks for box in desk.mailboxes)
    yield from asyncio.run(_check_relay(relay, settings, senders))


async def _check_relay(relay: SmtpRelay, settings: Settings, senders: tuple[str, ...]) -> list[Finding]:
    place = f"{settings.relay.host}:{settings.relay.port}"
    try:
        greeted = await relay.probe()
        if not isinstance(greeted, Sent):
            return [Finding(Level.FAILED, "relay", _reason(greeted))]
        secured = {"tls": "TLS", "starttls": "STARTTLS", "none": "no TLS"}[settings.relay.tls]
        findings = [
            Finding(Level.OK, "relay", f"{place}: {secured}{', log-in accepted' if settings.relay.user else ''}; {greeted.response}")
        ]
        for sender in senders:
            findings.append(await _check_sender(relay, place, sender))
        return findings
    finally:
        await relay.close()


class _Enough(Exception):
    """The envelope was taken; the mail itself is not to be sent."""


async def _check_sender(relay: SmtpRelay, place: str, sender: str) -> Finding:
    """Offer an envelope from a mailbox of ours to itself, broken off before DATA."""

    async def stop() -> None:
        raise _Enough

    try:
        outcome: Outcome = await relay.send(sender, sender, b"\r\n", on_data=stop)
    except _Enough:
        return Finding(Level.OK, "relay", f"{place}: takes mail from {sender}")
    if isinstance(outcome, PermanentFailure):
        return Finding(Level.WARNING, "relay", f"{place}: takes {sender} as a sender, but not as a recipient: {outcome.reason}")
    return Finding(Level.FAILED, "relay", f"{place}: does not take {sender} as a sender: {_reason(outcome)}")


def _reason(outcome: Outcome) -> str:
    return outcome.reason if isinstance(outcome, OwnFault | PermanentFailure | TemporaryFailure) else str(outcome)
