"""Sample values of the notices of a certification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from mailflow.notices.sample.frame import NOW
from mailflow.notices.sample.service_request import sample_request
from mailflow.policy.case import Case
from mailflow.policy.certification import Application, CertificationDetails, Engineer, Project, Vacancy
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Term, Unit

DECISION_DUE = date(2026, 11, 25)
VALID_THROUGH = date(2027, 11, 24)
STARS = (2, 3, 4)
DECISION_STEPS: Derivation = (
    Step("counted_from", {"day": date(2026, 11, 20)}),
    Step("term_business_days", {"amount": 3, "country": "CN"}),
    Step("term_ends", {"day": DECISION_DUE}),
)
VALIDITY_STEPS: Derivation = (
    Step("counted_from", {"day": date(2026, 11, 24)}),
    Step("term_years", {"amount": 1}),
    Step("term_ends", {"day": VALID_THROUGH}),
)
VACANCY_STEPS: Derivation = (
    Step("counted_from", {"day": date(2027, 3, 1)}),
    Step("term_months", {"amount": 3}),
    Step("term_ends", {"day": date(2027, 6, 1)}),
)
VACANCY = Vacancy(
    engineer="Wang Fang",
    level="H3CNE",
    left_on=date(2027, 3, 1),
    reported_on=date(2027, 3, 5),
    report_due=date(2027, 3, 4),
    fill_by=date(2027, 6, 1),
)
APPLICATION = Application(
    stars=3,
    engineers=(
        Engineer(name="Li Wei", certificate="H3CSE-Routing & Switching", level="H3CSE", valid_through=date(2028, 6, 30)),
        Engineer(name="Wang Fang", certificate="H3CNE", level="H3CNE", valid_through=date(2027, 1, 15)),
    ),
    hotline="+86 571 5550 0100, 24x7",
    service_manager="Zhang Min",
    tracking_system="Ticket system with escalation after 4 hours",
    projects=(Project(text="City metro network, USD 250,000", usd=250_000),),
)


@dataclass(frozen=True, slots=True)
class SamplePoint:
    """A point of the checklist as templates see it."""

    name: str
    found: Derivation
    verdicts: tuple[tuple[int, str], ...]


POINTS = (
    SamplePoint(
        "engineers",
        (
            Step("engineers_of_level", {"level": "H3CSE", "count": 1}),
            Step("engineers_of_level", {"level": "H3CNE", "count": 1}),
            Step("engineer_dated", {"name": "Li Wei", "certificate": "H3CSE-Routing & Switching", "day": date(2028, 6, 30)}),
            Step("engineer_undated", {"name": "Wang Fang", "certificate": "H3CNE"}),
        ),
        ((2, "met"), (3, "unmet"), (4, "unmet")),
    ),
    SamplePoint(
        "certificates",
        (
            Step("certificates_long_enough", {"count": 1, "day": date(2027, 2, 20)}),
            Step("certificate_too_short", {"name": "Wang Fang", "day": date(2027, 1, 15)}),
            Step("certificates_undated", {"count": 1}),
        ),
        ((2, "unmet"), (3, "unmet"), (4, "unmet")),
    ),
    SamplePoint("hotline", (Step("stated", {"text": APPLICATION.hotline}),), ((2, "met"), (3, "met"), (4, "met"))),
    SamplePoint("service_manager", (Step("stated", {"text": "Zhang Min"}),), ((2, "unmet"), (3, "unmet"), (4, "unmet"))),
    SamplePoint("tracking_system", (Step("stated", {"text": APPLICATION.tracking_system}),), ((2, "met"), (3, "met"), (4, "met"))),
    SamplePoint(
        "basic_projects",
        (Step("project", {"text": "City metro network, USD 250,000", "usd": 250_000}),),
        ((2, "met"), (3, "met"), (4, "met")),
    ),
    SamplePoint("major_projects", (), ((2, "not_needed"), (3, "not_needed"), (4, "nothing"))),
    SamplePoint(
        "laboratory",
        (
            Step("stated", {"text": "2 routers, 1 layer 3 switch, 1 AC, 2 AP"}),
            Step("laboratory_wanted", {"stars": 3, "equipment": ("1 router", "1 layer 3 switch", "1 AC", "2 AP")}),
        ),
        ((2, "not_needed"), (3, "met"), (4, "met")),
    ),
)
REVIEW = {
    "decision_due": DECISION_DUE,
    "steps": DECISION_STEPS,
    "points": POINTS,
    "stars": STARS,
    "applied_for": 3,
    "commands": ("/approve 3", "/reject REASON"),
}


def sample_certification() -> Case:
    details = CertificationDetails(
        application=APPLICATION,
        partner="Bright Networks",
        domain="bright.example",
        decision_due=DECISION_DUE,
        decision_steps=DECISION_STEPS,
        stars=3,
        issued_on=date(2026, 11, 24),
        valid_through=VALID_THROUGH,
        validity_steps=VALIDITY_STEPS,
        vacancies=(VACANCY,),
    )
    return replace(
        sample_request(),
        number="CERT-100003",
        kind="certification",
        desk="h3c-partner",
        state="certified",
        country="CN",
        customer="zhang.min@bright.example",
        customer_name="Zhang Min",
        company="Bright Networks",
        participants=("zhang.min@bright.example",),
        subject="Application for three-star certification",
        contract=None,
        priority=None,
        assignee=None,
        details=details,
    )


NOTICES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "received": lambda: {
        "understood": (
            ("stars_applied_for", "3"),
            ("engineers", "Li Wei H3CSE-Routing & Switching; Wang Fang H3CNE"),
            ("hotline", APPLICATION.hotline),
            ("service_manager", "Zhang Min"),
            ("projects", "City metro network, USD 250,000\nBank data centre, USD 1.2 million"),
        ),
        "decision_due": DECISION_DUE,
        "steps": DECISION_STEPS,
        "recertifies": "CERT-100001",
        "held": None,
    },
    "application": lambda: {
        **REVIEW,
        "text": "Hello,\n\nwe apply for the three-star certification; the form and the certificates are attached.\n\nZhang Min",
        "sender": "zhang.min@bright.example",
        "is_new": True,
        "is_genuine": False,
        "attachment_names": ("application-form.xlsx", "H3CSE_Li_Wei.pdf"),
        "recertifies": "CERT-100001",
        "held": None,
        "history": ((NOW, "manager@partner.example", "Outage at a customer of theirs: nobody answered the hotline for nine hours."),),
    },
    "decision_due": lambda: {**REVIEW, "days_left": 1, "is_overdue": False},
    "approved": lambda: {
        "stars": 3,
        "valid_through": VALID_THROUGH,
        "steps": VALIDITY_STEPS,
        "personnel_term": Term(3, Unit.BUSINESS_DAYS),
        "vacancy_months": 3,
    },
    "rejected": lambda: {"reason": "Two of the certificates end within three months."},
    "cancelled": lambda: {"reason": "One of the certificates was not genuine.", "stars": 3, "cancelled_on": NOW},
    "recertification_reminder": lambda: {
        "valid_through": VALID_THROUGH,
        "days_left": 30,
        "stars": 3,
        "decision_days": Term(3, Unit.BUSINESS_DAYS),
        "certificate_months": 3,
        "steps": VALIDITY_STEPS,
    },
    "expired": lambda: {"valid_through": VALID_THROUGH, "stars": 3, "steps": VALIDITY_STEPS},
    "personnel_report": lambda: {
        "vacancies": (VACANCY,),
        "personnel_term": Term(3, Unit.BUSINESS_DAYS),
        "filled": (),
        "unplaced": (),
        "open_vacancies": (VACANCY,),
        "steps": VACANCY_STEPS,
    },
    "status": lambda: {
        "decision_due": DECISION_DUE,
        "stars": 3,
        "valid_through": VALID_THROUGH,
        "open_vacancies": (VACANCY,),
        "steps": VALIDITY_STEPS,
    },
    "vacancy_reminder": lambda: {"vacancy": VACANCY, "days_left": 30, "for_staff": False, "steps": VACANCY_STEPS},
}
