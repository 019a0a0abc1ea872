"""A partner whose certificate stands in the register (partners.csv: stars, certified_from) but in no case of ours yet (DK2).

Its year runs from `certified_from`. A first application of it is a recertification. A first report on its engineers opens the case
of that certificate, which from then on has its clocks. Nothing is sent to a partner that never wrote.
"""

from __future__ import annotations

from datetime import date, datetime

from mailflow.cases.certification.conversation import add_partner_mail
from mailflow.cases.certification.letter import policy_of, registered_certificate
from mailflow.cases.certification.opening import newborn, read_own_application
from mailflow.cases.certification.personnel import is_report
from mailflow.cases.certification.validity import end_of_validity, validity_clock
from mailflow.policy.certification import Application, CertificationDetails
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.facts import Facts


def take_first_report(event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision | None:
    """The case of the registered certificate, with what the mail reports; None where it is no report, or no certificate is in force."""
    policy, today = policy_of(desk), facts.calendar.local_day(event.at)
    held = registered_certificate(facts, desk)
    if held is None or not held.is_in_force(today) or not _is_only_report(event, facts, today):
        return None
    end = end_of_validity(held.issued_on, policy)
    details = CertificationDetails(
        application=Application(),
        partner=facts.partner.name if facts.partner else "",
        domain=facts.partner.domain if facts.partner else "",
        stars=held.stars,
        issued_on=held.issued_on,
        valid_through=held.valid_through,
        validity_steps=end.steps,
        held=held,
    )
    case = newborn(event, facts, desk).changed(state="certified", details=details, linked=())
    told = add_partner_mail(case, event, facts, desk, now)
    known = f"certified by the register with {held.stars} stars through {held.valid_through.isoformat()}"
    clock = validity_clock(held.valid_through, end.steps, facts.calendar, policy, now)
    return Decision(case=told.case, effects=(*clock, *told.effects), reason=f"{known}; {told.reason}")


def _is_only_report(event: MailReceived, facts: Facts, today: date) -> bool:
    """What applies for stars is an application, whatever else it tells; a report of somebody unproven is for a human to look at."""
    if not event.authenticated or event.standing is Standing.STRANGER:
        return False
    return is_report(event, facts) and read_own_application(event, today).stars is None
