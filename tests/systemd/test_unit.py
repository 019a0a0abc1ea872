"""The shipped unit: spelt right, hardened, and in step with the shipped configuration."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.servers.process import find_program

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "systemd" / "mailflow.service"


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [find_program("systemd-analyze", "systemd"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_exposure_is_at_most_1_1_where_1_5_is_allowed() -> None:
    gate = analyze("security", "--offline=yes", "--threshold=15", "--no-pager", str(UNIT))
    assert gate.returncode == 0, gate.stdout
    found = re.search(r"exposure level for mailflow\.service: ([\d.]+)", gate.stdout)
    assert found is not None
    assert float(found[1]) <= 1.1


def test_every_directive_is_known_to_systemd(tmp_path: Path) -> None:
    # The program is not installed where the tests run; all else is looked at as shipped.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/mailflow/bin/mailflow", "/bin/true"))
    checked = analyze("verify", "--man=no", str(unit))
    # Broken units of the host are named too; only ours count.
    assert [line for line in checked.stderr.splitlines() if UNIT.name in line] == []


def test_a_misspelt_directive_would_be_found(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/mailflow/bin/mailflow", "/bin/true").replace("ProtectHome=", "ProtectHomes="))
    checked = analyze("verify", "--man=no", str(unit))
    assert len([line for line in checked.stderr.splitlines() if "ProtectHomes" in line]) == 1


def test_every_secret_of_the_shipped_configuration_is_loaded() -> None:
    configured = re.findall(r'^\w+ = "cred:([\w.]+)"', (ROOT / "config" / "mailflow.toml").read_text(), re.MULTILINE)
    loaded = re.findall(r"^LoadCredential=([\w.]+):", UNIT.read_text(), re.MULTILINE)
    assert sorted(set(configured)) == sorted(loaded)


def test_nothing_in_a_writable_directory_can_be_run() -> None:
    forbidden = " ".join(re.findall(r"^NoExecPaths=(.*)$", UNIT.read_text(), re.MULTILINE)).split()
    wanted = {"/", "/tmp", "/var/tmp", "/run/mailflow", "/var/lib/mailflow", "/var/lib/private/mailflow"}
    assert wanted - set(forbidden) == set()
