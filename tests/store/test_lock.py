"""One daemon a database file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mailflow.store.transaction import AlreadyRunning, claim_instance

HOLDER = """
import sys, time
from pathlib import Path
from mailflow.store.transaction import claim_instance
lock = claim_instance(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_claim_is_refused_until_the_first_is_released(tmp_path: Path) -> None:
    path = tmp_path / "mailflow.db.lock"
    with claim_instance(path), pytest.raises(AlreadyRunning, match=str(os.getpid())):
        claim_instance(path)
    claim_instance(path).release()


def test_the_lock_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    path = tmp_path / "mailflow.db.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(AlreadyRunning, match=str(holder.pid)):
        claim_instance(path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    claim_instance(path).release()
