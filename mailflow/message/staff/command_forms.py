"""The staff commands (contract: Staff commands): one row a command, with its valid form as people are shown it (OUT4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import islice

from mailflow.message.item import Item
from mailflow.message.staff.items import END, Misread, read_address, read_day, read_items, read_parcel, splits_at_items
from mailflow.message.words import any_of

TIME = re.compile(r"(?<![\d.:-])(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?![\d.:-]*\d)\s*(?:(?P<half>[ap])\.?m\b\.?|h\b)?", re.IGNORECASE)
BEFORE_TIME = re.compile(rf"(?:^|\s){any_of('command', 'before_time')}\s*$", re.IGNORECASE)
DAYS = re.compile(r"(?P<days>\d{1,3})(?:\s*(?:more |business |working |calendar )*days?)?(?P<reason>(?:[\s,:;.-].*)?)$", re.IGNORECASE)
PRIORITY = re.compile(r"(?:priority )?p? ?([1-4])$", re.IGNORECASE)
STARS = re.compile(r"([234])(?:[ -]?stars?)?$", re.IGNORECASE)
MOST_CUTS = 20
"""Places that are tried as the end of a parcel and the beginning of its items."""
RMA_TYPES = ("advance", "repair", "doa")
RMA_TYPE_FILLERS = {"replacement", "return", "for", "type"}


ClockTime = time
"""For the field of that name, whose hint would else mean itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command as typed in `line`. `number` is the case it names ('' where left out); fields that it does not have are empty.

    `address` may be `me` (assign). `refused` is `/entitled no`, `spam` is `/close spam`, `target` the other request of merge and link,
    `person` the name beside an address or a visit, `condition` what receiving wrote after that word.
    """

    name: str
    line: str
    number: str = ""
    target: str = ""
    priority: str = ""
    address: str = ""
    person: str = ""
    text: str = ""
    reason: str = ""
    items: tuple[Item, ...] = ()
    condition: str = ""
    extras: tuple[str, ...] = ()
    """What came in besides the items, in the words of a booking."""
    rma_type: str = ""
    carrier: str = ""
    tracking: str = ""
    day: date | None = None
    time: ClockTime | None = None
    days: int | None = None
    contract: str = ""
    refused: bool = False
    spam: bool = False
    code: str = ""
    stars: int | None = None
    invoice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What stands after the word of a command, with straight quotes and dashes in `plain`; `bare` is that without end marks.

    `command` has the word and the line only, `below` is the text under a command that takes one, `read_day` reads days that are
    written out, `prefixes` are the desk's letters before case numbers.
    """

    command: Command
    raw: str
    plain: str
    below: str
    read_day: Callable[[str], date | None]
    prefixes: tuple[str, ...]

    @property
    def bare(self) -> str:
        return self.plain.strip(END)

    def word(self, what: str) -> str:
        """The only word; `what` is `contract` or `code`. Raises Misread for none or several."""
        words = self.bare.split()
        if len(words) != 1:
            raise Misread(f"misread_{what}", text=self.plain) if words else Misread(f"{what}_missing")
        return words[0].strip(END + "\"'<>")

    def misread(self, what: str) -> Misread:
        """The argument cannot be read, or is missing."""
        return Misread(f"misread_{what}", text=self.plain) if self.plain else Misread(f"{what}_missing")

    def after_number(self) -> tuple[Command, str]:
        """The command with its leading case number, as the desk writes it, and the rest as typed."""
        for prefix in self.prefixes:
            letters = re.escape(prefix.rstrip("- "))
            match = re.match(rf"{letters}(?:\s(?:no|nr|number)\b)?[-\s#:.]{{0,3}}(\d+)\b[\s:,;.]*", self.plain, re.IGNORECASE)
            if match:
                return replace(self.command, number=prefix + match[1]), self.plain[match.end() :]
        return self.command, self.plain


def nothing(given: Arguments) -> Command:
    if given.bare:
        raise Misread("misread_stands_alone", text=given.plain)
    return given.command


def number_alone(given: Arguments) -> Command:
    command, rest = given.after_number()
    if rest.strip(END):
        raise Misread("misread_after_command", text=rest)
    return command


def other_request(given: Arguments) -> Command:
    named, rest = given.after_number()
    if not named.number or rest.strip(END):
        raise Misread("misread_number", text=given.plain) if given.plain else Misread("other_number_missing")
    return replace(given.command, target=named.number)


def priority(given: Arguments) -> Command:
    match = PRIORITY.match(given.bare)
    if match is None:
        raise given.misread("priority")
    return replace(given.command, priority=f"P{match[1]}")


def priority_if_any(given: Arguments) -> Command:
    return priority(given) if given.bare else given.command


def assignee(given: Arguments) -> Command:
    if given.bare.lower() in ("me", "to me"):
        return replace(given.command, address="me")
    return address(given)


def address(given: Arguments) -> Command:
    return replace(given.command, address=read_address(given.plain)[0])


def address_if_any(given: Arguments) -> Command:
    return address(given) if given.bare else given.command


def caller(given: Arguments) -> Command:
    mailbox, person = read_address(given.plain)
    if not given.below.strip():
        raise Misread("request_missing")
    return replace(given.command, address=mailbox, person=person, text=given.below.strip())


def paragraphs(given: Arguments) -> Command:
    text = f"{given.raw}\n{given.below}".strip()
    if not text:
        raise Misread("text_missing")
    return replace(given.command, text=text)


def text_if_any(given: Arguments) -> Command:
    return replace(given.command, text=given.raw)


def spam_if_any(given: Arguments) -> Command:
    word = given.bare.lower()
    if word not in ("", "spam"):
        raise Misread("misread_words", text=given.plain)
    return replace(given.command, spam=bool(word))


def reason(given: Arguments) -> Command:
    if not given.raw.strip(END):
        raise Misread("reason_missing")
    return replace(given.command, reason=given.raw)


def reason_of_case(given: Arguments) -> Command:
    command, rest = given.after_number()
    said = given.raw[len(given.plain) - len(rest) :].strip()
    if not said.strip(END):
        raise Misread("reason_missing")
    return replace(command, reason=said)


def entitled(given: Arguments) -> Command:
    first, _, rest = given.raw.partition(" ")
    if first.strip(END).lower() != "no":
        return replace(given.command, contract=given.word("contract"))
    if not rest.strip(END):
        raise Misread("reason_of_no_missing")
    return replace(given.command, refused=True, reason=rest.strip())


def code(given: Arguments) -> Command:
    return replace(given.command, code=given.word("code").upper())


def authorised(given: Arguments) -> Command:
    head, items = next(splits_at_items(given.plain))
    words = [word.strip(END) for word in head.lower().split()]
    kinds = [word for word in words if word in RMA_TYPES]
    odd = [word for word in words if word and word not in RMA_TYPES and word not in RMA_TYPE_FILLERS]
    if len(kinds) != 1 or odd:
        raise Misread("misread_rma_type", text=head.strip()) if head.strip() else Misread("rma_type_missing")
    return replace(given.command, rma_type=kinds[0], items=read_items(items))


def parcel(given: Arguments) -> Command:
    command, rest = given.after_number()
    carrier, tracking = read_parcel(rest)
    return replace(command, carrier=carrier, tracking=tracking)


def parcel_with_items(given: Arguments) -> Command:
    """The first cut that leaves a whole parcel before the items: a tracking number may look like an item."""
    command, rest = given.after_number()
    trouble: Misread | None = None
    for head, items in islice(splits_at_items(rest), MOST_CUTS):
        try:
            carrier, tracking = read_parcel(head)
        except Misread as error:
            trouble = trouble or error
            continue
        return replace(command, carrier=carrier, tracking=tracking, items=read_items(items) if items else ())
    raise trouble or Misread("parcel_missing")


def delivery(given: Arguments) -> Command:
    command, rest = given.after_number()
    head, items = next(splits_at_items(rest))
    return replace(command, day=read_day(head, given.read_day), items=read_items(items) if items else ())


def receipt(given: Arguments) -> Command:
    command, rest = given.after_number()
    items = read_items(rest)
    conditions = dict.fromkeys(item.condition for item in items if item.condition)
    return replace(command, items=items, condition="; ".join(conditions))


def correction(given: Arguments) -> Command:
    """A quantity of 0 takes the part off the authorisation."""
    command, rest = given.after_number()
    return replace(command, items=tuple(replace(item, condition="") for item in read_items(rest, least=0)))


def extension(given: Arguments) -> Command:
    command, rest = given.after_number()
    match = DAYS.match(rest)
    if match is None or int(match["days"]) < 1:
        raise Misread("misread_days", text=rest) if rest else Misread("days_missing")
    said = given.raw[len(given.raw) - len(match["reason"]) :] if match["reason"] else ""
    return replace(command, days=int(match["days"]), reason=said.strip(" ,:;-–—"))


def invoice(given: Arguments) -> Command:
    command, rest = given.after_number()
    if not any(c.isdigit() for c in rest):
        raise Misread("invoice_missing")
    return replace(command, invoice=rest.strip(END))


def visit(given: Arguments) -> Command:
    command, rest = given.after_number()
    match = TIME.search(rest)
    if match is None:
        raise Misread("time_missing")
    hour, minute = int(match["hour"]), int(match["minute"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    if hour > 23 or minute > 59:
        raise Misread("misread_time", text=match[0].strip())
    day = read_day(BEFORE_TIME.sub("", rest[: match.start()]), given.read_day)
    return replace(command, day=day, time=time(hour, minute), person=rest[match.end() :].strip(END + "\"'"))


def visited(given: Arguments) -> Command:
    command, rest = given.after_number()
    return replace(command, day=read_day(rest, given.read_day))


def stars(given: Arguments) -> Command:
    match = STARS.match(given.bare)
    if match is None:
        raise given.misread("stars")
    return replace(given.command, stars=int(match[1]))


@dataclass(frozen=True, slots=True)
class Form:
    """A command's valid form and the reader of its arguments, which raises Misread."""

    shown: str
    read: Callable[[Arguments], Command]


FORMS: Mapping[str, Form] = {
    "accept": Form("/accept [P1-P4]", priority_if_any),
    "priority": Form("/priority P2", priority),
    "assign": Form("/assign me|ADDRESS", assignee),
    "note": Form("/note TEXT ...", paragraphs),
    "resolve": Form("/resolve [TEXT]", text_if_any),
    "close": Form("/close [spam]", spam_if_any),
    "reopen": Form("/reopen", nothing),
    "merge": Form("/merge SR", other_request),
    "link": Form("/link SR", other_request),
    "new": Form("/new ADDRESS [NAME]", caller),
    "add": Form("/add ADDRESS", address),
    "entitled": Form("/entitled CONTRACT|no REASON", entitled),
    "handover": Form("/handover [ADDRESS]", address_if_any),
    "undo": Form("/undo", nothing),
    "confirm": Form("/confirm CODE", code),
    "rma": Form("/rma advance|repair|doa QTY x PART [serial S[, S]]", authorised),
    "shipped": Form("/shipped [RMA] CARRIER TRACKING [QTY x PART [serial S[, S]]]", parcel_with_items),
    "delivered": Form("/delivered [RMA] DATE [QTY x PART [serial S[, S]]]", delivery),
    "announced": Form("/announced [RMA] CARRIER TRACKING [QTY x PART [serial S[, S]]]", parcel_with_items),
    "received": Form("/received [RMA] QTY x PART [serial S[, S]] [condition TEXT]", receipt),
    "extend": Form("/extend [RMA] DAYS [REASON]", extension),
    "waive": Form("/waive [RMA] REASON", reason_of_case),
    "revalidate": Form("/revalidate [RMA]", number_alone),
    "cancel": Form("/cancel [RMA] REASON", reason_of_case),
    "correct": Form("/correct [RMA] QTY x PART [serial S[, S]]", correction),
    "repaired": Form("/repaired [RMA] CARRIER TRACKING", parcel),
    "invoiced": Form("/invoiced [RMA] NUMBER", invoice),
    "visit": Form("/visit DATE TIME [NAME]", visit),
    "visited": Form("/visited DATE", visited),
    "approve": Form("/approve 2|3|4", stars),
    "reject": Form("/reject REASON", reason),
}
"""Every staff command of the contract, in its order."""
