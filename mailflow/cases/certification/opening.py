"""How a certification is opened (DK2): an application by mail. The applicant gets one answer, the reviewer everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.certification.facts import CertificationFacts
from mailflow.cases.certification.letters import application_letter, policy_of, registered_certificate, tell_partner
from mailflow.cases.certification.validity import decision_clock
from mailflow.policy.case import Case
from mailflow.policy.certification import Application, Certification, CertificationDetails, Engineer
from mailflow.policy.customer_message import answer_at_once
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived, SenderRole

MOST_COLLEAGUES = 50
"""Past it each letter would go to a crowd."""


def open_certification(event: MailReceived, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """A new application; of a partner that was certified before it is a recertification."""
    case = new_certification(event, facts, desk)
    is_foreign = event.linked_to is not None and event.sender_role is not SenderRole.PARTICIPANT
    due = facts.calendar.end_of_term(event.at, policy_of(desk).decision)
    case = replace(case, details=replace(case.details, decision_due=due.day, decision_steps=due.steps))
    effects = (
        *_answer(case, event),
        application_letter(case, event, facts, desk, is_new=True),
        *decision_clock(due, facts.calendar, policy_of(desk), now),
        Note(text=f"a decision is due by {due.day.isoformat()}", steps=due.steps),
        *((Note(text=f"the mail named {event.linked_to}, in which {event.sender} takes no part"),) if is_foreign else ()),
    )
    earlier = case.details.recertifies or ("the register's certificate" if case.details.held else "")
    reason = f"an application for recertification, after {earlier}" if earlier else "a new application for certification"
    return Decision(case=case, effects=effects, reason=reason)


def with_later_papers(known: Application, later: Application, corrected: Application) -> Application:
    """What a later mail of the applicant adds: blanks are filled or corrected, engineers and projects add up, stars are as last said."""
    # Another manager has another telephone.
    replaced = corrected.service_manager not in ("", known.service_manager)
    of_manager = replace(known, service_manager_phone="", service_manager_email="") if replaced else known
    people = {(one.name.casefold(), one.level): one for one in known.engineers if one.name}
    people |= {(one.name.casefold(), one.level): one for one in later.engineers if one.name}
    counted: tuple[Engineer, ...] = tuple(one for one in (*known.engineers, *later.engineers) if not one.name)
    return Application(
        stars=later.stars or known.stars,
        engineers=(*people.values(), *dict.fromkeys(counted)),
        hotline=corrected.hotline or known.hotline or later.hotline,
        service_manager=corrected.service_manager or known.service_manager or later.service_manager,
        service_manager_phone=corrected.service_manager_phone or of_manager.service_manager_phone or later.service_manager_phone,
        service_manager_email=corrected.service_manager_email or of_manager.service_manager_email or later.service_manager_email,
        tracking_system=corrected.tracking_system or known.tracking_system or later.tracking_system,
        projects=tuple(dict.fromkeys((*known.projects, *later.projects))),
        laboratory=corrected.laboratory or known.laboratory or later.laboratory,
        company=corrected.company or known.company or later.company,
    )


def new_certification(event: MailReceived, facts: CertificationFacts, desk: Desk) -> Certification:
    """The case of an application before its decision is due."""
    application = facts.application
    partner = facts.partner
    domain = partner.domain if partner else ""
    name = partner.name if partner else application.company
    earlier = next((one.number for one in reversed(facts.certifications) if one.details.stars is not None), "")
    # A certificate that begins only later is none that an application could follow.
    held = registered_certificate(facts, desk)
    is_held = held is not None and held.issued_on <= facts.calendar.local_day(event.at)
    # Cc addresses of the partner's domain on an authenticated mail take part from then on (SR11).
    copied = (one.address for one in (*event.mail.to, *event.mail.cc) if domain and event.authenticated and one.domain == domain)
    colleagues = tuple(dict.fromkeys(address for address in copied if address != event.sender))[:MOST_COLLEAGUES]
    return Case(
        number=facts.new_numbers["certification"],
        kind="certification",
        desk=desk.name,
        state="applied",
        opened_at=event.at,
        language=facts.language,
        country=facts.country,
        timezone=facts.timezone,
        customer=event.sender,
        customer_name=event.customer.name,
        company=name,
        participants=(event.sender, *colleagues),
        subject=event.mail.subject,
        parent=event.linked_to,
        linked=(earlier,) if earlier else (),
        details=CertificationDetails(
            application=application, partner=name, domain=domain, recertifies=earlier, held=held if is_held else None
        ),
    )


def _answer(case: Certification, event: MailReceived) -> tuple[Effect, ...]:
    """The one immediate answer. Strangers, and senders that nobody vouches for, read no word of their own mail (SR1)."""
    trusted = event.authenticated and event.sender_role is not SenderRole.STRANGER
    details = case.details
    application = details.application
    # `2 x H3CSE`, `Li Wei H3CSE`.
    engineers = (
        " ".join(filter(None, (f"{one.quantity} x" if one.quantity > 1 else "", one.name, one.certificate)))
        for one in application.engineers
    )
    rows = (
        ("stars_applied_for", str(application.stars or "")),
        ("engineers", "; ".join(engineers)),
        ("hotline", application.hotline),
        ("service_manager", application.service_manager),
        ("tracking_system", application.tracking_system),
        ("projects", "\n".join(project.text for project in application.projects)),
        ("laboratory", application.laboratory),
    )
    letter = tell_partner(
        case,
        "received",
        understood=tuple((name, text) for name, text in rows if text) if trusted else (),
        decision_due=details.decision_due,
        steps=details.decision_steps,
        recertifies=details.recertifies if trusted else "",
        held=details.held if trusted else None,
    )
    return answer_at_once(event, replace(letter, cc=letter.cc if trusted else ()))
