"""Which messages are fetched at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailflow.intake.imap_batch import batches

LIMIT = 30_000_000


def test_small_mails_come_by_fifties() -> None:
    assert [len(batch) for batch in batches(range(1, 121), dict.fromkeys(range(1, 121), 1000), LIMIT)] == [50, 50, 20]


def test_large_mails_share_sixteen_megabytes_and_an_oversize_one_stands_alone() -> None:
    sizes = {1: 10_000_000, 2: 6_000_000, 3: 1, 4: 29_000_000, 5: 31_000_000, 6: 5}
    assert list(batches(sorted(sizes), sizes, LIMIT)) == [[1, 2], [3], [4], [5], [6]]


def test_a_message_without_a_size_is_gone() -> None:
    assert list(batches([1, 2, 3], {1: 5, 3: 5}, LIMIT)) == [[1, 3]]


@given(st.lists(st.integers(0, 40_000_000), max_size=200))
def test_every_message_comes_once_and_in_order(octets: list[int]) -> None:
    sizes = dict(enumerate(octets, 1))
    found = list(batches(sorted(sizes), sizes, LIMIT))
    assert [uid for batch in found for uid in batch] == sorted(sizes)
    assert [batch for batch in found if len(batch) > 1 and sum(sizes[uid] for uid in batch) > 16_000_000] == []
