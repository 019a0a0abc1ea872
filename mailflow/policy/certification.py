"""A certification as a frozen value (DK2): the application, what was decided, and the places of engineers that became vacant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from mailflow.message.documents.certification import Application, Engineer, Project
from mailflow.policy.case import Case, Confirmable
from mailflow.policy.derivation import Derivation

__all__ = ["Application", "Certification", "CertificationDetails", "Engineer", "Project", "RegisteredCertificate", "Vacancy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """An engineer left on `left_on`; the place is to be filled by an engineer of the same level through `fill_by`."""

    engineer: str
    level: str
    left_on: date
    reported_on: date
    report_due: date
    fill_by: date
    filled_by: str = ""

    @property
    def key(self) -> str:
        """Name the deadlines of this vacancy."""
        return f"{self.engineer.casefold()} {self.left_on.isoformat()}"

    @property
    def is_late(self) -> bool:
        """Tell whether the exit was reported after its term."""
        return self.reported_on > self.report_due

    @property
    def is_open(self) -> bool:
        return not self.filled_by


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCertificate:
    """A certificate that the register names, valid from its issue through its last day."""

    stars: int
    issued_on: date
    valid_through: date

    def is_in_force(self, day: date) -> bool:
        return self.issued_on <= day <= self.valid_through


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationDetails(Confirmable):
    """Days are of the desk's calendar. `stars`, `issued_on` and `valid_through` are set by the approval."""

    application: Application = field(default_factory=Application)
    partner: str = ""
    """The partner's name: the register's, else as the application states it."""
    domain: str = ""
    """The domain whose senders take part; '' where the register knows no such partner."""
    decision_due: date | None = None
    decision_steps: Derivation = ()
    stars: int | None = None
    issued_on: date | None = None
    valid_through: date | None = None
    validity_steps: Derivation = ()
    recertifies: str = ""
    """Number of the partner's earlier certification."""
    held: RegisteredCertificate | None = None
    """What the register said when the case was opened: the certificate that an application follows, or the case's own."""
    vacancies: tuple[Vacancy, ...] = ()


Certification = Case[CertificationDetails]
