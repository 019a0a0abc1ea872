"""A desk for partners, an applicant and its certification, and the means to make things happen to it: pure values, no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from mailflow.cases import decide
from mailflow.cases.certification.facts import CertificationFacts
from mailflow.handling.facts.certification import with_papers
from mailflow.message.documents.certification import Application, Engineer
from mailflow.message.model import Address, Attachment, Extracted, Mail
from mailflow.message.staff.command import parse_commands
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.certification import CertificationDetails
from mailflow.policy.decision import ClearDeadline, Decision, Note, SendNotice, SetDeadline
from mailflow.policy.desk import MailboxRole
from mailflow.policy.event import CommandGiven, DeadlineFell, MailReceived, SenderRole
from mailflow.policy.register import Partner
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk

DESK = load_desk(shipped_desks() / "h3c-partner")
AT = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
"""Friday, 20 November 2026, 15:00 in Shanghai."""
ZHANG, LI = "zhang.min@bright.example", "li.wei@bright.example"
REVIEWER, MANAGER = "reviewer@partner.example", "manager@partner.example"
PARTNER = Partner(
    name="Bright Networks",
    domain="bright.example",
    service_manager=ZHANG,
    spare_parts_contact="",
    stars=0,
    certified_from=None,
)
NUMBER = "CERT-100001"
ENGINEERS = (
    Engineer(name="Li Wei", certificate="H3CSE", level="H3CSE", valid_through=date(2028, 6, 30)),
    Engineer(name="Chen Hao", certificate="H3CNE", level="H3CNE", valid_through=date(2028, 6, 30)),
)
TEXT = "We apply for two stars.\nLi Wei, H3CSE, 2028-06-30\nChen Hao, H3CNE, 2028-06-30"


def mail_of(text: str = TEXT, sender: str = ZHANG, *, at: datetime = AT, cc: tuple[str, ...] = (), **changes: Any) -> MailReceived:
    """A mail of the partner, vouched for by the border."""
    files = changes.pop("files", ())
    mail = Mail(
        senders=(Address(sender, "Zhang Min"),),
        cc=tuple(Address(one) for one in cc),
        subject="Application",
        text=text,
        attachments=tuple(Attachment(name, "application/pdf", b"%PDF-1.4") for name in files),
    )
    given: dict[str, Any] = {
        "sender_role": SenderRole.KNOWN,
        "authenticated": True,
        "mailbox_role": MailboxRole.PARTNER,
        "extracted": Extracted(),
        **changes,
    }
    return MailReceived(mail=mail, at=at, new_text=text, **given)


def reply_of(text: str, sender: str = ZHANG, **changes: Any) -> MailReceived:
    """A participant's mail in a running case."""
    return mail_of(text, sender, **{"sender_role": SenderRole.PARTICIPANT, **changes})


def facts(**changes: Any) -> CertificationFacts:
    given: dict[str, Any] = {
        "calendar": calendar_for("CN", "Asia/Shanghai", DESK.calendar),
        "language": "en",
        "country": "CN",
        "timezone": "Asia/Shanghai",
        "new_numbers": {"certification": "CERT-100002"},
        "confirmation_code": "K7QX",
        "partner": PARTNER,
        **changes,
    }
    return CertificationFacts(**given)


def certification(state: str = "applied", **details: Any) -> Case:
    given: dict[str, Any] = {"application": Application(stars=2, engineers=ENGINEERS), "partner": PARTNER.name, "domain": PARTNER.domain}
    if state in ("certified", "cancelled", "expired"):
        given |= {"stars": 2, "issued_on": date(2026, 11, 24), "valid_through": date(2027, 11, 24)}
    return Case(
        number=NUMBER,
        kind="certification",
        desk=DESK.name,
        state=state,
        opened_at=AT,
        language="en",
        country="CN",
        timezone="Asia/Shanghai",
        customer=ZHANG,
        company=PARTNER.name,
        participants=(ZHANG,),
        subject="Application",
        details=CertificationDetails(**{**given, **details}),
    )


def happens(case: Case | None, event: MailReceived, **known: Any) -> Decision:
    return decide("certification", case, event, with_papers(facts(**known), event), DESK, event.at)


def command(case: Case, line: str, by: str = REVIEWER, at: datetime = AT, **known: Any) -> Decision:
    (read,) = parse_commands(line, prefixes=("CERT-",)).commands
    event = CommandGiven(command=read, by=by, roles=DESK.roles_of(by), at=at)
    return decide("certification", case, event, facts(**known), DESK, at)


def falls(case: Case, kind: str, key: str, at: datetime, **known: Any) -> Decision:
    return decide("certification", case, DeadlineFell(kind=kind, key=key, due_at=at), facts(**known), DESK, at)


def after(decision: Decision) -> Case:
    assert decision.case is not None
    return decision.case


def letters(decision: Decision) -> list[tuple[str, tuple[str, ...]]]:
    """(notice without its folder, to) in their order."""
    return [(one.notice.partition("/")[2], one.to) for one in decision.effects if isinstance(one, SendNotice)]


def letter(decision: Decision, name: str) -> SendNotice:
    return next(one for one in decision.effects if isinstance(one, SendNotice) and one.notice.endswith(f"/{name}"))


def deadlines(decision: Decision) -> list[tuple[str, str, str]]:
    """(kind, key, instant in UTC) of those set."""
    return [(one.kind, one.key, one.at.isoformat()) for one in decision.effects if isinstance(one, SetDeadline)]


def cleared(decision: Decision) -> list[str]:
    return [one.kind for one in decision.effects if isinstance(one, ClearDeadline)]


def notes(decision: Decision) -> list[str]:
    return [one.text for one in decision.effects if isinstance(one, Note)]


def moved(case: Case, **changes: Any) -> Case:
    return replace(case, **changes)
