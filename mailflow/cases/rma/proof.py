"""Proof of notice (BX4): which letters a customer's server took and did not send back. Without it nothing is invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailflow.policy.derivation import Step
from mailflow.policy.facts import SentNotice
from mailflow.policy.return_term import ReturnTerm

VERIFICATION = "rma/customer_request_verification"
NEEDED = {VERIFICATION: 1, "rma/reminder": 2, "rma/final_notice": 1}
"""Notices, and how many of each must have reached an address of the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`missing` says by name what is not proven. `for_staff_to_decide`: all that was written arrived, but too few reminders were due."""

    missing: tuple[Step, ...]
    for_staff_to_decide: bool


def proof_of_notice(sent: Sequence[SentNotice], term: ReturnTerm) -> Proof:
    """Weigh the letters of a return for the units of one term: the authorisation, and those reminders and final notices that named them.

    A letter is proven when at least one of its recipients' servers took it and it did not bounce.
    """
    known = [one for one in sent if one.name == VERIFICATION or one.written_at in term.moments(one.name.removeprefix("rma/"))]
    written = {name: {one.message_id for one in known if one.name == name} for name in NEEDED}
    proven = {
        name: {one.message_id for one in known if one.name == name and one.accepted_at is not None and one.bounced_at is None}
        for name in NEEDED
    }
    lacking = [name for name, needed in NEEDED.items() if len(proven[name]) < needed]
    only_too_few = lacking == ["rma/reminder"] and written["rma/reminder"] == proven["rma/reminder"]
    return Proof(
        missing=tuple(
            Step(f"rma_unproven_{name.removeprefix('rma/')}", {"proven": len(proven[name]), "written": len(written[name])})
            for name in lacking
        ),
        for_staff_to_decide=only_too_few,
    )
