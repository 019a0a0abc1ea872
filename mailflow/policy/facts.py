"""What the shell gathered before a rule is asked: everything a decision needs and nothing it could look up itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import Case
from mailflow.policy.entitlement import Entitlement
from mailflow.policy.register import Contact, Contract, Device, PartPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`calendar` is the customer's (T1); `prices` are of today, None where the register has none; `rmas` are the request's
    returns and `parent` the return's request; `new_numbers` are reserved for cases that may be opened."""

    calendar: BusinessCalendar
    language: str
    country: str
    timezone: str
    entitlement: Entitlement | None = None
    contract: Contract | None = None
    contact: Contact | None = None
    devices: Mapping[str, Device] = field(default_factory=dict)
    serial_slips: Mapping[str, str] = field(default_factory=dict)
    """Serials as written that the register lacks, to the sender's own device that an O for a 0 or an I for a 1 would make of it (IN4)."""
    prices: Mapping[str, PartPrice | None] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    parent: Case | None = None
    rmas: tuple[Case, ...] = ()
    open_cases_of_serials: tuple[tuple[str, str, str], ...] = ()
    """(serial, case number, case type) of open cases that already name one of the serials (IN10, BX8)."""
    new_numbers: Mapping[str, str] = field(default_factory=dict)
    confirmation_code: str = ""
