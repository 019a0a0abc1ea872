"""Certifications through the true pipeline: who takes part, where a mail goes, what strangers learn (DK2, IN2, IN3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailflow.bootstrap import shipped_templates
from mailflow.cases import CASE_TYPES
from mailflow.handling.notice import choose_recipients, write_notice
from mailflow.handling.work import Services, Trigger, Work
from mailflow.notices.render import Templates
from mailflow.policy.decision import SendNotice
from mailflow.policy.register import Partner
from mailflow.scenario.mail_client import SIGNER
from mailflow.settings import shipped_desks
from mailflow.store import journal
from mailflow.store.register import replace_register
from mailflow.store.transaction import Database
from mailflow.toml_file import load_desk
from tests.handling.conftest import REGISTER, DeskAtWork

BOX = "certification@partner.example"
ZHANG, LI, STRANGER = "zhang.min@bright.example", "li.wei@bright.example", "new@company.example"
REVIEWER, MANAGER = "reviewer@partner.example", "manager@partner.example"
PARTNER = Partner(
    name="Bright Networks", domain="bright.example", service_manager=ZHANG, spare_parts_contact="", stars=0, certified_from=None
)
TEXT = "We apply for two stars.\nLi Wei, H3CSE, 2031-06-30\nChen Hao, H3CNE, 2031-06-30\nService manager: Zhang Min"
Write = Callable[..., str]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskAtWork]:
    database = Database(f"sqlite:///{tmp_path / 'partners.db'}", CASE_TYPES)
    database.upgrade()
    with database.write() as c:
        replace_register(c, replace(REGISTER, partners=(PARTNER,)))
    yield DeskAtWork(
        Services(
            database=database,
            desks=(load_desk(shipped_desks() / "h3c-partner"),),
            templates=Templates(shipped_templates(), None),
            address_key=b"a key for tests only",
            authserv_id=SIGNER,
        )
    )
    database.close()


def apply_for_stars(desk: DeskAtWork, sender: str = ZHANG, *, genuine: bool = True) -> str:
    row = desk.write(sender, "Application", TEXT, mailbox=BOX, genuine=genuine)
    assert (row.state, row.case_number is not None) == ("opened", True)
    return row.case_number or ""


def certified(desk: DeskAtWork) -> str:
    number = apply_for_stars(desk)
    desk.answer(REVIEWER, "certification/application", "/approve 2", mailbox=BOX)
    assert desk.case(number).state == "certified"
    desk.new_notices()
    return number


def newest_text(desk: DeskAtWork, name: str) -> str:
    return next(row.text for row in reversed(desk.all_notices()) if row.name == name)


def test_a_mail_to_the_partner_mailbox_opens_a_certification(desk: DeskAtWork) -> None:
    """IN2: the case type follows from the mailbox's role."""
    number = apply_for_stars(desk)
    assert (number, desk.case(number).kind) == ("CERT-100001", "certification")
    assert desk.new_notices() == [("certification/received", (ZHANG,)), ("certification/application", (REVIEWER,))]


def test_a_stranger_learns_the_number_and_no_more(desk: DeskAtWork) -> None:
    """SR1: neither words of the mail, nor the partner's name."""
    apply_for_stars(desk, STRANGER)
    text = newest_text(desk, "certification/received")
    assert "CERT-100001" in text
    assert "Li Wei" not in text


def test_a_forged_application_learns_nothing_of_the_partner(desk: DeskAtWork) -> None:
    certified(desk)
    desk.write(ZHANG, "Application", TEXT, mailbox=BOX, genuine=False)
    assert "CERT-100001" not in newest_text(desk, "certification/received")


def test_a_colleague_of_the_domain_takes_part_and_a_stranger_does_not(desk: DeskAtWork) -> None:
    """IN3: finding gives no rights."""
    number = apply_for_stars(desk)
    added = desk.write(LI, f"{number}: the hotline", "Hotline: +86 571 5550 0100", mailbox=BOX)
    assert (added.state, added.case_number) == ("added", number)
    opened = desk.write(STRANGER, f"{number}: let me see", "Hello, please send me the application.", mailbox=BOX)
    assert (opened.state, opened.case_number == number) == ("opened", False)
    assert desk.case(number).participants == (ZHANG, LI)


def test_a_report_that_names_no_case_finds_the_certificate_in_force(desk: DeskAtWork) -> None:
    number = certified(desk)
    row = desk.write(ZHANG, "Staff", "Chen Hao (H3CNE) left the company on 19 November 2026.", mailbox=BOX)
    assert (row.state, row.case_number) == ("added", number)
    assert desk.case(number).details.vacancies[0].engineer == "Chen Hao"
    assert desk.new_notices() == [("certification/personnel_report", (ZHANG,)), ("service_request/customer_message", (REVIEWER, MANAGER))]


def test_the_next_application_is_linked_to_the_certificate(desk: DeskAtWork) -> None:
    """What was noted on it is read by the reviewer, never by the partner."""
    first = certified(desk)
    desk.write(MANAGER, first, "/note The hotline was silent for nine hours.", mailbox=BOX)
    second = apply_for_stars(desk)
    assert desk.case(second).details.recertifies == first
    assert "silent for nine hours" in newest_text(desk, "certification/application")
    assert "silent" not in newest_text(desk, "certification/received")


def test_a_certificate_is_withdrawn_after_confirmation_only(desk: DeskAtWork) -> None:
    """BX8"""
    number = certified(desk)
    desk.write(REVIEWER, number, "/cancel One certificate was not genuine.", mailbox=BOX)
    assert desk.case(number).state == "certified"
    (pending,) = desk.case(number).details.confirmations
    desk.answer(REVIEWER, "staff/confirmation_request", f"/confirm {pending.code}", mailbox=BOX)
    assert desk.case(number).state == "cancelled"
    assert ("certification/cancelled", (ZHANG,)) in desk.new_notices()


def test_partners_never_read_addresses_of_staff(desk: DeskAtWork) -> None:
    certified(desk)
    for row in desk.all_notices():
        if ZHANG in row.to:
            assert REVIEWER not in row.text
            assert MANAGER not in row.text


def test_an_unauthorised_approval_changes_nothing(desk: DeskAtWork) -> None:
    """OUT6, BX8"""
    number = apply_for_stars(desk)
    desk.answer(REVIEWER, "certification/application", "/approve 4", mailbox=BOX, genuine=False)
    assert desk.case(number).state == "applied"


def test_the_journal_keeps_how_the_day_was_counted(desk: DeskAtWork) -> None:
    """BX2"""
    number = apply_for_stars(desk)
    with desk.services.database.read() as c:
        rows = journal.of_case(c, number)
    assert any(row.steps and row.text == "a decision is due by 2026-11-25" for row in rows)


def test_a_stranger_who_applies_in_a_partners_name_is_shown_as_one(desk: DeskAtWork) -> None:
    """DK2: the certificate would bear the partner's name and go to the stranger; its own applications are no cause for worry."""
    warning = "belongs to no partner in the register"
    apply_for_stars(desk, ZHANG)
    assert warning not in newest_text(desk, "certification/application")
    desk.write("eve@evil.example", "Application", f"Company: Bright Networks\n{TEXT}", mailbox=BOX)
    assert warning in " ".join(newest_text(desk, "certification/application").split())


@pytest.mark.parametrize(
    ("named", "sender", "genuine", "counts"),
    [
        ("zhang.min@bright.example", "zhang.min@bright.example", True, True),
        ("zhang.min@bright.example", "min@bright.example", True, False),
        ("Zhang Min", "Zhang Min <zhang.min@bright.example>", True, True),
        ("Zhang Min", "Zhang Min <anybody@bright.example>", False, False),
    ],
)
def test_only_the_service_manager_reports_and_nobody_whose_name_or_address_looks_like_it(
    desk: DeskAtWork, named: str, sender: str, genuine: bool, counts: bool
) -> None:
    with desk.services.database.write() as c:
        replace_register(c, replace(REGISTER, partners=(replace(PARTNER, service_manager=named),)))
    number = certified(desk)
    desk.write(sender, f"Re: {number}", "Li Wei has left us on 2026-11-18.", mailbox=BOX, genuine=genuine)
    assert bool(desk.case(number).details.vacancies) is counts


def test_a_partner_s_address_has_the_share_of_a_known_one(desk: DeskAtWork) -> None:
    """IN7: a certification has no contract, yet its clocks never fall silent towards a partner."""
    case = desk.case(apply_for_stars(desk))
    services, house, stranger = desk.services, desk.services.desks[0], "eve@elsewhere.example"
    values = {"understood": (), "decision_due": desk.now.date(), "steps": (), "recertifies": "", "held": None}
    clock = Trigger(who="mailflow", what="deadline", at=desk.now, deadline_id=1)
    with services.database.write() as c:
        for address in (ZHANG, stranger) * house.caps.unknown_per_day:
            effect = SendNotice(notice="certification/received", to=(address,), values=values)
            write_notice(Work.begin(c, services, house, Trigger(who="mailflow", what="note", at=desk.now)), case, effect)
        work = Work.begin(c, services, house, clock)
        letters = (SendNotice(notice="certification/expired", to=(one,)) for one in (ZHANG, stranger))
        chosen = [choose_recipients(work, case, letter)[0] for letter in letters]
    assert chosen == [(ZHANG,), ()]


def test_the_form_of_a_command_names_no_return_to_a_reviewer(desk: DeskAtWork) -> None:
    """OUT4, DK2"""
    number = certified(desk)
    desk.write(REVIEWER, number, "/cancel\n", mailbox=BOX)
    assert "/cancel: the reason is missing. The form is /cancel REASON." in " ".join(newest_text(desk, "staff/command_refused").split())
    desk.write(REVIEWER, number, "/help\n", mailbox=BOX)
    told = newest_text(desk, "staff/command_refused")
    assert ("- /approve 2|3|4" in told, "- /cancel REASON" in told, "/received" in told) == (True, True, False)
