"""The wheel holds all that an installation needs, and works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout; with the build back-end of the environment where it has one, else with a fetched one."""
    folder = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-build-isolation"] if find_spec("hatchling") else []
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation, "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in a folder of its own; what it depends on comes from the environment."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def run(installed: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def shipped(folder: str) -> set[str]:
    """The files of a folder of the checkout, from its root."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def test_templates_configuration_and_code_are_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    templates = {f"mailflow/{name}" for name in shipped("templates/email")}
    configuration = {f"mailflow/{name}" for name in shipped("config")}
    assert held == shipped("mailflow") | templates | configuration


def test_the_installed_command_previews_a_notice_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "-c", "import mailflow; print(mailflow.__file__)")
    preview = run(installed, tmp_path, str(installed / "bin" / "mailflow"), "preview", "rma/customer_request_verification")
    assert where.stdout == f"{installed}/mailflow/__init__.py\n"
    assert (preview.returncode, preview.stderr) == (0, "")
    assert preview.stdout.startswith("Subject: [RMA-100001]")


def test_the_installed_package_checks_its_own_configuration(installed: Path, tmp_path: Path) -> None:
    check = run(installed, tmp_path, "-m", "mailflow", "check", "--offline")
    assert (check.returncode, check.stderr) == (0, "")


def test_the_version_is_that_of_the_wheel(installed: Path, wheel: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "-m", "mailflow", "--version").stdout == f"mailflow {wheel.name.split('-')[1]}\n"
