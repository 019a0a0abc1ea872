"""The story: a router that lost its power, two returns, one of which is forgotten over Christmas, and some noise on the way."""

from __future__ import annotations

from datetime import datetime

from mailflow.demo.cast import (
    ANNA,
    BEN,
    BOARD,
    BOARD_SERIAL,
    CARE,
    ENGINEER,
    FINANCE,
    NOSY,
    POWER,
    POWER_SERIALS,
    ROUTER,
    TAC,
    TRICKSTER,
    WAREHOUSE,
)
from mailflow.demo.play import ZONE, Play

START = datetime(2026, 12, 3, 8, 50, tzinfo=ZONE)

REQUEST = """\
hi all,

our router in manchester died AGAIN last night!!! both power modules are
dark and the main board only blinks red. half of the city is on the
backup link, performance is awful. this is P2 for us.

pls help asap, i have not had my coffee yet

anna
--
Anna Lind | Northwind Telecom | +44 161 555 0134
"""
AWAY = """\
Hello, I am out of the office until Monday and will read your mail then.
For anything urgent ask Anna Lind. She never sleeps.
"""
ANALYSIS = """\
Good morning Anna,

a main board that blinks red beside two dark power modules is what we see after a surge: the parts are gone, your configuration is safe.

We send you two power modules and a main board ahead. Please keep the backup link until they are in, and do have that coffee.

Ewa
"""
CURIOUS = """\
Dear sir, concerning case {request} please send me all you have on it,
serial numbers first. It is quite urgent and entirely honest.
"""
TRICK = """\
/waive {forgotten} the customer is a good friend of mine
"""
SENTENCE = """\
Hi,
the second carton for {returned} came in this morning:
1 x {part} serial {serial}, in good condition.
Also a power cord.
Will
"""
FOUND = """\
ok, found it. the board was in my desk drawer, under the christmas cookies.
all of december. please do send the invoice, we keep the board as a warning.

anna
"""


def tell_story(play: Play) -> None:
    """From the first cry for help to the last stamp of finance. Raises StoryFailed where it does not go as told."""
    request = _call_for_help(play)
    stranger = _meet_noise(play, request)
    returned, forgotten = _issue_returns(play, request)
    _deliver_replacements(play, returned, forgotten)
    _bring_back(play, returned)
    _forget(play, returned, forgotten)
    _close(play, request)
    for number, state in ((request, "closed"), (stranger, "closed"), (returned, "closed"), (forgotten, "invoiced")):
        play.expect_state(number, state)


def _call_for_help(play: Play) -> str:
    play.act("One: a router goes dark")
    play.time_is(2026, 12, 3, 8, 52)
    why = "Untidy, urgent, and without the one thing that is needed: a serial number."
    play.writes(ANNA, TAC, "router down again!!!", REQUEST, why, cc=BEN.author)
    play.expect((ANNA, "service_request/information_request"), (CARE, "service_request/customer_message"))
    request = play.newest_case("service_request")
    play.expect_state(request, "awaiting information")
    play.time_is(2026, 12, 3, 8, 53)
    why = "A holiday reply. Machines get no answer, or two of them would write to each other for ever."
    play.answers(BEN, "service_request/information_request", AWAY, why, headers={"Auto-Submitted": "auto-replied"})
    play.expect_verdict("automatic")
    play.time_is(2026, 12, 3, 9, 5)
    why = "Answers in the middle of the quoted text, as people do."
    play.answers(ANNA, "service_request/information_request", "see below", why, inline={"serial number": f"it says {ROUTER} on the back"})
    play.expect((ANNA, "service_request/accepted"))
    play.expect_state(request, "accepted")
    play.time_is(2026, 12, 3, 9, 41)
    play.expect((ENGINEER, "service_request/response_warning"))
    play.answers(
        ENGINEER, "service_request/customer_message", ANALYSIS, "Replies to a mail; that is the whole user interface.", case=request
    )
    play.expect((ANNA, "service_request/staff_message"))
    play.expect_state(request, "awaiting customer")
    return request


def _meet_noise(play: Play, request: str) -> str:
    play.act("Two: a stranger is curious")
    play.time_is(2026, 12, 3, 10, 2)
    why = "Quotes the right number. A number opens no door: it becomes a request of its own."
    play.writes(NOSY, TAC, f"Re: [{request}] router down again!!!", CURIOUS.format(request=request), why)
    stranger = play.newest_case("service_request")
    play.demand(stranger != request, f"the stranger's mail must not join {request}")
    told = [letter for letter in play.letters if letter.outgoing and NOSY.address in letter.recipients]
    secrets = ("Northwind", "Anna", ROUTER, "coffee")
    leaked = [word for letter in told for word in secrets if word.encode() in letter.raw]
    play.demand(bool(told) and not leaked, f"the stranger read {leaked or 'nothing at all'}")
    play.expect((CARE, "staff/bounce_alert"))
    play.time_is(2026, 12, 3, 10, 10)
    play.answers(CARE, "service_request/customer_message", "/close spam", "Closed without a word to anybody outside.", case=stranger)
    play.expect((CARE, "staff/command_result"))
    return stranger


def _issue_returns(play: Play, request: str) -> tuple[str, str]:
    play.act("Three: parts are promised")
    play.time_is(2026, 12, 3, 10, 30)
    lines = (
        f"/rma advance 2 x {POWER} serial {', '.join(POWER_SERIALS)}",
        f"/rma advance 1 x {BOARD} serial {BOARD_SERIAL}",
    )
    why = "Two lines in a reply make two returns, and promise both replacements."
    play.answers(CARE, "service_request/customer_message", "\n".join(lines), why, case=request)
    play.expect((ANNA, "rma/customer_request_verification"), (CARE, "staff/command_result"))
    forgotten = play.newest_case("rma")
    prefix, _, digits = forgotten.rpartition("-")
    returned = f"{prefix}-{int(digits) - 1}"
    for number in (returned, forgotten):
        play.expect_state(number, "issued")
    play.time_is(2026, 12, 3, 15, 20)
    lines = (f"/shipped {returned} DHL 4415520017", f"/shipped {forgotten} DHL 4415520018")
    play.answers(CARE, "service_request/customer_message", "\n".join(lines), "The courier has been.", case=request)
    play.expect((ANNA, "rma/replacement_shipped"))
    return returned, forgotten


def _deliver_replacements(play: Play, returned: str, forgotten: str) -> None:
    play.act("Four: the parts arrive, and somebody tries a trick")
    play.time_is(2026, 12, 4, 11, 45)
    why = "One word from the customer starts the clock."
    play.answers(ANNA, "rma/replacement_shipped", "DELIVERED 4 December 2026\n\nall green again, thank you!", why, case=returned)
    play.expect_state(returned, "replacement delivered")
    play.expect((ANNA, "rma/extended"))
    play.time_is(2026, 12, 4, 13, 13)
    why = "In the name of Customer Care, from a server that is not theirs. The border says so, and nothing happens."
    play.writes(TRICKSTER, TAC, f"Re: [{forgotten}]", TRICK.format(forgotten=forgotten), why, server="trickster.example")
    play.expect_verdict("quarantined")
    play.expect((CARE, "staff/command_refused"))
    play.time_is(2026, 12, 4, 16, 30)
    why = "The carrier's list says that the main board arrived too."
    play.answers(CARE, "staff/command_result", f"/delivered {forgotten} 2026-12-04", why)
    play.expect_state(forgotten, "replacement delivered")


def _bring_back(play: Play, returned: str) -> None:
    play.act("Five: two power modules come home")
    play.time_is(2026, 12, 10, 10, 15)
    form = {
        "carrier": "DHL",
        "tracking": "7730019924",
        "ship_date": "2026-12-10",
        "cartons": "2",
        "line.1.quantity": "2",
        "line.1.fault": "no light, no fan, no hope",
        "line.1.category": "F001",
        "line.1.data_removed": "yes",
    }
    why = "The form that came as PDF goes back filled in."
    play.answers(ANNA, "rma/customer_request_verification", "two boxes are on their way", why, case=returned, fill=form)
    play.expect((ANNA, "rma/return_notification_received"), (WAREHOUSE, "service_request/customer_message"))
    play.expect_state(returned, "announced")
    play.time_is(2026, 12, 14, 14, 20)
    line = f"/received 1 x {POWER} serial {POWER_SERIALS[0]} condition dusty but in one piece"
    play.answers(WAREHOUSE, "service_request/customer_message", line, "The first carton, booked by a command.", case=returned)
    play.expect((ANNA, "rma/receipt_notification"))
    play.expect_state(returned, "received")
    play.time_is(2026, 12, 15, 8, 40)
    text = SENTENCE.format(returned=returned, part=POWER, serial=POWER_SERIALS[1])
    why = "The second carton, in plain words. The extra power cord is kept in mind as well."
    play.answers(WAREHOUSE, "service_request/customer_message", text, why, case=returned)
    play.expect((ANNA, "rma/receipt_notification"), (ANNA, "rma/closed"))
    play.expect_state(returned, "closed")


def _forget(play: Play, returned: str, forgotten: str) -> None:
    play.act("Six: and the main board? Christmas comes")
    for month, day in ((12, 18), (12, 23), (12, 29)):
        play.time_is(2026, month, day, 9, 1)
        play.expect((ANNA, "rma/reminder"))
    play.time_is(2026, 12, 30, 9, 1)
    play.expect((ANNA, "rma/final_notice"))
    play.expect_state(forgotten, "overdue")
    play.time_is(2027, 1, 7, 9, 1)
    play.expect((FINANCE, "rma/invoice_request"), (ANNA, "rma/invoice_notice"))
    play.expect_state(forgotten, "to be invoiced")
    nagged = [letter for letter in play.letters if letter.case == returned and letter.notice == "rma/reminder"]
    play.demand(not nagged, f"{returned} came back in time and must never be reminded of")
    play.time_is(2027, 1, 8, 11, 0)
    play.answers(FINANCE, "rma/invoice_request", "/invoiced INV-2027-0042", "Finance needs no console either.")
    play.expect_state(forgotten, "invoiced")
    play.time_is(2027, 1, 8, 11, 30)
    play.answers(
        ANNA, "rma/invoice_notice", FOUND, "People answer whichever letter is at hand. It finds the right case and the right engineer."
    )
    play.expect((ENGINEER, "service_request/customer_message"))


def _close(play: Play, request: str) -> None:
    play.act("Seven: lights on, books closed")
    play.time_is(2027, 1, 8, 14, 0)
    lines = "/resolve The router runs on new power modules and a new main board.\n/close"
    play.answers(CARE, "service_request/customer_message", lines, "Two lines, and the request is history.", case=request)
    play.expect((ANNA, "service_request/resolved"), (ANNA, "service_request/closed"), (ANNA, "service_request/survey"))
