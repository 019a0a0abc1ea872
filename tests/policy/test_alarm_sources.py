"""Which mails are alarms of devices (IN8): the desk names a sender, a header, or both."""

from __future__ import annotations

import pytest

from mailflow.message.model import Address, Mail
from mailflow.policy.desk import AlarmPolicy, AlarmSource
from mailflow.policy.triage import is_alarm

MAIL = Mail(senders=(Address("esight@customer.example", "eSight"),), headers=(("x-call-home", "OceanStor"), ("subject", "x")))


@pytest.mark.parametrize(
    ("sender", "header", "expected"),
    [
        ("esight@customer.example", "", True),
        ("ESIGHT@Customer.Example", "", True),
        ("@customer.example", "", True),
        ("@example", "", False),
        ("sight@customer.example", "", False),
        ("anna@customer.example", "", False),
        ("", "X-Call-Home", True),
        ("", "X-Call-Home: oceanstor", True),
        ("", "X-Call-Home: switch", False),
        ("", "X-Other", False),
        ("esight@customer.example", "X-Call-Home", True),
        ("esight@customer.example", "X-Other", False),
        ("anna@customer.example", "X-Call-Home", False),
        ("", "", False),
    ],
)
def test_a_source_is_a_sender_or_a_header_or_both(sender: str, header: str, expected: bool) -> None:
    assert is_alarm(MAIL, AlarmPolicy(sources=(AlarmSource(sender=sender, header=header),))) is expected


def test_a_desk_without_sources_has_no_alarms_and_one_that_fits_is_enough() -> None:
    other = AlarmSource(sender="other@customer.example")
    assert not is_alarm(MAIL, AlarmPolicy())
    assert is_alarm(MAIL, AlarmPolicy(sources=(other, AlarmSource(sender="esight@customer.example"))))
