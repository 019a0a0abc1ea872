"""`mailflow import`: all or nothing, each wrong line named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.command import ask
from tests.journeys.installation import DATA, Installation


def test_what_was_taken_is_counted(fresh: Installation) -> None:
    done = ask(fresh, "import", str(DATA), "--json")
    assert (done.status, json.loads(done.out)) == (0, {"contracts": 2, "devices": 3, "parts": 2, "contacts": 2, "partners": 0})


def test_every_wrong_line_is_named(fresh: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    prices = folder / "parts.csv"
    prices.write_text(prices.read_text().replace("1800.00", "1,8,00"))
    (folder / "devices.csv").write_text("serial,part_number,model,contract\nX1,P1,Router,C-NONE\n")
    done = ask(fresh, "import", str(folder))
    assert (done.status, done.out) == (1, "")
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == ["devices.csv:2 contract", "parts.csv:3"]


def test_a_language_that_no_desk_writes_is_a_warning(fresh: Installation, tmp_path: Path) -> None:
    """OUT5: its people get letters in the desk's own language."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "contracts.csv").write_text(
        (folder / "contracts.csv").read_text() + "C-DE,Hafen,hafen.example,9x5xNBD,hicare,2026-01-01,2027-12-31,de,DE,Europe/Berlin,\n"
    )
    done = ask(fresh, "import", str(folder))
    assert (done.status, done.err) == (0, "warning: no desk writes 'de', so letters go out in a desk's own language: contract C-DE\n")


def test_a_mail_providers_domain_in_a_contract_is_a_wrong_line(fresh: Installation, tmp_path: Path) -> None:
    """The desks say which domains these are."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    lines = (folder / "contracts.csv").read_text().splitlines()
    (folder / "contracts.csv").write_text("\n".join((lines[0], "C-G,Hafen,gmail.com,9x5xNBD,hicare,2026-01-01,2027-12-31,en,,,", "")))
    done = ask(fresh, "import", str(folder))
    assert (done.status, "contracts.csv:2 domains: gmail.com is a mail provider's" in done.err) == (1, True)


def test_a_folder_that_is_not_there_is_a_failure(fresh: Installation, tmp_path: Path) -> None:
    done = ask(fresh, "import", str(tmp_path / "none"))
    assert (done.status, done.err) == (1, f"none:0: {tmp_path}/none is no folder\n")
