"""Two desks in one daemon, one of them with a wording of its own (DK3): its folder first, then the admin's, then the shipped one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.bootstrap import build_database, build_services
from mailflow.cli.check_settings import check_templates
from mailflow.cli.finding import Level
from mailflow.scenario.mail_client import SIGNER
from mailflow.settings import Settings, load_settings, shipped_desks
from tests.cli.command import call
from tests.handling.conftest import DeskAtWork

TAC, HEZO = "tac@tac.example", "support@cocare.example"
BOXES = (TAC, "receiving@tac.example", "escalation@tac.example", HEZO, "returns@cocare.example", "escalation@cocare.example")
ANNA = "anna@northwind.example"
REQUEST = "Serial number: 2102352KLM10L5000456\nContract number: HC-1\n\nSlot 3 keeps restarting since this morning.\n"
STATUS = "service_request/status"


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def configuration(tmp_path: Path, desk_file: Path) -> Path:
    """`hezo-cocare` is a copy with its own wording; the admin's folder overrides two notices for all desks."""
    shutil.copy(desk_file, tmp_path / "mailflow.db")
    own = tmp_path / "desks" / "hezo-cocare"
    shutil.copytree(shipped_desks() / "hezo-cocare", own)
    write(own / "templates", "en/service_request/accepted.md", "---\nsubject: Ours {{ number }}\n---\n{{ 'serial' | field }}\n")
    write(own / "templates", "en/words.toml", '[fields]\nserial = "our number of the device"\n')
    for name in ("accepted", "status"):
        write(tmp_path / "admins", f"en/service_request/{name}.md", "---\nsubject: Everybody's {{ number }}\n---\n{{ 'serial' | field }}\n")
    boxes = "".join(f'[[mailboxes]]\naddress = "{box}"\nkind = "maildir"\npath = "{box}"\n' for box in BOXES)
    head = f'desks = ["huawei-tac", "hezo-cocare"]\nstate_dir = "."\nauthserv_id = "{SIGNER}"\ncase_address_key = "a key for two desks"\n'
    path = tmp_path / "mailflow.toml"
    path.write_text(f'{head}template_override = "admins"\n{boxes}[relay]\nhost = "localhost"\ntls = "none"\n')
    return path


@pytest.fixture
def settings(configuration: Path) -> Settings:
    return load_settings(configuration)


@pytest.fixture
def both(settings: Settings) -> Iterator[DeskAtWork]:
    database = build_database(settings)
    yield DeskAtWork(build_services(settings, database))
    database.close()


def letters(both: DeskAtWork, name: str) -> list[tuple[str, str, bool]]:
    """(desk, subject, whether the desk's own word stands in it) of letters to Anna."""
    rows = [row for row in both.all_notices() if row.name == name and row.to == (ANNA,)]
    return [(row.desk, row.subject, "our number of the device" in row.text) for row in rows]


def test_a_desks_own_files_and_words_serve_that_desk_alone(both: DeskAtWork) -> None:
    """DK3, OUT3: its words reach the admin's notices too; what it does not say itself comes from the admin, then from the product."""
    for mailbox in (TAC, HEZO):
        both.write(ANNA, "Board", REQUEST, mailbox=mailbox)
        both.answer(ANNA, "service_request/accepted", "STATUS", mailbox=mailbox)
    assert letters(both, "service_request/accepted") == [
        ("huawei-tac", "Everybody's SR-100001", False),
        ("hezo-cocare", "Ours HZS-100001", True),
    ]
    assert letters(both, STATUS) == [("huawei-tac", "Everybody's SR-100001", False), ("hezo-cocare", "Everybody's HZS-100001", True)]


def test_preview_shows_the_wording_of_the_desk_that_is_asked_for(configuration: Path) -> None:
    def subject(*more: str) -> str:
        return call("preview", "service_request/accepted", "-l", "en", "-c", str(configuration), *more).out.splitlines()[0]

    assert (subject(), subject("--desk", "hezo-cocare")) == ("Subject: Everybody's SR-100001", "Subject: Ours SR-100001")
    assert call("preview", "--desk", "nobody", "-c", str(configuration)).status == 2


def test_check_writes_every_notice_of_a_desk_with_its_own_wording(settings: Settings, tmp_path: Path) -> None:
    assert [finding.text.split(": ")[:2] for finding in check_templates(settings) if finding.text.startswith("hezo")] == [
        ["hezo-cocare", "pl"],
        ["hezo-cocare", "en"],
    ]
    broken = tmp_path / "desks" / "hezo-cocare" / "templates" / "en" / "rma" / "closed.md"
    write(broken.parent, broken.name, "---\nsubject: x\n---\n{{ nothing }}\n")
    wrong = [finding.text for finding in check_templates(settings) if finding.level is Level.WRONG]
    assert [text.startswith(f"{broken}:4: rma/closed (en): ") for text in wrong] == [True]
