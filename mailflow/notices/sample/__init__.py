"""Sample values of every notice, for `mailflow preview` and the template check (OUT3). Invented, and the same at every call.

One module per case type, each with its table `NOTICES` (name of the notice -> its own variables) beside what it shows them with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailflow.notices.sample import certification, rma, service_request, staff
from mailflow.notices.sample.certification import sample_certification
from mailflow.notices.sample.frame import frame_values
from mailflow.notices.sample.rma import sample_return
from mailflow.notices.sample.service_request import sample_request

NOTICES: Mapping[str, Mapping[str, Callable[[], dict[str, Any]]]] = {
    "service_request": service_request.NOTICES,
    "rma": rma.NOTICES,
    "certification": certification.NOTICES,
    "staff": staff.NOTICES,
}


def sample_values(notice: str) -> dict[str, Any]:
    """All variables of a notice, e.g. `rma/reminder`. A notice unknown here gets those that every template has."""
    kind, _, name = notice.partition("/")
    cases = {"rma": sample_return, "certification": sample_certification}
    shared = frame_values(cases.get(kind, sample_request)())
    if kind == "rma":
        details = shared["case"].details
        shared |= {"rma": details, "lines": details.lines, "valid_through": details.valid_through}
    if kind == "certification":
        shared |= {"certification": shared["case"].details}
    return shared | NOTICES.get(kind, {}).get(name, dict)()
