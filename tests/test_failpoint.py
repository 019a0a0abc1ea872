"""Named points, armed and not."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from mailflow import failpoint


def test_a_point_that_is_not_armed_does_nothing() -> None:
    failpoint.reach("imap.after_fetch")
    asyncio.run(failpoint.reach_in_loop("imap.after_fetch"))


def test_an_armed_point_fires_once() -> None:
    failpoint.arm("imap.after_fetch:raise")
    failpoint.reach("intake.before_commit")
    with pytest.raises(failpoint.FailpointReached, match=r"imap\.after_fetch"):
        failpoint.reach("imap.after_fetch")
    failpoint.reach("imap.after_fetch")


def test_a_count_lets_the_first_ones_pass() -> None:
    failpoint.arm("imap.after_fetch:raise@3")
    failpoint.reach("imap.after_fetch")
    failpoint.reach("imap.after_fetch")
    with pytest.raises(failpoint.FailpointReached):
        failpoint.reach("imap.after_fetch")


def test_a_sleep_leaves_the_event_loop_running() -> None:
    failpoint.arm("smtp.after_dot:sleep=0.2")

    async def both() -> float:
        begun = time.monotonic()
        await asyncio.gather(failpoint.reach_in_loop("smtp.after_dot"), asyncio.sleep(0.2))
        return time.monotonic() - begun

    assert 0.19 < asyncio.run(both()) < 0.35


def test_a_kill_is_a_kill() -> None:
    program = "from mailflow import failpoint\nfailpoint.arm('smtp.after_250:kill')\nfailpoint.reach('smtp.after_250')\nprint('alive')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")


@pytest.mark.parametrize("wrong", ["imap.after_fetsh:kill", "imap.after_fetch:explode", "imap.after_fetch", "imap.after_fetch:sleep=x", ""])
def test_a_misspelt_point_is_refused(wrong: str) -> None:
    with pytest.raises(failpoint.WrongFailpoint):
        failpoint.arm(wrong)
