"""Who gets a letter: none that no server takes, had its share, or whose mail comes back, but then somebody else (IN7, BX4)."""

from __future__ import annotations

from datetime import timedelta

from mailflow.cases import traits_of
from mailflow.handling.work import HOUR, Work
from mailflow.message.addr_spec import is_sendable
from mailflow.policy.case import Case
from mailflow.policy.case_type import Trait
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Step, Value
from mailflow.store import notice, register

GIVEN_UP = 2
"""Bounces after which nobody writes to an address any more; after the first one it is written to where nobody else can be reached."""

Recipients = tuple[tuple[str, ...], tuple[str, ...]]
"""To and Cc."""


def choose_recipients(work: Work, case: Case | None, effect: SendNotice) -> Recipients:
    """Choose To and Cc; nobody in To means that the letter is not written. What is changed stands in the journal.

    Nobody gets it twice, and none of the desk's own addresses: a loop (IN7). Staff and the manufacturer get all that is meant for them.
    """
    desk, name = work.desk, effect.notice
    to = tuple(dict.fromkeys(one for one in effect.to if one and not desk.is_mailbox(one)))
    cc = tuple(dict.fromkeys(one for one in effect.cc if one and one not in to and not desk.is_mailbox(one)))
    wrong = [one for one in (*to, *cc) if not is_sendable(one)]
    if wrong and len(wrong) < len((*to, *cc)):
        # It must not keep the letter from the others; where there are no others the letter fails, and staff hear of it.
        work.journal(case, "note", f"{name} not sent to {', '.join(wrong)}: no server takes such an address", who="mailflow")
        to, cc = _promoted(*(tuple(one for one in group if one not in wrong) for group in (to, cc)))
    # Where the manufacturer cannot be reached nobody else gets its mail.
    if effect.to_staff or Trait.TO_VENDOR in traits_of(name) or not to:
        return to, cc
    silent = _silenced(work, case, (*to, *cc))
    allowed = tuple(one for one in to if one not in silent), tuple(one for one in cc if one not in silent)
    if silent and not allowed[0]:
        work.journal(case, "note", f"{name} not sent to {', '.join(silent)}: {next(iter(silent.values()))}", who="mailflow")
        return (), ()
    chosen = _reachable(work, case, *allowed)
    if chosen != allowed:
        reached = ", ".join((*chosen[0], *chosen[1])) or "nobody"
        work.journal(case, "note", f"{name} goes to {reached}: mail to the others came back", who="mailflow")
    return chosen


def _promoted(to: tuple[str, ...], cc: tuple[str, ...]) -> Recipients:
    return (to, cc) if to else (cc, ())


def _silenced(work: Work, case: Case | None, addresses: tuple[str, ...]) -> dict[str, str]:
    """Address to why it gets nothing now: the sender of the mail at hand, or who had its share of what clocks and mails of others cause."""
    trigger = work.trigger
    sender = trigger.mail.sender.address if trigger.mail is not None else ""
    silent = {one: trigger.unanswered for one in addresses if one == sender} if trigger.unanswered else {}
    if case is None or (trigger.deadline_id is None and (not sender or work.desk.roles_of(sender))):
        return silent
    others = (one for one in addresses if one != sender)
    return silent | {one: limit for one in others if (limit := _limit_reached(work, case, one))}


def _limit_reached(work: Work, case: Case, address: str) -> str:
    """The share that an address had, '' where it had less. No clock speaks so often to somebody we know; mails may come without end."""
    is_stranger = case.contract is None and not work.register.is_known(address)
    if work.trigger.deadline_id is not None and not is_stranger:
        return ""
    limit, hours = work.desk.caps.share(is_stranger=is_stranger)
    is_reached = notice.count_to(work.c, address, work.now - timedelta(hours=hours), immediate_only=False) >= limit
    return f"it got {limit} automatic mails in {hours} hours" if is_reached else ""


def _reachable(work: Work, case: Case | None, to: tuple[str, ...], cc: tuple[str, ...]) -> Recipients:
    bounced = notice.bounces_of(work.c, (*to, *cc))
    if not bounced:
        return to, cc
    fine = _promoted(*(tuple(one for one in group if one not in bounced) for group in (to, cc)))
    if fine[0]:
        return fine
    contacts = [one.email for one in register.contacts_of(work.c, case.contract)] if case is not None and case.contract else []
    marked = notice.bounces_of(work.c, contacts)
    if other := next((one for one in contacts if one not in marked and one not in bounced), ""):
        return (other,), ()
    return tuple(one for one in (*to, *cc) if bounced[one] < GIVEN_UP), ()


def find_limit(work: Work, address: str, *, is_stranger: bool) -> tuple[str, Step] | None:
    """Find the first limit of automatic mail that an address has reached (IN7, P9): what it is about, and the sentence for staff."""
    limit, hours = work.desk.caps.share(is_stranger=is_stranger)
    since = work.now - timedelta(hours=hours)
    if notice.count_to(work.c, address, since, immediate_only=False) >= limit:
        values: dict[str, Value] = {"address": address, "limit": limit, "hours": hours}
        cases = notice.cases_written_of(work.c, work.desk.name, address, since)
        return f"cap of {address}", Step("cap_reached_in", {**values, "cases": cases}) if cases else Step("cap_reached", values)
    brake = work.desk.caps.unknown_of_desk_per_hour
    if is_stranger and notice.count_to_strangers(work.c, work.desk.name, work.now - HOUR) >= brake:
        return "brake", Step("brake_reached", {"limit": brake})
    return None
