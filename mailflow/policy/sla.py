"""Service levels: when an engineer must have answered (SR4) and when a replacement is there (EN6), with the derivation (BX2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from mailflow.policy.calendar import SERVICE_UNITS, BusinessCalendar
from mailflow.policy.derivation import Derivation, DerivedMoment, Step
from mailflow.policy.desk import RequestPolicy
from mailflow.policy.term import DAY_UNITS

CUTOFF = time(15)
"""Local time until which a confirmation still counts for the next business day (EN6)."""

UNSTATED_PRIORITY = "P3"
"""What a priority that nobody stated counts as (SR2)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a level counts. With `hours` the replacement is due that many hours later; else on a business day.

    `cutoff`: '' none, 'before' (15:00:00 is too late) or 'by' (15:00:00 is in time). `urgent` are the priorities for which
    the hours hold; the others fall under the rule named `otherwise`. `windowed`: what is confirmed outside the service windows
    counts as confirmed when the next one opens (the 8x5 of AHB and SOS, DK1).
    """

    hours: int = 0
    urgent: tuple[str, ...] = ()
    otherwise: str = ""
    cutoff: str = ""
    shipped: bool = False
    windowed: bool = False


RULES = {
    "9x5xNBD-S": Rule(shipped=True),
    "9x5xNBD": Rule(cutoff="before"),
    "24x7x4": Rule(hours=4, urgent=("P1", "P2"), otherwise="9x5xNBD"),
    "8x5xNBD": Rule(cutoff="by", windowed=True),
    "24x7xNBD": Rule(),
    "8x5x8": Rule(hours=8, windowed=True),
}
"""The levels of EN6, without `-onsite`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What the customer was promised: a moment (UTC) or a day, never both. `shipped`: that day it leaves, else it arrives."""

    moment: datetime | None
    day: date | None
    shipped: bool
    onsite: bool
    steps: Derivation


def response_due(priority: str, since: datetime, calendar: BusinessCalendar, policy: RequestPolicy) -> DerivedMoment:
    """Return when an engineer must have written to the customer (SR4). `since` is the acceptance, or the arrival if the desk says so.

    A term of business days ends when the last service window of its last day closes. Raises KeyError for a priority without a term.
    """
    term, start = policy.response[priority], since.astimezone(UTC)
    today = calendar.local_day(start)
    between: Derivation = ()
    if term.unit in DAY_UNITS:
        last = calendar.end_of_term(start, term).day
        due = calendar.end_of_service(last)
        between = (
            *calendar.notable_days(today, last),
            Step("service_day_ends", {"day": last, "at": due, "timezone": calendar.timezone}),
        )
    else:
        due = calendar.add_time(start, term)
        if term.unit in SERVICE_UNITS:
            between = (*_wait_for_service(start, calendar), *calendar.notable_days(today, calendar.local_day(due)))
    steps = (
        Step("response_clock", {"at": start, "timezone": calendar.timezone, "from": policy.response_from, "priority": priority}),
        Step("response_term", {"amount": term.amount, "unit": term.unit.value, "priority": priority}),
        *between,
        Step("response_due", {"at": due, "timezone": calendar.timezone}),
    )
    return DerivedMoment(due, steps)


def _wait_for_service(start: datetime, calendar: BusinessCalendar) -> Derivation:
    opens = calendar.next_window_start(start)
    return () if opens == start else (Step("outside_service_hours", {"at": opens, "timezone": calendar.timezone}),)


def response_warnings(
    priority: str, since: datetime, calendar: BusinessCalendar, policy: RequestPolicy
) -> tuple[tuple[int, datetime], ...]:
    """Return (percent, moment) of each warning: when that share of the response time is used up (SR4).

    A term of service hours is shared in service hours, so that no warning of it falls into the night.
    """
    start, due = since.astimezone(UTC), response_due(priority, since, calendar, policy).at
    if policy.response[priority].unit in SERVICE_UNITS:
        length = calendar.service_between(start, due)
        return tuple((percent, calendar.add_service_time(start, length * percent / 100)) for percent in policy.warning_percents)
    return tuple((percent, start + (due - start) * percent / 100) for percent in policy.warning_percents)


def replacement_commitment(service_level: str, priority: str, confirmed: datetime, calendar: BusinessCalendar) -> Commitment:
    """Promise when the replacement is there (EN6); `confirmed` is the moment of the mail that creates the RMA.

    At a level `-onsite` an engineer comes with the replacement (RM12). Raises KeyError for a level that the register cannot hold.
    """
    level = service_level.removesuffix("-onsite")
    onsite = level != service_level
    rule, stated = RULES[level], priority or UNSTATED_PRIORITY
    steps: Derivation = (
        Step("service_level", {"level": level}),
        Step("confirmed", {"at": confirmed.astimezone(UTC), "timezone": calendar.timezone}),
    )
    if rule.urgent and stated not in rule.urgent:
        steps = (*steps, Step("level_by_priority", {"priority": stated, "level": rule.otherwise}))
        rule = RULES[rule.otherwise]
    if rule.windowed:
        steps = (*steps, *_wait_for_service(confirmed, calendar))
        confirmed = calendar.next_window_start(confirmed)
    last: Derivation = (Step("onsite_engineer", {}),) if onsite else ()
    if rule.hours:
        moment = confirmed.astimezone(UTC) + timedelta(hours=rule.hours)
        end = Step("delivered_by", {"at": moment, "timezone": calendar.timezone, "hours": rule.hours})
        return Commitment(moment=moment, day=None, shipped=False, onsite=onsite, steps=(*steps, end, *last))
    day, between = _committed_day(rule, confirmed, calendar)
    end = Step("shipped_on" if rule.shipped else "delivered_on", {"day": day})
    return Commitment(moment=None, day=day, shipped=rule.shipped, onsite=onsite, steps=(*steps, *between, end, *last))


def _committed_day(rule: Rule, confirmed: datetime, calendar: BusinessCalendar) -> tuple[date, Derivation]:
    """Return the next business day, or the one after it past the cut-off. The local time decides, on holidays as well."""
    today, at = calendar.local_day(confirmed), calendar.local_time(confirmed).replace(microsecond=0)
    late = bool(rule.cutoff) and (at > CUTOFF or (at == CUTOFF and rule.cutoff == "before"))
    day = calendar.add_business_days(today, 2 if late else 1)
    steps: Derivation = () if calendar.is_business_day(today) else (Step("confirmed_on_rest_day", {"day": today}),)
    if rule.cutoff:
        steps = (*steps, Step("after_cutoff" if late else f"{rule.cutoff}_cutoff", {"cutoff": f"{CUTOFF:%H:%M}"}))
    return day, (*steps, *calendar.notable_days(today, day))
