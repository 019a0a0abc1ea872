"""The engineer's visit of an onsite service level (RM12): announced to the customer, its completion booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.arrival import Arrival, arrival_of, earliest_delivery, parcels_to_customer
from mailflow.cases.rma.delivery import deliver_replacement, parts_sent
from mailflow.cases.rma.letter import tell_customer, with_remarks
from mailflow.cases.rma.owed import not_delivered
from mailflow.cases.rma.relay import told_owed
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts


def announce_visit(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/visit DATE TIME [NAME]`, in the customer's local time; given again it names another time.

    The customer reads it in replacement_shipped: the engineer comes with the replacement.
    """
    details: RmaDetails = case.details
    command = event.command
    if command.day is None or command.time is None:
        raise ValueError("/visit needs a day and a time")
    at = facts.calendar.instant(command.day, command.time)
    if at <= event.at:
        return _refused(case, Step("rma_visit_in_the_past", {"at": at, "timezone": case.timezone}))
    visited = case.changed(details=replace(details, visit_at=at))
    letter = tell_customer(
        visited,
        "replacement_shipped",
        parcel=details.replacement,
        visit_at=at,
        engineer=command.person,
        moved=details.visit_at is not None,
        lines=parts_sent(visited),
    )
    done = Step("rma_visit_announced", {"rma": case.number, "at": at, "timezone": case.timezone})
    note = Note(
        text=f"visit on {command.day} at {command.time:%H:%M} local time{f', {command.person}' if command.person else ''}", who=event.by
    )
    return _done(visited, event, with_remarks(done, _remarks(case)), (letter, note))


def complete_visit(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/visited DATE`: what is still under way of the replacement counts as delivered on that day."""
    details: RmaDetails = case.details
    day = event.command.day
    if day is None:
        raise ValueError("/visited needs a day")
    if day > facts.calendar.local_day(event.at):
        return _refused(case, Step("rma_visit_in_the_future", {"day": day}))
    if day < (earliest := facts.calendar.local_day(details.issued_at)):
        return _refused(case, Step("rma_visit_before_issue", {"day": day, "issued": earliest}))
    visited = case.changed(details=replace(details, visited_on=day))
    note = Note(text=f"the visit took place on {day}", who=event.by)
    told: dict[str, Value] = {"rma": case.number, "day": day}
    is_awaited = details.type == "advance" and bool(not_delivered(details)) and day >= earliest_delivery(details, facts)
    arrival = arrival_of(details, (), parcels_to_customer(details)) if is_awaited else None
    if not isinstance(arrival, Arrival):
        return _done(visited, event, with_remarks(Step("rma_visited", told), _remarks(case)), (note,))
    delivered, effects = deliver_replacement(visited, arrival, day, facts, desk, now)
    done = Step("rma_visited_and_delivered", {**told, "owed": told_owed(delivered.details)})
    return _done(delivered, event, with_remarks(done, _remarks(case)), (*effects, note))


def _remarks(case: Case) -> tuple[Step, ...]:
    onsite = case.details.service_level.replace(" ", "").lower().endswith("-onsite")
    return () if onsite else (Step("rma_level_is_not_onsite", {"level": case.details.service_level or "-"}),)


def _refused(case: Case, why: Step) -> Decision:
    return Decision(case=case, reason=why.name, refused=why)


def _done(case: Case, event: CommandGiven, done: Step, effects: tuple[Effect, ...]) -> Decision:
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=done)
