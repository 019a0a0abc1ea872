"""How much automatic mail an address gets (IN7, promise P9); past it the request is registered all the same, and staff are told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailflow.handling.cause import Cause
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.policy.decision import SendNotice, Sentence
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk, Role
from mailflow.store import notice, told

USED_UP = "its share of automatic mail is used up"
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)


def why_unanswered(c: Connection, office: Office, desk: Desk, address: str, *, is_stranger: bool, cause: Cause) -> str:
    """Why an address gets no automatic mail now, '' where it may have one."""
    said = _reached(c, desk, address, is_stranger, cause.at)
    if said is None:
        return ""
    about, sentence = said
    if told.is_news(c, desk.name, about, cause.at, DAY):
        tell_staff(c, office, desk, sentence, cause, Role.CCR)
    return f"{USED_UP}: {office.templates.wording('en').sentence(sentence)}"


def _reached(c: Connection, desk: Desk, address: str, is_stranger: bool, now: datetime) -> tuple[str, Step] | None:
    """(what it is about, the sentence) of the first limit that is reached."""
    limit, hours = desk.caps.share(is_stranger=is_stranger)
    if notice.count_to(c, address, now - timedelta(hours=hours), immediate_only=False) >= limit:
        values: dict[str, Value] = {"address": address, "limit": limit, "hours": hours}
        cases = notice.cases_written_of(c, desk.name, address, now - timedelta(hours=hours))
        return f"cap of {address}", Step("cap_reached_in", {**values, "cases": cases}) if cases else Step("cap_reached", values)
    brake = desk.caps.unknown_of_desk_per_hour
    if is_stranger and notice.count_to_strangers(c, desk.name, now - HOUR) >= brake:
        return "brake", Step("brake_reached", {"limit": brake})
    return None


def tell_staff(c: Connection, office: Office, desk: Desk, sentence: Sentence, cause: Cause, *roles: Role) -> None:
    """Word to the staff of a role that something needs their eye."""
    alert = SendNotice(notice="staff/attention", to=desk.staff_of(*roles), to_staff=True, values={"said": sentence})
    write_letter(c, office, desk, None, alert, cause)
