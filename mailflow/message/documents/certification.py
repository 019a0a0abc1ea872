"""What an application or a personnel report says, as values. Amounts are whole US dollars, days are plain dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Engineer:
    """A certificate as it is stated: one person's, or of `quantity` people where the application only counts them."""

    certificate: str
    """As written, e.g. `H3CSE-Routing & Switching`."""
    level: str
    """The family that says how high it is, e.g. `H3CSE`."""
    name: str = ""
    valid_through: date | None = None
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project in the applicant's words, with the equipment's list price."""

    text: str
    usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What was found; an empty field means that nothing was. `stars` is what is applied for."""

    stars: int | None = None
    engineers: tuple[Engineer, ...] = ()
    hotline: str = ""
    service_manager: str = ""
    service_manager_phone: str = ""
    service_manager_email: str = ""
    tracking_system: str = ""
    projects: tuple[Project, ...] = ()
    laboratory: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """An engineer who left; level '' where the report names none."""

    name: str
    left_on: date
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A new engineer; level '' where the report names none."""

    name: str
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonnelReport:
    """Changes among a partner's engineers, in the order in which they are told."""

    left: tuple[Departure, ...] = ()
    joined: tuple[Arrival, ...] = ()
