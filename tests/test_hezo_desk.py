"""The shipped desk `hezo-cocare`: what the papers and the contract say of it, and what its file may not say (DK1, DK3)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mailflow.policy.desk import MailboxRole, Role
from mailflow.policy.term import Term, Unit
from mailflow.settings import WrongSettings, load_desk, shipped_desks

HEZO = load_desk(shipped_desks() / "hezo-cocare")


def test_it_is_the_desk_of_the_contract() -> None:
    assert [(box.address, box.role) for box in HEZO.mailboxes] == [
        ("support@cocare.example", MailboxRole.TAC),
        ("returns@cocare.example", MailboxRole.RECEIVING),
        ("escalation@cocare.example", MailboxRole.ESCALATION),
    ]
    assert [(member.address.partition("@")[0], member.roles) for member in HEZO.staff] == [
        ("ccr", (Role.CCR,)),
        ("cse", (Role.CSE,)),
        ("warehouse", (Role.RECEIVING,)),
        ("manager", (Role.ESCALATION,)),
        ("finance", (Role.FINANCE,)),
        ("admin", (Role.ADMIN,)),
    ]
    assert (HEZO.calendar.country, HEZO.calendar.timezone, HEZO.languages) == ("PL", "Europe/Warsaw", ("pl", "en"))
    assert HEZO.vendor is not None
    assert HEZO.vendor.address == "tac@tac.example"


def test_its_numbers_are_those_of_the_papers() -> None:
    """SR4: an hour for every level; RM8: seven calendar days; DK1: serial, contract and symptoms before acceptance."""
    hour = Term(1, Unit.SERVICE_HOURS)
    assert (set(HEZO.requests.response.values()), HEZO.requests.response_from) == ({hour}, "arrival")
    assert HEZO.returns.return_term == Term(7, Unit.DAYS)
    assert set(HEZO.requests.demanded) == {"serial", "contract", "symptoms"}


def test_two_mailflows_that_write_to_each_other_never_share_letters_of_numbers() -> None:
    vendor = load_desk(shipped_desks() / "huawei-tac")
    assert HEZO.vendor is not None
    assert set(HEZO.vendor.number_prefixes) == set(vendor.number_prefixes.values())
    assert not set(HEZO.number_prefixes.values()) & set(vendor.number_prefixes.values())


@pytest.mark.parametrize("address", ["tac@tac.example", "escalation@tac.example"])
def test_the_manufacturer_is_known_by_its_domain(address: str) -> None:
    assert HEZO.is_vendor(address)


@pytest.mark.parametrize("address", ["tac@cocare.example", "tac@sub.tac.example", "", "tac@tac.example.evil.example"])
def test_nobody_else_is_the_manufacturer(address: str) -> None:
    assert not HEZO.is_vendor(address)


@pytest.mark.parametrize(
    ("spoil", "by", "trouble"),
    [
        (
            'number_prefixes = ["SR-", "RMA-"]',
            'number_prefixes = ["HZS-"]',
            "HZS- stands before our own numbers too",
        ),
        ('"24x7x4" = "Premier"', '"24x7" = "Premier"', "24x7"),
    ],
)
def test_a_contradiction_is_named(tmp_path: Path, spoil: str, by: str, trouble: str) -> None:
    folder = shutil.copytree(shipped_desks() / "hezo-cocare", tmp_path / "mine")
    text = (folder / "desk.toml").read_text("utf-8")
    assert spoil in text
    (folder / "desk.toml").write_text(text.replace(spoil, by), "utf-8")
    with pytest.raises(WrongSettings) as wrong:
        load_desk(folder)
    assert trouble in str(wrong.value)
