"""Which mails are alarms of devices (Call Home, IN8): the desk names senders and headers."""

from __future__ import annotations

from mailflow.message.model import Mail
from mailflow.policy.desk import AlarmPolicy, AlarmSource


def is_alarm(mail: Mail, policy: AlarmPolicy) -> bool:
    """Does the mail fit one of the desk's sources? A source that names both sender and header asks for both."""
    return any(_fits(mail, source) for source in policy.sources)


def _fits(mail: Mail, source: AlarmSource) -> bool:
    if not source.sender and not source.header:
        return False
    return _is_from(mail, source.sender) and _carries(mail, source.header)


def _is_from(mail: Mail, sender: str) -> bool:
    """`sender` is an address, or `@domain` for all of a domain; '' leaves it open."""
    wanted = sender.strip().lower()
    if not wanted:
        return True
    address = mail.sender.address
    return address.endswith(wanted) if wanted.startswith("@") else address == wanted


def _carries(mail: Mail, header: str) -> bool:
    """`header` is a name, or `Name: value` with the value that it must have; '' leaves it open."""
    name, _, value = header.partition(":")
    if not name.strip():
        return True
    values = mail.all_headers(name.strip())
    return any(not value.strip() or one.strip().lower() == value.strip().lower() for one in values)
