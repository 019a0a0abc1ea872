"""Which messages to fetch at once, so that neither round trips nor memory get out of hand. Pure."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

_log = logging.getLogger(__name__)

_BATCH = 50
_BATCH_OCTETS = 16_000_000


def batches(uids: Sequence[int], sizes: dict[int, int], max_size: int) -> Iterator[list[int]]:
    """Group what is fetched at once, in order: at most 50 messages and 16 MB, an oversize one alone. Those without a size are gone."""
    batch: list[int] = []
    octets = 0
    for uid in uids:
        size = sizes.get(uid)
        if size is None:
            _log.info("message %d was gone before it was fetched", uid)
            continue
        if batch and (len(batch) >= _BATCH or octets + size > _BATCH_OCTETS or size > max_size):
            yield batch
            batch, octets = [], 0
        batch.append(uid)
        octets += size
        if size > max_size:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch
