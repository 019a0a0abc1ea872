"""Several desks in one daemon (DK3): one database, one register, and no desk tells anybody anything of another's cases."""

from __future__ import annotations

import email
import email.policy
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailflow.bootstrap import build_database, build_services
from mailflow.scenario.mail_client import SIGNER, write_mail
from mailflow.settings import load_settings
from mailflow.store import notice
from tests.handling.conftest import DeskAtWork

DESKS = {
    "huawei-tac": ("tac@tac.example", "receiving@tac.example", "escalation@tac.example"),
    "hezo-cocare": ("support@cocare.example", "returns@cocare.example", "escalation@cocare.example"),
}
TAC, HEZO = "tac@tac.example", "support@cocare.example"
ANNA = "anna@northwind.example"
SERIAL = "2102352KLM10L5000456"
REQUEST = f"Serial number: {SERIAL}\nContract number: HC-1\n\nSlot 3 keeps restarting since this morning.\n"
SECRET = "Behind the Crimson Door"


@pytest.fixture
def both(tmp_path: Path, desk_file: Path) -> Iterator[DeskAtWork]:
    """As an admin sets it up: both names in `desks`, a table for each mailbox."""
    shutil.copy(desk_file, tmp_path / "mailflow.db")
    boxes = "".join(f'[[mailboxes]]\naddress = "{box}"\nkind = "maildir"\npath = "{box}"\n' for group in DESKS.values() for box in group)
    head = f'desks = {list(DESKS)}\nstate_dir = "."\nauthserv_id = "{SIGNER}"\ncase_address_key = "a key for two desks"\n'
    (tmp_path / "mailflow.toml").write_text(head + boxes + '[relay]\nhost = "localhost"\ntls = "none"\n')
    settings = load_settings(tmp_path / "mailflow.toml")
    database = build_database(settings)
    yield DeskAtWork(build_services(settings, database))
    database.close()


def parsed_reply_to(raw: bytes) -> str:
    return str(email.message_from_bytes(raw, policy=email.policy.default)["Reply-To"])


def telling(desk: DeskAtWork, *words: str, of: str) -> list[str]:
    """The letters of a desk that hold one of the words, in their head or their text."""
    said = [(row.name, row.raw.decode() + row.text) for row in desk.all_notices() if row.desk == of]
    return [name for name, text in said if any(word in text for word in words)]


def test_each_desk_has_its_own_numbers_language_and_case_of_the_same_customer(both: DeskAtWork) -> None:
    first = both.write(ANNA, "Board", REQUEST, mailbox=TAC)
    second = both.write(ANNA, "Board", REQUEST, mailbox=HEZO)
    assert [(row.state, row.case_number) for row in (first, second)] == [("opened", "SR-100001"), ("opened", "HZS-100001")]
    assert [(both.case(number).desk, both.case(number).state) for number in ("SR-100001", "HZS-100001")] == [
        ("huawei-tac", "accepted"),
        ("hezo-cocare", "accepted"),
    ]
    assert telling(both, "SR-100001", "tac.example", of="hezo-cocare") == []
    assert telling(both, "HZS-100001", "cocare", of="huawei-tac") == []


def test_one_mail_to_both_desks_is_a_case_at_each(both: DeskAtWork) -> None:
    both.write(ANNA, "Board", REQUEST, mailbox=TAC)
    raw = both.row(1).raw
    both.receive(raw, mailbox=HEZO)
    assert [both.row(number).case_number for number in (1, 2)] == ["SR-100001", "HZS-100001"]


@pytest.mark.parametrize("sender", [ANNA, "stranger@elsewhere.example"])
def test_a_number_of_one_desk_means_nothing_at_the_other(both: DeskAtWork, sender: str) -> None:
    """IN3: it opens a case of the other desk's own, which is linked with nothing."""
    both.write(ANNA, SECRET, REQUEST, mailbox=TAC)
    both.new_notices()
    row = both.write(sender, "Re: [SR-100001]", "STATUS SR-100001\n", mailbox=HEZO)
    assert (row.state, row.case_number, both.case("HZS-100001").linked) == ("opened", "HZS-100001", ())
    assert telling(both, SECRET, "tac.example", of="hezo-cocare") == []


def test_a_signed_address_of_one_desk_is_none_at_the_other(both: DeskAtWork) -> None:
    """The desks of a daemon share the key, never the cases (BX7)."""
    both.write(ANNA, SECRET, REQUEST, mailbox=TAC)
    with both.services.database.read() as c:
        accepted = notice.newest_to(c, "service_request/accepted", ANNA)
    assert accepted is not None
    token = parsed_reply_to(accepted.raw).partition("+")[2].partition("@")[0]
    to = f"support+{token}@cocare.example"
    answer = write_mail(sender=ANNA, to=[to], subject="Re", body="STATUS", at=both.now, message_id="t@northwind.example")
    answer["In-Reply-To"] = f"<{accepted.message_id}>"
    assert token.startswith("sr-100001.")
    row = both.receive(answer.as_bytes(), mailbox=HEZO)
    assert (row.state, row.case_number, both.case("HZS-100001").linked) == ("opened", "HZS-100001", ())
    assert telling(both, SECRET, of="hezo-cocare") == []


def test_staff_of_one_desk_are_nobody_at_the_other(both: DeskAtWork) -> None:
    both.write(ANNA, "Board", REQUEST, mailbox=HEZO)
    row = both.write("cse@tac.example", "Re: [HZS-100001]", "/resolve\n", mailbox=HEZO)
    assert (row.case_number, both.case("HZS-100001").state) == ("HZS-100002", "accepted")


@pytest.mark.parametrize("command", ["/merge SR-100001", "/link SR-100001"])
def test_staff_cannot_reach_a_case_of_the_other_desk(both: DeskAtWork, command: str) -> None:
    both.write(ANNA, SECRET, REQUEST, mailbox=TAC)
    both.write(ANNA, "Board", REQUEST, mailbox=HEZO)
    before = both.case("SR-100001")
    both.new_notices()
    both.write("ccr@cocare.example", "Re: [HZS-100001]", command, mailbox=HEZO)
    assert both.new_notices() == [("staff/command_refused", ("ccr@cocare.example",))]
    assert (both.case("SR-100001"), both.case("HZS-100001").linked) == (before, ())


def test_one_desk_hands_over_to_the_other_of_the_same_daemon(both: DeskAtWork) -> None:
    """DK1: as if they were on two machines; the border has seen each mail."""
    both.write(ANNA, "Board", REQUEST, mailbox=HEZO)
    both.answer("cse@cocare.example", "service_request/customer_message", "/handover", mailbox=HEZO)
    with both.services.database.read() as c:
        handover = notice.newest_to(c, "service_request/handover", TAC)
    assert handover is not None
    arrived = both.receive(handover.raw, mailbox=TAC)
    assert (arrived.state, arrived.case_number, both.case("SR-100001").customer) == ("opened", "SR-100001", HEZO)
    with both.services.database.read() as c:
        answer = notice.newest_to(c, "service_request/acknowledgement", HEZO)
    assert answer is not None
    both.new_notices()
    back = both.receive(answer.raw, mailbox=HEZO)
    assert (back.state, back.case_number) == ("added", "HZS-100001")
    assert both.new_notices() == [("service_request/vendor_message", ("ccr@cocare.example", "cse@cocare.example"))]
    assert both.case("HZS-100001").details.vendor_number == "SR-100001"


def test_a_desk_runs_alone_as_well(both: DeskAtWork) -> None:
    """One desk a daemon is the same desk."""
    alone = DeskAtWork(replace(both.services, desks=(both.services.desk("hezo-cocare"),)))
    assert alone.write(ANNA, "Board", REQUEST, mailbox=HEZO).case_number == "HZS-100001"
