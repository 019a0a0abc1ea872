"""What notices are rendered with in these tests: the first of their sample values, and what some of it is."""

from __future__ import annotations

from typing import Any

from mailflow.scenario.samples import samples_of

ZONE = "Europe/Bucharest"
SERIAL = "2102113456AB7N000123"
OTHER_SERIAL = "2102113456AB7N000124"
DESKS = ("Technical Assistance Center", "HEZO CoCare", "H3C Partner Certification")


def sample_values(notice: str) -> dict[str, Any]:
    """All variables of a notice, e.g. `rma/reminder`; one that the scenarios send without a case gets one too."""
    values = dict(next(samples_of(notice)))
    if values["case"] is None:
        other = next(samples_of("service_request/status"))
        values |= {name: other[name] for name in ("case", "number", "reply_address")}
    return values
