"""The customer's parcels of one authorised line (RM4, RM9): what may still be announced, and units that travel otherwise than was told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from mailflow.cases.rma.owed import parcels_announced
from mailflow.policy.case import Parcel, RmaLine


def under_way(line: RmaLine) -> int:
    """How many units are announced and have not arrived."""
    return min(line.outstanding, sum(quantity for quantity, _ in parcels_announced(line)))


def room(line: RmaLine) -> int:
    """How many units may still be announced."""
    return line.outstanding - under_way(line)


def announced_serials(line: RmaLine) -> frozenset[str]:
    return frozenset(serial for parcel in line.announced for serial in parcel.serials) - set(line.received_serials)


def unannounced_serials(line: RmaLine) -> tuple[str, ...]:
    """The serials that are expected and no parcel names."""
    named = announced_serials(line)
    return tuple(serial for serial in line.outstanding_serials if serial not in named)


def unnamed_under_way(line: RmaLine) -> int:
    """How many units are under way of which no serial was told."""
    return sum(max(0, quantity - len(set(parcel.serials) - set(line.received_serials))) for quantity, parcel in parcels_announced(line))


def takes_any_serial(line: RmaLine) -> bool:
    """A line that names fewer serials than units takes others for the rest."""
    return len({*line.serials, *line.received_serials}) < line.authorised


def with_parcel(line: RmaLine, label: Parcel, quantity: int, serials: Sequence[str]) -> RmaLine:
    """Units that are announced for the first time."""
    return replace(line, announced=(*line.announced, replace(label, quantity=quantity, serials=tuple(serials))))


def with_serials_moved(line: RmaLine, label: Parcel, serials: Sequence[str]) -> RmaLine:
    """These serials travel in another parcel than was told, or were not named before; their grace runs from the first word (RM9)."""
    named = announced_serials(line)
    unnamed = [serial for serial in serials if serial not in named]
    parcels: list[Parcel] = []
    for known in line.announced:
        own = [serial for serial in serials if serial in known.serials]
        free = max(0, known.quantity - len(known.serials))
        own, unnamed = [*own, *unnamed[:free]], unnamed[free:]
        if known.quantity > len(own):
            rest = tuple(serial for serial in known.serials if serial not in own)
            parcels.append(replace(known, quantity=known.quantity - len(own), serials=rest) if own else known)
        if own:
            parcels.append(_relabelled(known, label, len(own), own))
    return replace(line, announced=tuple(parcels))


def with_parcels_moved(line: RmaLine, label: Parcel, which: Collection[Parcel]) -> RmaLine:
    """Whole parcels of which another carrier or number is told."""
    parcels = tuple(_relabelled(one, label, one.quantity, one.serials) if one in which else one for one in line.announced)
    return replace(line, announced=parcels)


def _relabelled(known: Parcel, label: Parcel, quantity: int, serials: Sequence[str]) -> Parcel:
    """What the customer left out this time stays as it was told."""
    return replace(
        known,
        quantity=quantity,
        serials=tuple(serials),
        carrier=label.carrier or known.carrier,
        tracking=label.tracking or known.tracking,
        fault=label.fault or known.fault,
        category=label.category or known.category,
        data_removed=label.data_removed or known.data_removed,
    )
