"""What follows a staff command's word: one row a command, with its valid form as people are shown it (OUT4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from itertools import islice

from mailflow.message.staff.command_items import (
    END,
    Misread,
    read_address,
    read_day,
    read_items,
    read_parcel,
    splits_at_items,
    without_conditions,
)
from mailflow.message.staff.command_value import Arguments, Fields, Form

TIME = re.compile(r"(?<![\d.:-])(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?![\d.:-]*\d)\s*(?:(?P<half>[ap])\.?m\b\.?|h\b)?", re.IGNORECASE)
BEFORE_TIME = re.compile(r"(?:^|\s)(?:at|o|o godz\.?|godz\.?|um)\s*$", re.IGNORECASE)
DAYS = re.compile(r"(?P<days>\d{1,3})(?:\s*(?:more |business |working |calendar )*days?)?(?P<reason>(?:[\s,:;.-].*)?)$", re.IGNORECASE)
PRIORITY = re.compile(r"(?:priority )?p? ?([1-4])$", re.IGNORECASE)
STARS = re.compile(r"([234])(?:[ -]?stars?)?$", re.IGNORECASE)
MOST_CUTS = 20
"""Places that are tried as the end of a parcel and the beginning of its items."""
RMA_TYPES = ("advance", "repair", "doa")
RMA_TYPE_FILLERS = {"replacement", "return", "for", "type"}


def nothing(given: Arguments) -> Fields:
    if given.plain.strip(END):
        raise Misread("misread_stands_alone", text=given.plain)
    return {}


def number_alone(given: Arguments) -> Fields:
    number, rest = given.number()
    if rest.strip(END):
        raise Misread("misread_after_command", text=rest)
    return {"number": number}


def other_request(given: Arguments) -> Fields:
    number, rest = given.number()
    if not number or rest.strip(END):
        raise Misread("misread_number", text=given.plain) if given.plain else Misread("other_number_missing")
    return {"target": number}


def priority(given: Arguments) -> Fields:
    match = PRIORITY.match(given.plain.strip(END))
    if match is None:
        raise Misread("misread_priority", text=given.plain) if given.plain else Misread("priority_missing")
    return {"priority": f"P{match[1]}"}


def priority_if_any(given: Arguments) -> Fields:
    return priority(given) if given.plain.strip(END) else {}


def assignee(given: Arguments) -> Fields:
    if given.plain.strip(END).lower() in ("me", "to me"):
        return {"address": "me"}
    address, _ = read_address(given.plain)
    return {"address": address}


def address_only(given: Arguments) -> Fields:
    address, _ = read_address(given.plain)
    return {"address": address}


def address_if_any(given: Arguments) -> Fields:
    return address_only(given) if given.plain.strip(END) else {}


def caller(given: Arguments) -> Fields:
    address, person = read_address(given.plain)
    if not given.below.strip():
        raise Misread("request_missing")
    return {"address": address, "person": person, "text": given.below.strip()}


def paragraphs(given: Arguments) -> Fields:
    text = f"{given.raw}\n{given.below}".strip()
    if not text:
        raise Misread("text_missing")
    return {"text": text}


def text_if_any(given: Arguments) -> Fields:
    return {"text": given.raw}


def spam_if_any(given: Arguments) -> Fields:
    word = given.plain.strip(END).lower()
    if word not in ("", "spam"):
        raise Misread("misread_words", text=given.plain)
    return {"spam": bool(word)}


def reason_only(given: Arguments) -> Fields:
    if not given.raw.strip(END):
        raise Misread("reason_missing")
    return {"reason": given.raw}


def reason_of_case(given: Arguments) -> Fields:
    number, rest = given.number()
    reason = given.raw[len(given.plain) - len(rest) :].strip()
    if not reason.strip(END):
        raise Misread("reason_missing")
    return {"number": number, "reason": reason}


def entitled(given: Arguments) -> Fields:
    first, _, rest = given.raw.partition(" ")
    if first.strip(END).lower() != "no":
        return {"contract": given.word("contract")}
    if not rest.strip(END):
        raise Misread("reason_of_no_missing")
    return {"refused": True, "reason": rest.strip()}


def code(given: Arguments) -> Fields:
    return {"code": given.word("code").upper()}


def authorised(given: Arguments) -> Fields:
    head, items = next(splits_at_items(given.plain))
    words = [word.strip(END) for word in head.lower().split()]
    kinds = [word for word in words if word in RMA_TYPES]
    odd = [word for word in words if word and word not in RMA_TYPES and word not in RMA_TYPE_FILLERS]
    if len(kinds) != 1 or odd:
        raise Misread("misread_rma_type", text=head.strip()) if head.strip() else Misread("rma_type_missing")
    return {"rma_type": kinds[0], "items": read_items(items)}


def parcel(given: Arguments) -> Fields:
    number, rest = given.number()
    carrier, tracking = read_parcel(rest)
    return {"number": number, "carrier": carrier, "tracking": tracking}


def parcel_with_items(given: Arguments) -> Fields:
    """The first cut that leaves a whole parcel before the items: a tracking number may look like an item."""
    number, rest = given.number()
    trouble: Misread | None = None
    for head, items in islice(splits_at_items(rest), MOST_CUTS):
        try:
            carrier, tracking = read_parcel(head)
        except Misread as error:
            trouble = trouble or error
            continue
        return {"number": number, "carrier": carrier, "tracking": tracking, "items": read_items(items) if items else ()}
    raise trouble or Misread("parcel_missing")


def delivery(given: Arguments) -> Fields:
    number, rest = given.number()
    head, items = next(splits_at_items(rest))
    return {"number": number, "day": read_day(head, given.context.read_day), "items": read_items(items) if items else ()}


def receipt(given: Arguments) -> Fields:
    number, rest = given.number()
    items = read_items(rest)
    conditions = dict.fromkeys(item.condition for item in items if item.condition)
    return {"number": number, "items": items, "condition": "; ".join(conditions)}


def correction(given: Arguments) -> Fields:
    """A quantity of 0 takes the part off the authorisation."""
    number, rest = given.number()
    return {"number": number, "items": without_conditions(read_items(rest, least=0))}


def extension(given: Arguments) -> Fields:
    number, rest = given.number()
    match = DAYS.match(rest)
    if match is None or int(match["days"]) < 1:
        raise Misread("misread_days", text=rest) if rest else Misread("days_missing")
    reason = given.raw[len(given.raw) - len(match["reason"]) :] if match["reason"] else ""
    return {"number": number, "days": int(match["days"]), "reason": reason.strip(" ,:;-–—")}


def invoice(given: Arguments) -> Fields:
    number, rest = given.number()
    if not any(c.isdigit() for c in rest):
        raise Misread("invoice_missing")
    return {"number": number, "invoice": rest.strip(END)}


def visit(given: Arguments) -> Fields:
    number, rest = given.number()
    match = TIME.search(rest)
    if match is None:
        raise Misread("time_missing")
    hour, minute = int(match["hour"]), int(match["minute"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    if hour > 23 or minute > 59:
        raise Misread("misread_time", text=match[0].strip())
    day = read_day(BEFORE_TIME.sub("", rest[: match.start()]), given.context.read_day)
    return {"number": number, "day": day, "time": time(hour, minute), "person": rest[match.end() :].strip(END + "\"'")}


def visited(given: Arguments) -> Fields:
    number, rest = given.number()
    return {"number": number, "day": read_day(rest, given.context.read_day)}


def stars(given: Arguments) -> Fields:
    match = STARS.match(given.plain.strip(END))
    if match is None:
        raise Misread("misread_stars", text=given.plain) if given.plain else Misread("stars_missing")
    return {"stars": int(match[1])}


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
    "add": Form("/add ADDRESS", address_only),
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
    "reject": Form("/reject REASON", reason_only),
}
"""Every staff command of the contract, in its order."""
