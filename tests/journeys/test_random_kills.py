"""kill -9 at moments that nobody chose, again and again, while mail comes in (case 1).

JOURNEY_KILLS says how often, 5 by default; the moments follow from JOURNEY_SEED and are the same for the same seed.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter

import pytest

from tests.journeys.installation import Installation
from tests.journeys.oracle import Oracle
from tests.journeys.people import ANNA, ANNAS_SERIAL, MAREK, request

KILLS = int(os.environ.get("JOURNEY_KILLS", "5"))
SEED = os.environ.get("JOURNEY_SEED", "1047")


@pytest.mark.timeout(120 + 10 * KILLS)
def test_random_kills_lose_nothing_and_double_only_what_is_recorded(installation: Installation, oracle: Oracle, kind: str) -> None:
    chosen = random.Random(f"{SEED} {kind}")
    for _ in range(KILLS):
        installation.deliver(request(ANNA, ANNAS_SERIAL), request(MAREK, ""))
        # The block ends with kill -9.
        with installation.daemon():
            time.sleep(chosen.uniform(0.0, 0.8))
    installation.must_run_once()

    assert oracle.inbound_places() == sorted(installation.uids())
    # A mail that was in hand at three kills counts as the cause of them: set aside with word to staff, never lost.
    set_aside = oracle.inbound_states()["quarantined"]
    assert oracle.inbound_states() == Counter(opened=2 * KILLS - set_aside) + Counter(quarantined=set_aside)
    assert len(oracle.cases()) == 2 * KILLS - set_aside
    assert oracle.notices()["staff/quarantine_alert"] == set_aside
    assert (oracle.unfinished(), {delivery.state for delivery in oracle.deliveries()}) == (0, {"sent"})
    assert [one for one in oracle.deliveries() if not 1 <= one.received <= 1 + one.ambiguous] == []
    assert oracle.ambiguous() <= KILLS
    assert (oracle.unexpected(), oracle.altered(), oracle.damage()) == (set(), set(), [])
