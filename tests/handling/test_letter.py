"""A letter as it leaves: whoever answers it reaches the case (BX7), in the language and from the mailbox that are right (OUT1, OUT5)."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest

from mailflow.bootstrap import shipped_templates
from mailflow.handling.notice import write_notice
from mailflow.handling.work import Trigger, Work
from mailflow.message.reference import verify_token
from mailflow.notices.render import Templates
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Step
from mailflow.scenario.samples import FRAME
from mailflow.store import case as case_rows
from mailflow.store import journal
from mailflow.store import notice as notices
from tests.handling.conftest import START, DeskAtWork
from tests.notices.samples import sample_values


@pytest.mark.parametrize("language", ["en", "pl", "zh"])
def test_every_letter_about_a_case_asks_for_answers_to_its_signed_address(desk: DeskAtWork, language: str) -> None:
    """OUT1, BX7: Reply-To and each prepared answer carry the case's token."""
    services = desk.services
    wrong = []
    for name in Templates(shipped_templates()).notices(language):
        values = sample_values(name)
        case = replace(values["case"], language=language)
        own = {key: value for key, value in values.items() if key not in FRAME}
        effect = SendNotice(notice=name, to=("anna@customer.example",), values=own)
        with services.database.write() as c:
            if case_rows.load(c, case.number) is None:
                case_rows.insert(c, replace(case, parent=None))
            written = write_notice(Work.begin(c, services, services.desks[0], Trigger(who="mailflow", what="test", at=START)), case, effect)
            raw = notices.load(c, written).raw
        mail = message_from_bytes(raw, policy=default)
        (address,) = mail["Reply-To"].addresses
        html = mail.get_body(("html",)).get_content()
        links = [piece.partition("?")[0] for piece in html.split('href="mailto:')[1:]]
        token = verify_token(services.address_key, address.username.partition("+")[2])
        if (token, set(links) - {address.addr_spec}, mail["Content-Language"]) != (case.number, set(), language):
            wrong.append((name, str(mail["Reply-To"]), links))
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "to_staff", "values"),
    [
        ("staff/attention", True, {"said": Step("brake_reached", {"limit": 20})}),
        ("service_request/vendor_answer", False, {"text": "See below.", "vendor_number": ""}),
    ],
)
def test_one_bad_recipient_never_stops_a_letter_to_staff_or_to_the_manufacturer(
    desk: DeskAtWork, name: str, to_staff: bool, values: dict[str, object]
) -> None:
    """IN7, P4: it is left out with a line in the journal; who had a copy is written to where nobody else is left."""
    desk.write("anna@northwind.example", "Board reboots", "Serial: 2102352KLM10L5000456")
    case = desk.case("SR-100001")
    bad, good, copied = "a..b@tac.example", "ccr@tac.example", "admin@tac.example"
    with desk.services.database.write() as c:
        work = Work.begin(c, desk.services, desk.services.desks[0], Trigger(who="mailflow", what="test", at=START))
        effects = [SendNotice(notice=name, to=to, cc=(copied,), to_staff=to_staff, values=values) for to in ((bad, good), (bad,))]
        letters = [notices.load(c, write_notice(work, case, effect)) for effect in effects]
        lines = [row.text for row in journal.of_case(c, case.number) if "no server takes" in row.text]
    assert [(letter.to, letter.cc) for letter in letters] == [((good,), (copied,)), ((copied,), ())]
    assert lines == [f"{name} not sent to {bad}: no server takes such an address"] * 2
