"""The Customer Request Verification (RM2): what is authorised, until when, and from its second version on what has changed."""

from __future__ import annotations

from dataclasses import replace

from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import return_term
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts
from mailflow.policy.sla import Commitment, replacement_commitment

ATTACHED = ("return_form_pdf", "return_form_xlsx", "carton_label", "deadline_calendar")


def verify(case: Case, facts: Facts, desk: Desk) -> tuple[Case, SendNotice]:
    """The notice with form, label and the calendar entry; the case remembers what it told. Staff's waybill travels along."""
    details: RmaDetails = case.details
    moved = details.return_address not in ((), desk.wording.return_address)
    changes = (*details.changed_since, *(("return_address",) if moved else ()))
    told = case.changed(details=replace(details, changed_since=(), return_address=desk.wording.return_address))
    owed = commitment_of(told, facts, desk)
    letter = tell_customer(
        told,
        "customer_request_verification",
        attach=ATTACHED,
        forward_attachments=True,
        sla_steps=owed.steps if owed else (),
        sla_moment=owed.moment if owed else None,
        sla_day=owed.day if owed else None,
        owed=details.owed,
        days=details.due_days,
        return_term=return_term(facts, desk),
        version=details.version,
        changes=changes,
        validity_steps=_derive_validity(details, facts, desk),
        ship_to=_ship_to(details, facts),
    )
    return told, letter


def _derive_validity(details: RmaDetails, facts: Facts, desk: Desk) -> Derivation:
    """How the last valid day came about (BX2, RM3)."""
    term = desk.returns.validity
    since = facts.calendar.before(details.valid_through, term)
    return (Step("rma_valid_from", {"day": since}), *facts.calendar.end_of_term(since, term).steps[1:])


def _ship_to(details: RmaDetails, facts: Facts) -> str:
    """Where the replacement goes: the address of the request, else the contract's, where that is a single one."""
    if details.type != "advance":
        return ""
    stated = facts.parent.details.site_address if facts.parent else ""
    sites = [site.strip() for site in facts.contract.site_address.split(";") if site.strip()] if facts.contract else []
    return stated.strip() or (sites[0] if len(sites) == 1 else "")


def verify_anew(case: Case, change: str, facts: Facts, desk: Desk) -> tuple[Case, SendNotice]:
    """The next version, which says what has changed since the last."""
    details: RmaDetails = case.details
    changes = tuple(dict.fromkeys((*details.changed_since, change)))
    return verify(case.changed(details=replace(details, version=details.version + 1, changed_since=changes)), facts, desk)


def commitment_of(case: Case, facts: Facts, desk: Desk) -> Commitment | None:
    """When the replacement is there by the entitled level (EN6); the mail that created the return confirmed it. None where none is owed."""
    details: RmaDetails = case.details
    if details.type != "advance" or not details.service_level:
        return None
    priority = case.priority or desk.requests.default_priority
    return replacement_commitment(details.service_level, priority, details.issued_at, facts.calendar)
