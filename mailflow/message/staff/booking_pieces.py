"""Which serial number belongs to which of the parts that a mail names, so that no piece counts twice (RM5, BX5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailflow.message.item import Item
from mailflow.message.model import Step
from mailflow.message.staff.booking_items import Found, Known


@dataclass(slots=True, kw_only=True, eq=False)
class Mention:
    """A part as a sentence names it, or one serial number (`is_apart`) whose part is not found yet; `sentence` counts from 0."""

    sentence: int
    rma: str
    part_number: str
    quantity: int | None = None
    serials: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    is_apart: bool = False
    is_told: bool = False
    is_joined: bool = False
    is_whole_sentence: bool = False
    counts_serials: bool = False
    """States no quantity, and its own serial numbers follow it."""

    def has_room(self) -> bool:
        """Whether one of its pieces has no serial number yet."""
        return not self.is_apart and not self.counts_serials and (self.quantity is None or len(self.serials) < self.quantity)

    def may_be_further(self) -> bool:
        """`1 x P and 2102...`: whether the serial number is of that part or of one more is anybody's guess."""
        return self.is_joined and not self.is_told

    def take(self, apart: Mention) -> None:
        """Give a piece its serial number; what is said of one of several pieces goes on naming it."""
        only = f"{apart.serials[0]} " if (self.quantity or 1) > 1 else ""
        self.serials += apart.serials
        self.conditions += [f"{only}{one}" for one in apart.conditions]

    def booked(self) -> Item:
        quantity = len(self.serials) if self.quantity is None else self.quantity
        return Item(quantity, self.part_number, tuple(self.serials), ", ".join(self.conditions), self.rma)


@dataclass(slots=True)
class Pieces:
    """What the sentences so far have named, in their order."""

    known: Known
    mentions: list[Mention] = field(default_factory=list)

    def add(self, found: Found, rma: str, sentence: int, conditions: Sequence[str], is_whole_sentence: bool) -> Iterator[Mention]:
        """Keep what a sentence names; a serial number goes to a piece of the part before it, where that is certain.

        `is_whole_sentence`: serial numbers stand there and nothing else.
        """
        if found.part_number:
            counts = found.quantity is None and bool(found.serials)
            yield self._keep(
                Mention(
                    sentence=sentence,
                    rma=rma,
                    part_number=found.part_number,
                    quantity=found.quantity,
                    serials=list(found.serials),
                    conditions=list(conditions),
                    counts_serials=counts,
                )
            )
            return
        for serial in found.serials:
            yield self._place(serial, found, rma, sentence, conditions if serial == found.serials[-1] else (), is_whole_sentence)

    def _keep(self, mention: Mention) -> Mention:
        self.mentions.append(mention)
        return mention

    def _place(self, serial: str, found: Found, rma: str, sentence: int, conditions: Sequence[str], is_whole_sentence: bool) -> Mention:
        part = self.known.part_of(serial).upper()
        # Twelve digits may be a telephone number.
        is_surely_one = found.is_told or (is_whole_sentence and not serial.isdigit())
        apart = Mention(sentence=sentence, rma=rma, part_number=part, serials=[serial], conditions=list(conditions), is_apart=True)
        apart.is_told, apart.is_joined, apart.is_whole_sentence = found.is_told, found.is_joined, is_whole_sentence
        host = None if apart.may_be_further() else self._before(part, rma, is_surely_one)
        if host is None:
            return self._keep(apart)
        host.take(apart)
        return host

    def _before(self, part: str, rma: str, is_surely_one: bool) -> Mention | None:
        """The nearest part that the serial number surely belongs to."""
        open_ones = [one for one in self.mentions if one.has_room() and _goes_with(one.rma, rma)]
        if part:
            return next((one for one in reversed(open_ones) if one.part_number == part), None)
        if not is_surely_one or not open_ones:
            return None
        beside = [one for one in open_ones if one.sentence == open_ones[-1].sentence]
        return beside[0] if len(beside) == 1 else None

    def settle(self) -> list[tuple[int, Step]]:
        """Find the parts of the serial numbers that precede them; (sentence, what stays open) where nothing is certain."""
        troubles: list[tuple[int, Step]] = []
        for apart in [one for one in self.mentions if one.is_apart]:
            place = self.mentions.index(apart)
            if host := self._host_of(apart, place):
                host.take(apart)
                self.mentions.remove(apart)
            elif trouble := self._doubt_about(apart):
                troubles.append((apart.sentence, trouble))
        for one in self.mentions:
            if one.quantity is None and not one.serials:
                troubles.append((one.sentence, Step("quantity_missing", {"part": one.part_number})))
        return troubles

    def _host_of(self, apart: Mention, place: int) -> Mention | None:
        """A part that follows; else, where the word `serial` stands before it, the only part that has a piece without one."""
        open_ones = [one for one in self.mentions if one.has_room() and _goes_with(one.rma, apart.rma)]
        following = [one for one in open_ones if self.mentions.index(one) > place]
        if apart.part_number and (same := next((one for one in following if one.part_number == apart.part_number), None)):
            return None if apart.may_be_further() else same
        if not apart.is_told or len(open_ones) != 1 or self._names_part_of(apart):
            return None
        return open_ones[0] if open_ones[0] in following or (apart.part_number and not apart.is_joined) else None

    def _doubt_about(self, apart: Mention) -> Step | None:
        """None for a piece of its own: a part that nothing else in the mail names or could be."""
        serial = apart.serials[0]
        if any(serial in one.serials for one in self.mentions if one is not apart):
            return Step("serial_twice")
        if not apart.part_number:
            return Step("part_of_serial_missing", {"serial": serial})
        same = self._names_part_of(apart)
        if same and same[-1].quantity is not None and not any(one.has_room() for one in same):
            count = len(same[-1].serials) + 1
            return Step("more_serials_than_parts", {"part": apart.part_number, "serials": count, "quantity": same[-1].quantity})
        others = [one for one in self.mentions if one.has_room() and _goes_with(one.rma, apart.rma)]
        if same or (others and (apart.is_told or not (apart.is_joined or apart.is_whole_sentence))):
            return Step("serial_unclear", {"serial": serial})
        return None

    def _names_part_of(self, apart: Mention) -> list[Mention]:
        """What names the part itself, rather than one of its serial numbers."""
        return [
            one for one in self.mentions if not one.is_apart and one.part_number == apart.part_number and _goes_with(one.rma, apart.rma)
        ]


def _goes_with(one: str, other: str) -> bool:
    return one == other or not one or not other
