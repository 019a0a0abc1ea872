"""The desk's checklist (DK2): what an application says to each point, and for how many stars that is enough.

It advises; the reviewer decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from mailflow.cases.certification.validity import add_months
from mailflow.policy.certification import Application, Engineer, Project
from mailflow.policy.derivation import Step
from mailflow.policy.desk import CHECKLIST, CertificationPolicy

MET, UNMET, NOTHING, NOT_NEEDED = "met", "unmet", "nothing", "not_needed"
"""Verdicts: keys of [verdict] in words.toml."""


@dataclass(frozen=True, slots=True)
class CheckedPoint:
    """A point with the sentences that tell what was found (none: nothing), and (stars, verdict) of each number of stars."""

    name: str
    found: tuple[Step, ...]
    verdicts: tuple[tuple[int, str], ...]


Finding = tuple[tuple[Step, ...], Callable[[int], bool]]
"""What was found, and whether it is enough for a number of stars."""


def check(application: Application, applied_on: date, policy: CertificationPolicy) -> tuple[CheckedPoint, ...]:
    """Every point of the checklist in its order."""
    points: list[CheckedPoint] = []
    for name in CHECKLIST:
        found, is_enough = POINTS[name](application, applied_on, policy)
        verdicts: list[tuple[int, str]] = []
        for stars in policy.stars:
            if stars not in policy.needed.get(name, policy.stars):
                verdicts.append((stars, NOT_NEEDED))
            else:
                verdicts.append((stars, NOTHING if not found else MET if is_enough(stars) else UNMET))
        points.append(CheckedPoint(name, found, tuple(verdicts)))
    return tuple(points)


def unmet_points(points: tuple[CheckedPoint, ...], stars: int) -> tuple[str, ...]:
    """Names of the points that are not enough for so many stars."""
    return tuple(point.name for point in points if dict(point.verdicts).get(stars) in (UNMET, NOTHING))


def find_engineers(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """Everybody counts once, by the highest certificate: a higher one replaces a lower one."""
    held = _by_level(application.engineers, policy)
    total = sum(held.values())
    ranked = sorted(held, key=lambda level: _rank(level, policy), reverse=True)
    counts = tuple(Step("engineers_of_level", {"level": level, "count": held[level]}) for level in ranked)
    listed = tuple(
        Step("engineer_dated", {"name": one.name, "certificate": one.certificate, "day": one.valid_through})
        if one.valid_through
        else Step("engineer_undated", {"name": one.name, "certificate": one.certificate})
        for one in application.engineers
        if one.name
    )
    return (*counts, *listed), lambda stars: total >= policy.engineers[stars]


def _by_level(engineers: tuple[Engineer, ...], policy: CertificationPolicy) -> dict[str, int]:
    """Level to the number of people that hold it as their highest. Named ones and a stated total are the same people."""
    best: dict[str, Engineer] = {}
    for engineer in (one for one in engineers if one.name):
        key = engineer.name.casefold()
        if key not in best or _rank(engineer.level, policy) > _rank(best[key].level, policy):
            best[key] = engineer
    people: dict[str, int] = {}
    for engineer in (*best.values(), *(one for one in engineers if not one.name and one.valid_through)):
        people[engineer.level] = people.get(engineer.level, 0) + engineer.quantity
    stated: dict[str, int] = {}
    for engineer in (one for one in engineers if not one.name and not one.valid_through):
        stated[engineer.level] = max(stated.get(engineer.level, 0), engineer.quantity)
    return stated if sum(stated.values()) > sum(people.values()) else people


def _rank(level: str, policy: CertificationPolicy) -> int:
    return policy.levels.index(level) if level in policy.levels else -1


def find_certificates(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """A certificate counts when it is valid for more than three months from the application."""
    limit = add_months(applied_on, policy.certificate_months)
    dated = tuple(one for one in application.engineers if one.valid_through)
    long_enough = tuple(one for one in dated if one.valid_through and one.valid_through > limit)
    short = tuple(one for one in dated if one not in long_enough)
    people = sum(_by_level(long_enough, policy).values())
    undated = len(application.engineers) - len(dated)
    found = (
        *((Step("certificates_long_enough", {"count": people, "day": limit}),) if dated else ()),
        *(Step("certificate_too_short", {"name": one.name or one.certificate, "day": one.valid_through or limit}) for one in short),
        *((Step("certificates_undated", {"count": undated}),) if undated else ()),
    )
    return (found if dated else ()), lambda stars: people >= policy.engineers[stars]


def find_hotline(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """Take a hotline that is stated."""
    return _stated(application.hotline)


def find_service_manager(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """Name, telephone and e-mail."""
    parts = (application.service_manager, application.service_manager_phone, application.service_manager_email)
    return _stated(", ".join(filter(None, parts)), is_enough=all(parts))


def find_tracking_system(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """Take a tracking system that is stated."""
    return _stated(application.tracking_system)


def find_basic_projects(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """Find projects of the smaller size, in USD."""
    least, most = policy.basic_project
    return _projects(tuple(one for one in application.projects if least <= one.usd < most))


def find_major_projects(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """Find projects of the larger size, in USD."""
    return _projects(tuple(one for one in application.projects if one.usd >= policy.major_project))


def _projects(projects: tuple[Project, ...]) -> Finding:
    return tuple(Step("project", {"text": one.text, "usd": one.usd}) for one in projects), lambda _: True


def find_laboratory(application: Application, applied_on: date, policy: CertificationPolicy) -> Finding:
    """Stated is all that a text can show; beside it stands what the desk wants to see."""
    said, is_enough = _stated(application.laboratory)
    wanted = tuple(
        Step("laboratory_wanted", {"stars": stars, "equipment": equipment}) for stars, equipment in sorted(policy.laboratory.items())
    )
    return ((*said, *wanted) if said else ()), is_enough


def _stated(text: str, *, is_enough: bool = True) -> Finding:
    """Find what the application says in words, which for all numbers of stars is enough or not."""
    return ((Step("stated", {"text": text}),) if text else ()), lambda _: is_enough


POINTS: Mapping[str, Callable[[Application, date, CertificationPolicy], Finding]] = {
    "engineers": find_engineers,
    "certificates": find_certificates,
    "hotline": find_hotline,
    "service_manager": find_service_manager,
    "tracking_system": find_tracking_system,
    "basic_projects": find_basic_projects,
    "major_projects": find_major_projects,
    "laboratory": find_laboratory,
}
