"""The mail by which staff hear of a customer, the same for every case type (SR5, IN7, IN9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailflow.bootstrap import shipped_templates
from mailflow.message.model import Attachment
from mailflow.notices.render import Templates
from mailflow.policy.customer_message import ask_staff, forward_to_staff
from mailflow.policy.derivation import Step
from tests.cases.service_request.scene import mail_of

WAREHOUSE = ("warehouse@tac.example",)


def test_what_was_set_aside_and_left_unanswered_is_told_whoever_relays_the_mail() -> None:
    """IN7, IN9: a program among the attachments of a mail about a return is named to the warehouse too."""
    event = mail_of(unanswered_because="sent by a machine")
    program = Attachment("label.exe", "application/x-dosexec", b"MZ" + bytes(64))
    letter = forward_to_staff(replace(event, mail=replace(event.mail, attachments=(program,))), WAREHOUSE, summary=())
    assert letter.values["flags"] == (
        Step("flag_set_aside", {"names": ("label.exe",)}),
        Step("flag_unanswered", {"reason": "sent by a machine"}),
    )
    assert letter.values["attachment_names"] == ("label.exe",)


def test_a_matter_without_a_mail_carries_no_words_and_no_files() -> None:
    letter = ask_staff("anna@customer.example", WAREHOUSE, summary=(), commands=("/resolve",))
    assert (letter.values["text"], letter.values["attachment_names"], letter.forward_attachments) == ("", (), False)


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("sent by a machine", "Nie wysłano automatycznej odpowiedzi: wiadomość wysłał automat."),
        (
            "the manufacturer is never answered by a machine",
            "Nie wysłano automatycznej odpowiedzi: producentowi nigdy nie odpowiadamy automatycznie.",
        ),
        (
            "our border server says that it is forged: dmarc=fail header.from=a.example",
            "Nie wysłano automatycznej odpowiedzi: według naszego serwera brzegowego nadawca jest sfałszowany.",
        ),
    ],
)
def test_staff_read_in_their_language_why_nothing_was_answered(why: str, told: str) -> None:
    (flag,) = forward_to_staff(mail_of(unanswered_because=why), WAREHOUSE, summary=()).values["flags"]
    assert Templates(shipped_templates()).wording("pl").say("derivation", flag.name, flag.values) == told
