"""Letters of a certification: who gets them, and the values that every one of them shows."""

from __future__ import annotations

from typing import Any

from mailflow.cases.certification.checklist import CheckedPoint, check
from mailflow.cases.certification.facts import CertificationFacts
from mailflow.cases.certification.validity import end_of_validity
from mailflow.policy.certification import Certification, RegisteredCertificate
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import CertificationPolicy, Desk, Role
from mailflow.policy.event import MailReceived


def policy_of(desk: Desk) -> CertificationPolicy:
    """The desk's numbers, else those of the requirements."""
    return desk.certification or CertificationPolicy()


def registered_certificate(facts: CertificationFacts, desk: Desk) -> RegisteredCertificate | None:
    """What the register says of the partner's certificate; None where it says nothing, or a case of ours tells a newer one."""
    partner = facts.partner
    if partner is None or partner.stars == 0 or partner.certified_from is None:
        return None
    if any(one.details.issued_on and one.details.issued_on >= partner.certified_from for one in facts.certifications):
        return None
    last = end_of_validity(partner.certified_from, policy_of(desk)).day
    return RegisteredCertificate(stars=partner.stars, issued_on=partner.certified_from, valid_through=last)


def reviewers(desk: Desk) -> tuple[str, ...]:
    """Who decides; a desk without reviewers leaves it to its managers."""
    return desk.staff_of(Role.REVIEWER) or desk.staff_of(Role.ESCALATION)


def tell_partner(case: Certification, notice: str, *, attach: tuple[str, ...] = (), **values: Any) -> SendNotice:
    """A letter to the partner, with a copy to all who take part (DK2)."""
    return SendNotice(
        notice=f"certification/{notice}", to=(case.customer,), cc=case.other_participants, values=_framed(case, values), attach=attach
    )


def tell_staff(case: Certification, notice: str, to: tuple[str, ...], *, with_files: bool = False, **values: Any) -> SendNotice:
    """A letter to the reviewer or the managers; `with_files` sends what the mail at hand carried along."""
    framed = _framed(case, values)
    return SendNotice(notice=f"certification/{notice}", to=to, to_staff=True, values=framed, forward_attachments=with_files)


def checked(case: Certification, facts: CertificationFacts, desk: Desk) -> tuple[CheckedPoint, ...]:
    """The checklist of the application as it stands now."""
    return check(case.details.application, facts.calendar.local_day(case.opened_at), policy_of(desk))


def application_letter(case: Certification, event: MailReceived, facts: CertificationFacts, desk: Desk, *, is_new: bool) -> SendNotice:
    """The application for the reviewer: the mail with its files, the checklist, and the commands to copy (DK2)."""
    details = case.details
    return tell_staff(
        case,
        "application",
        reviewers(desk),
        with_files=True,
        text=(event.mail.text or event.mail.alternative_text) if is_new else event.new_text,
        sender=event.sender,
        is_new=is_new,
        is_genuine=event.authenticated,
        attachment_names=tuple(attachment.name or "-" for attachment in event.mail.attachments),
        points=checked(case, facts, desk),
        stars=policy_of(desk).stars,
        applied_for=details.application.stars,
        decision_due=details.decision_due,
        steps=details.decision_steps,
        recertifies=details.recertifies,
        held=details.held,
        history=facts.partner_notes if details.recertifies else (),
        commands=review_commands(case, desk),
    )


def review_commands(case: Certification, desk: Desk) -> tuple[str, ...]:
    """Lines to copy in the state at hand."""
    if case.state == "applied":
        stars = case.details.application.stars or max(policy_of(desk).stars)
        return (f"/approve {stars}", "/reject REASON")
    return ("/cancel REASON",) if case.state == "certified" else ()


def _framed(case: Certification, values: dict[str, Any]) -> dict[str, Any]:
    return {"certification": case.details, **values}
