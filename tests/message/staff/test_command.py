"""Staff commands (OUT4): each with its arguments, forgiving of how people type, strict about what is not certain."""

from __future__ import annotations

import unicodedata
from datetime import date, time
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.message.item import Item
from mailflow.message.staff.command import FORMS, Command, CommandMail, LineError, parse_commands
from mailflow.policy.derivation import Step

BOARD = Item(2, "03057BGH", ("2102352KLM10L5000456", "2102352KLM10L5000457"))
CARD = Item(1, "02350ABC")
RMA = "RMA-100001"

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("/accept", {"name": "accept"}),
    ("/accept P1", {"name": "accept", "priority": "P1"}),
    ("/accept p2.", {"name": "accept", "priority": "P2"}),
    ("/ACCEPT: 4", {"name": "accept", "priority": "P4"}),
    ("/ accept", {"name": "accept"}),
    ("／accept", {"name": "accept"}),
    ("/priority P3", {"name": "priority", "priority": "P3"}),
    ("/assign me", {"name": "assign", "address": "me"}),
    ("/assign Anna <Anna@tac.example>", {"name": "assign", "address": "anna@tac.example"}),
    ("/assign anna@tac.example <mailto:anna@tac.example>", {"name": "assign", "address": "anna@tac.example"}),
    ("/note seen on site", {"name": "note", "text": "seen on site"}),
    ("/resolve", {"name": "resolve"}),
    ("/resolve The fan tray was replaced.", {"name": "resolve", "text": "The fan tray was replaced."}),
    ("/close", {"name": "close"}),
    ("/close spam!", {"name": "close", "spam": True}),
    ("/reopen", {"name": "reopen"}),
    ("/merge SR-100002", {"name": "merge", "target": "SR-100002"}),
    ("/link sr 100002", {"name": "link", "target": "SR-100002"}),
    ("/add ben@customer.example", {"name": "add", "address": "ben@customer.example"}),
    ("/entitled HC-2026-01", {"name": "entitled", "contract": "HC-2026-01"}),
    ("/entitled no, ended in May", {"name": "entitled", "refused": True, "reason": "ended in May"}),
    ("/handover", {"name": "handover"}),
    ("/handover tac@vendor.example", {"name": "handover", "address": "tac@vendor.example"}),
    ("/undo", {"name": "undo"}),
    ("/confirm k7qp", {"name": "confirm", "code": "K7QP"}),
    (
        "/rma advance 2 x 03057BGH serial 2102352KLM10L5000456, 2102352KLM10L5000457; 1 x 02350ABC",
        {"name": "rma", "rma_type": "advance", "items": (BOARD, CARD)},
    ),
    ("/rma repair 1×02350abc", {"name": "rma", "rma_type": "repair", "items": (CARD,)}),
    ("/rma doa 1 x 02350ABC s/n: ABCD-1234", {"name": "rma", "rma_type": "doa", "items": (Item(1, "02350ABC", ("ABCD-1234",)),)}),
    ("/rma advance replacement 1х02350ABC, 1 x 02350ABC", {"name": "rma", "rma_type": "advance", "items": (CARD, CARD)}),
    ("/shipped DHL 1234567890", {"name": "shipped", "carrier": "DHL", "tracking": "1234567890"}),
    (
        f"/shipped {RMA} DHL Express 12 3456 7890 1 x 02350ABC",
        {"name": "shipped", "number": RMA, "carrier": "DHL Express", "tracking": "1234567890", "items": (CARD,)},
    ),
    ("/shipped UPS 1x2345678", {"name": "shipped", "carrier": "UPS", "tracking": "1X2345678"}),
    (
        "/shipped Poczta Polska RR 123 456 789 PL",
        {"name": "shipped", "carrier": "Poczta Polska", "tracking": "RR123456789PL"},
    ),
    ("/delivered 2026-12-10", {"name": "delivered", "day": date(2026, 12, 10)}),
    ("/delivered rma100001 on the tenth 1 x 02350ABC", {"name": "delivered", "number": RMA, "day": date(2026, 12, 10), "items": (CARD,)}),
    ("/announced TNT: GD123456785WW", {"name": "announced", "carrier": "TNT", "tracking": "GD123456785WW"}),
    ("/received 1 x 02350ABC", {"name": "received", "items": (CARD,)}),
    (
        f"/received {RMA}: 1 x 02350ABC condition bent pins; box wet",
        {"name": "received", "number": RMA, "items": (Item(1, "02350ABC", (), "bent pins; box wet"),), "condition": "bent pins; box wet"},
    ),
    (
        "/received 1 x 02350ABC condition ok; 1 x 03057BGH condition bent",
        {"name": "received", "items": (Item(1, "02350ABC", (), "ok"), Item(1, "03057BGH", (), "bent")), "condition": "ok; bent"},
    ),
    ("/extend 5", {"name": "extend", "days": 5}),
    (f"/extend {RMA} 10 business days – customs", {"name": "extend", "number": RMA, "days": 10, "reason": "customs"}),
    ("/waive scrapped with our consent", {"name": "waive", "reason": "scrapped with our consent"}),
    ("/revalidate", {"name": "revalidate"}),
    (f"/revalidate {RMA}", {"name": "revalidate", "number": RMA}),
    (f"/cancel {RMA}, “wrong part”", {"name": "cancel", "number": RMA, "reason": "“wrong part”"}),
    ("/correct 0 x 02350ABC; 2 x 03057BGH", {"name": "correct", "items": (Item(0, "02350ABC"), Item(2, "03057BGH"))}),
    ("/repaired DHL 99887766", {"name": "repaired", "carrier": "DHL", "tracking": "99887766"}),
    (f"/invoiced {RMA} FV/2026/11/3", {"name": "invoiced", "number": RMA, "invoice": "FV/2026/11/3"}),
    ("/visit 2026-12-10 14:30 Jan Kowalski", {"name": "visit", "day": date(2026, 12, 10), "time": time(14, 30), "person": "Jan Kowalski"}),
    ("/visit the tenth at 2:30 pm", {"name": "visit", "day": date(2026, 12, 10), "time": time(14, 30)}),
    ("/visited 2026-12-10", {"name": "visited", "day": date(2026, 12, 10)}),
    ("/approve 4", {"name": "approve", "stars": 4}),
    ("/approve 3 stars", {"name": "approve", "stars": 3}),
    ("/reject no laboratory", {"name": "reject", "reason": "no laboratory"}),
]


def read_day(words: str) -> date | None:
    return {"the tenth": date(2026, 12, 10)}.get(words)


def parse(text: str) -> CommandMail:
    return parse_commands(text, read_day=read_day)


@pytest.mark.parametrize(("line", "fields"), GOOD)
def test_a_command_is_read_with_its_arguments(line: str, fields: dict[str, Any]) -> None:
    """OUT4."""
    mail = parse(line)
    assert (mail.errors, mail.rest) == ((), "")
    assert mail.commands == (Command(line=line.strip(), **fields),)


@pytest.mark.parametrize(("line", "fields"), GOOD)
def test_odd_blanks_change_nothing(line: str, fields: dict[str, Any]) -> None:
    """OUT4: HTML mail is full of no-break and zero-width blanks."""
    (command,) = parse("\u200b \t" + line.replace(" ", "\u00a0") + "\u00a0 ").commands
    assert command == Command(line=line, **fields)


def test_every_command_of_the_contract_has_an_example_here() -> None:
    shown = {form.shown.split()[0].strip("/,") for form in FORMS.values()} - {"new"}
    assert {fields["name"] for _, fields in GOOD} == shown


def test_every_command_is_explained_to_staff() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "staff.md").read_text("utf-8").replace("\\|", "|")
    assert [form.shown for form in FORMS.values() if f"`{form.shown}`" not in guide] == []


BAD = [
    ("/priority", Step("priority_missing"), "/priority P2"),
    ("/priority P5", Step("misread_priority", {"text": "P5"}), "/priority P2"),
    ("/assign", Step("address_missing"), "/assign me|ADDRESS"),
    ("/assign a@x.example b@x.example", Step("several_addresses", {"count": 2}), "/assign me|ADDRESS"),
    ("/note", Step("text_missing"), "/note TEXT ..."),
    ("/undo please", Step("misread_stands_alone", {"text": "please"}), "/undo"),
    ("/close resolved", Step("misread_words", {"text": "resolved"}), "/close [spam]"),
    ("/merge", Step("other_number_missing"), "/merge SR"),
    ("/entitled no", Step("reason_of_no_missing"), "/entitled CONTRACT|no REASON"),
    ("/confirm", Step("code_missing"), "/confirm CODE"),
    ("/rma 1 x 02350ABC", Step("rma_type_missing"), "/rma advance|repair|doa QTY x PART [serial S[, S]]"),
    ("/rma advance", Step("parts_missing"), "/rma advance|repair|doa QTY x PART [serial S[, S]]"),
    ("/rma swap 1 x 02350ABC", Step("misread_rma_type", {"text": "swap"}), "/rma advance|repair|doa QTY x PART [serial S[, S]]"),
    ("/shipped DHL", Step("parcel_missing"), "/shipped [RMA] CARRIER TRACKING [QTY x PART [serial S[, S]]]"),
    (
        "/shipped 123456 DHL",
        Step("parcel_swapped", {"text": "123456 DHL"}),
        "/shipped [RMA] CARRIER TRACKING [QTY x PART [serial S[, S]]]",
    ),
    (
        "/announced DHL soon",
        Step("tracking_missing", {"text": "DHL soon"}),
        "/announced [RMA] CARRIER TRACKING [QTY x PART [serial S[, S]]]",
    ),
    ("/delivered soon", Step("misread_day", {"text": "soon"}), "/delivered [RMA] DATE [QTY x PART [serial S[, S]]]"),
    ("/delivered 2026-02-30", Step("misread_day", {"text": "2026-02-30"}), "/delivered [RMA] DATE [QTY x PART [serial S[, S]]]"),
    ("/received two cards", Step("misread_item", {"text": "two cards"}), "/received [RMA] QTY x PART [serial S[, S]] [condition TEXT]"),
    (
        "/received 0 x 02350ABC",
        Step("quantity_too_small", {"part": "02350ABC", "quantity": 0, "least": 1}),
        "/received [RMA] QTY x PART [serial S[, S]] [condition TEXT]",
    ),
    (
        "/received 1 x 02350ABC serial AAAA1, AAAA2",
        Step("more_serials_than_parts", {"part": "02350ABC", "serials": 2, "quantity": 1}),
        "/received [RMA] QTY x PART [serial S[, S]] [condition TEXT]",
    ),
    (
        "/received 1 x 02350ABC and a power cord",
        Step("misread_serials", {"text": "and a power cord"}),
        "/received [RMA] QTY x PART [serial S[, S]] [condition TEXT]",
    ),
    ("/extend a week", Step("misread_days", {"text": "a week"}), "/extend [RMA] DAYS [REASON]"),
    ("/extend 0", Step("misread_days", {"text": "0"}), "/extend [RMA] DAYS [REASON]"),
    (f"/waive {RMA}", Step("reason_missing"), "/waive [RMA] REASON"),
    ("/cancel", Step("reason_missing"), "/cancel [RMA] REASON"),
    ("/invoiced", Step("invoice_missing"), "/invoiced [RMA] NUMBER"),
    ("/visit 2026-12-10", Step("time_missing"), "/visit DATE TIME [NAME]"),
    ("/visit 2026-12-10 25:00", Step("misread_time", {"text": "25:00"}), "/visit DATE TIME [NAME]"),
    ("/approve 5", Step("misread_stars", {"text": "5"}), "/approve 2|3|4"),
    (
        "/new anna@customer.example Anna",
        Step("request_missing"),
        "/new ADDRESS [NAME]",
    ),
    (
        "/recieved 1 x 02350ABC",
        Step("unknown_command", {"command": "/recieved"}),
        "/received [RMA] QTY x PART [serial S[, S]] [condition TEXT]",
    ),
    ("/Prio P1", Step("unknown_command", {"command": "/prio"}), "/priority P2"),
    ("/p", Step("unknown_command", {"command": "/p"}), "/priority P2"),
    ("/assing_me", Step("unknown_command", {"command": "/assing_me"}), "/assign me|ADDRESS"),
    ("/close?", Step("unknown_command", {"command": "/close?"}), "/close [spam]"),
    ("/closed", Step("unknown_command", {"command": "/closed"}), "/close [spam]"),
    ("- /rma-advance", Step("unknown_command", {"command": "/rma-advance"}), "/rma advance|repair|doa QTY x PART [serial S[, S]]"),
    ("/priorité P1", Step("unknown_command", {"command": "/priorité"}), "/priority P2"),
    ("/re", Step("unknown_command", {"command": "/re"}), ""),
    ("/help", Step("unknown_command", {"command": "/help"}), ""),
    ("/status", Step("unknown_command", {"command": "/status"}), ""),
    ("/wrong", Step("unknown_command", {"command": "/wrong"}), ""),
    ("/关闭", Step("unknown_command", {"command": "/关闭"}), ""),
]


@pytest.mark.parametrize(("line", "reason", "form"), BAD)
def test_a_line_that_is_not_understood_comes_back_with_the_nearest_valid_form(line: str, reason: Step, form: str) -> None:
    """OUT4."""
    assert parse(line) == CommandMail((), "", (LineError(line, reason, form),))


def test_several_commands_and_the_text_beside_them() -> None:
    """OUT4: text beside commands is kept."""
    mail = parse("Hello,\n/accept P2\n/assign me\n\nI call them at ten.\n")
    assert [command.name for command in mail.commands] == ["accept", "assign"]
    assert mail.rest == "Hello,\n\nI call them at ten."


def test_a_note_takes_the_paragraphs_below_up_to_the_next_command() -> None:
    """Staff commands: /note TEXT ..."""
    mail = parse("/note First.\n\nSecond, /var/log included:\n/var/log is full\n/close")
    assert (mail.commands[0].text, mail.rest) == ("First.\n\nSecond, /var/log included:\n/var/log is full", "")
    assert mail.commands[1].name == "close"


def test_a_request_for_a_caller_stands_below_the_command() -> None:
    """SR10."""
    (command,) = parse("/new “Anna Nowak” <anna@customer.example>\n\nThe router is dead.\nSerial 2102352KLM10L5000456").commands
    assert (command.address, command.person) == ("anna@customer.example", "Anna Nowak")
    assert command.text == "The router is dead.\nSerial 2102352KLM10L5000456"


def test_a_line_that_the_mail_client_wrapped_is_one_line() -> None:
    """OUT4: the first word of the next line would not have fitted into 72 columns."""
    mail = parse("/received RMA-100001 1 x 03057BGH serial 2102352KLM10L5000456; 1 x 02350ABC\nserial 2102352KLM10L5000459\nThanks")
    assert [item.part_number for item in mail.commands[0].items] == ["03057BGH", "02350ABC"]
    assert (mail.commands[0].items[1].serials, mail.rest) == (("2102352KLM10L5000459",), "Thanks")


def test_a_short_line_is_not_joined_with_the_next() -> None:
    """SR5: a greeting below /resolve must not reach the customer as the solution."""
    mail = parse("/resolve The fan was replaced.\nBest regards\nTom")
    assert (mail.commands[0].text, mail.rest) == ("The fan was replaced.", "Best regards\nTom")


@pytest.mark.parametrize(
    "line", ["/var/log is full", "- /var/log/messages", "/etc.conf too", "https://desk.example/close", "\\\\server\\share"]
)
def test_paths_are_text(line: str) -> None:
    assert parse(line) == CommandMail((), line, ())


@pytest.mark.parametrize(
    "line",
    [
        "*/priority P2*",
        "*/priority* P2",
        "**/priority P2**",
        "_/priority P2_",
        "- /priority P2",
        "• /priority P2",
        "·         /priority P2",
        "- `/priority P2`",
        "1. /priority P2",
        '"/priority P2"',
        "“/priority P2”",
        "„/priority P2”",
        "(/priority P2)",
        "<b>/priority P2</b>",
        "/priority=P2",
        "//priority P2",
        "\\priority P2",
    ],
)
def test_bullets_quotation_marks_and_bold_print_change_nothing(line: str) -> None:
    """OUT4, SR5: copied out of a list of ours, or as mail programs write bold in plain text; never a letter to the customer."""
    assert parse(line) == CommandMail((Command(name="priority", line=line, priority="P2"),), "", ())


def test_emphasis_inside_a_text_stays() -> None:
    """OUT4"""
    assert parse("*/note this is *not* urgent*").commands[0].text == "this is *not* urgent"


def test_more_commands_than_a_person_writes_are_refused_as_a_whole() -> None:
    """OUT4: a limit that is told, with nothing done."""
    (error,) = parse("/add a@customer.example\n" * 101).errors
    assert error.reason == Step("too_many_commands", {"count": 101, "most": 100})
    assert len(parse("/add a@customer.example\n" * 100).commands) == 100


def test_case_numbers_have_the_letters_of_the_desk() -> None:
    """DK3."""
    (command,) = parse_commands("/waive CRMA-200001 scrapped", prefixes=("CSR-", "CRMA-")).commands
    assert (command.number, command.reason) == ("CRMA-200001", "scrapped")


@pytest.mark.parametrize(
    "text",
    ["/assign " + "a" * 100_000, "/assign " + "a.a." * 30_000, "/received " + "1 x A12345, " * 20_000, "/shipped " + "1 x " * 50_000],
    ids=["one long word", "dots", "items", "starts of items"],
)
def test_hostile_lines_cost_little(text: str) -> None:
    """Reading is linear: within two seconds, on a busy machine too."""
    started = monotonic()
    parse(text)
    assert monotonic() - started < 2


@given(st.text(alphabet=st.sampled_from("/ acdeimnorstvwxRMAP0123456789-;,:.@×“\n\u00a0\u200b"), max_size=120) | st.text(max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """OUT4: a command or an error a line, and nothing of the text is lost without one."""
    mail = parse(text)
    assert len(mail.commands) + len(mail.errors) <= sum(text.count(slash) for slash in "/／\\")
    if not mail.commands and not mail.errors:
        kept, typed = ("".join(char for char in one if unicodedata.category(char) != "Cf").split() for one in (mail.rest, text))
        assert kept == typed or "/" not in mail.rest


@given(
    st.integers(1, 99), st.sampled_from(["x", "X", "×", " x ", " × "]), st.lists(st.sampled_from(["ABCD1", "ABCD2", "ABCD3"]), unique=True)
)
def test_items_survive_being_written_and_read(quantity: int, times: str, serials: list[str]) -> None:
    """OUT4."""
    text = f"/correct {quantity + 3}{times}03057BGH" + (f" serial {', '.join(serials)}" if serials else "")
    assert parse(text).commands[0].items == (Item(quantity + 3, "03057BGH", tuple(serials)),)
