"""Arrivals booked in plain sentences (RM5): what is certain is booked, what is not is asked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.message.item import Item
from mailflow.message.staff.booking import Booking, read_booking
from mailflow.policy.derivation import Step

SERIAL = "2102352KLM10L5000456"


def item(part_number: str, quantity: int = 1, serials: tuple[str, ...] = (), condition: str = "", rma: str = "") -> Item:
    return Item(rma=rma, part_number=part_number, quantity=quantity, serials=serials, condition=condition)


CERTAIN: list[tuple[str, tuple[Item, ...], tuple[str, ...]]] = [
    (
        "Received 2 x 03057BGH, one with bent pins, plus a power cord",
        (item("03057BGH", 2, condition="one with bent pins"),),
        ("a power cord",),
    ),
    (f"RMA-100001: 1x 03057BGH serial {SERIAL} ok", (item("03057BGH", 1, (SERIAL,), "ok", "RMA-100001"),), ()),
    ("Got back part 03057BGH (1 pc)", (item("03057BGH"),), ()),
    ("03057BGH ×2 received under RMA 100001 today", (item("03057BGH", 2, rma="RMA-100001"),), ()),
    ("We got the 2 faulty boards 03057BGH back this morning", (item("03057BGH", 2),), ()),
    ("one 03057BGH and two 02350ABC, all ok", (item("03057BGH", 1, condition="all ok"), item("02350ABC", 2, condition="all ok")), ()),
    (
        "Received: 03057BGH - 2 pcs - s/n ABCD1234, ABCD1235 - good condition",
        (item("03057BGH", 2, ("ABCD1234", "ABCD1235"), "good condition"),),
        (),
    ),
    (f"Got {SERIAL} back on 21 November 2026", (item("02352KLM", 1, (SERIAL,)),), ()),
    ("Parcel DHL 1234567890 with 2 x 03057BGH and two memory modules.", (item("03057BGH", 2),), ("two memory modules",)),
    ("A power cord and 1 x 03057BGH arrived", (item("03057BGH"),), ("A power cord",)),
    ("1 x 03057BGH, missing screws", (item("03057BGH", condition="missing screws"),), ()),
    ("got 1x 03057BGH in anti-static bag", (item("03057BGH", condition="in anti-static bag"),), ()),
    ("1 x 03057BGH came in. Also a console cable was in the box.", (item("03057BGH"),), ("a console cable",)),
    ("received two 03057BGH. Both are ok.", (item("03057BGH", 2, condition="Both are ok"),), ()),
    (
        "RMA-100001: 2 pcs of 03057BGH, box damaged\nRMA-100002: 02350ABC, qty 1",
        (item("03057BGH", 2, condition="box damaged", rma="RMA-100001"), item("02350ABC", 1, rma="RMA-100002")),
        (),
    ),
    (
        "Arrivals for RMA-100001:\n* 2 * 03057BGH\n* 1 x 02350ABC (dented)",
        (
            item("03057BGH", 2, rma="RMA-100001"),
            item("02350ABC", condition="dented", rma="RMA-100001"),
        ),
        (),
    ),
    (
        f"Hi team,\n\n1 x 03057BGH serial {SERIAL} ok,\n1 x 03057BGH serial 2102352KLM10L5000457 bent\n\nThanks,\nTom, +40 21 555 0100",
        (item("03057BGH", 1, (SERIAL,), "ok"), item("03057BGH", 1, ("2102352KLM10L5000457",), "bent")),
        (),
    ),
]


@pytest.mark.parametrize(("text", "items", "extras"), CERTAIN)
def test_a_plain_sentence_is_booked(text: str, items: tuple[Item, ...], extras: tuple[str, ...]) -> None:
    """RM5; extra items stay in the mail's own words."""
    assert read_booking(text) == Booking(items=items, extras=extras)


DOUBTFUL = [
    ("Got back part 03057BGH", Step("quantity_missing", {"part": "03057BGH"})),
    ("We have not received 2 x 03057BGH", Step("misread_arrival", {"text": "not"})),
    ("Received about 3 x 03057BGH", Step("misread_arrival", {"text": "about"})),
    ("Expected 2 x 03057BGH but got only 1", Step("misread_arrival", {"text": "Expected"})),
    ("Please send 2 x 03057BGH", Step("misread_arrival", {"text": "Please"})),
    ("missing: 2 x 03057BGH", Step("misread_arrival", {"text": "missing"})),
    ("received 1 of 2 x 03057BGH", Step("misread_arrival", {"text": "1 of "})),
    ("Received 1 x 03057BGH, one missing", Step("misread_words", {"text": "one missing"})),
    ("2 x 03057BGH have not arrived", Step("misread_words", {"text": "have not arrived"})),
    ("2 x 03057BGH will arrive tomorrow", Step("misread_words", {"text": "will arrive tomorrow"})),
    ("2 x 03057BGH shipped to the customer", Step("misread_words", {"text": "shipped to the customer"})),
    ("Did you get 2 x 03057BGH?", Step("misread_words", {"text": "?"})),
    ("Received 2 x 03057BGH, one was not in the box", Step("misread_words", {"text": "one was not in the box"})),
    ("2 x 03057BGH, 1 received", Step("misread_words", {"text": "1 received"})),
    ("2 x 03057BGH, qty 3", Step("two_quantities", {"part": "03057BGH", "first": 2, "second": 3})),
    ("1 x 03057BGH serials ABCD1234, ABCD1235", Step("more_serials_than_parts", {"part": "03057BGH", "serials": 2, "quantity": 1})),
    ("0 x 03057BGH", Step("quantity_too_small", {"part": "03057BGH", "quantity": 0, "least": 1})),
    ("Received serial ABCDEF981234", Step("part_of_serial_missing", {"serial": "ABCDEF981234"})),
    ("Two boards arrived", Step("part_missing")),
    ("All parts of RMA-100001 received", Step("part_missing")),
    ("all received", Step("part_missing")),
    ("Nothing arrived", Step("arrival_unclear")),
    ("1 x 03057BGH for RMA-100001 or RMA-100002", Step("several_numbers")),
]


@pytest.mark.parametrize(("text", "reason"), DOUBTFUL)
def test_a_doubtful_sentence_is_a_problem_and_never_a_guess(text: str, reason: Step) -> None:
    """RM5: what cannot be read is answered with the line, and nothing is booked."""
    assert read_booking(text) == Booking(problems=(text,), reasons=(reason,))


def test_a_problem_stands_beside_what_was_read() -> None:
    booking = read_booking("Received 1 x 03057BGH. Two more boards arrived.")
    assert (booking.items, booking.problems) == ((item("03057BGH"),), ("Two more boards arrived",))


def test_a_serial_that_stands_there_twice_is_a_problem() -> None:
    """BX5: booked twice."""
    booking = read_booking(f"1 x 03057BGH serial {SERIAL}\n1 x 03057BGH serial {SERIAL}")
    assert (booking.problems, booking.reasons) == ((SERIAL,), (Step("serial_twice"),))


def test_a_remark_on_one_of_several_parts_is_a_problem() -> None:
    booking = read_booking("1 x 03057BGH and 1 x 02350ABC. It is bent.")
    assert booking.reasons == (Step("part_unclear"),)


def test_a_remark_that_a_part_did_not_come_is_a_problem() -> None:
    booking = read_booking("Received 2 x 03057BGH. One was not in the carton.")
    assert (booking.problems, booking.reasons) == (("One was not in the carton",), (Step("part_unclear"),))


def test_with_several_rmas_each_part_needs_its_own() -> None:
    booking = read_booking("1 x 03057BGH came\nRMA-100001: 1 x 02350ABC\nRMA-100002: 1 x 02350ABD")
    assert (booking.problems, booking.reasons) == (("03057BGH",), (Step("rma_missing"),))


def test_what_the_register_expects_is_recognised_whatever_its_shape() -> None:
    """RM5: part numbers and serials of the desk's open returns."""
    assert read_booking("Received 1 LS-FAN", parts=("LS-FAN",)).items == (item("LS-FAN"),)
    assert read_booking("Got QX77 back", serials={"QX77": "03057BGH"}).items == (item("03057BGH", 1, ("QX77",)),)


def test_a_mail_that_speaks_of_nothing_books_nothing() -> None:
    assert read_booking("Hello,\nsee attached photo.\nKind regards\nTom Smith | Warehouse | +40 312 291 238") == Booking()


def test_the_letters_of_the_desk_are_known() -> None:
    """DK3."""
    assert read_booking("CRMA-200001: 1 x 03057BGH", prefixes=("CRMA-",)).items == (item("03057BGH", rma="CRMA-200001"),)


@pytest.mark.parametrize(
    "text", ["in " * 30_000 + "x", "1 x 03057BGH " * 8_000, " " * 100_000 + "a", ("a" * 900 + "\n") * 100, "a," * 50_000]
)
def test_hostile_text_costs_little(text: str) -> None:
    """Reading is linear: within two seconds, on a busy machine too."""
    started = time.monotonic()
    read_booking(text)
    assert time.monotonic() - started < 2


WORDS = [
    "received",
    "2",
    "x",
    "03057BGH",
    "02350ABC",
    "serial",
    SERIAL,
    "not",
    "one",
    ",",
    ".",
    "\n",
    "RMA-100001",
    "cord",
    "ok",
    "(",
    "qty",
    "and",
    "?",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_whatever_is_booked_stands_in_the_mail(words: list[str]) -> None:
    """RM5: never a guess."""
    text = " ".join(words)
    booking = read_booking(text)
    for booked in booking.items:
        assert booked.quantity >= max(1, len(booked.serials))
        assert booked.part_number in text or booked.serials == (SERIAL,)
        assert booked.condition == "" or all(word in text for word in booked.condition.replace(",", " ").split())


CALLED = {"03057BGH": "Supervisor board", "02120990": "Fan tray"}


@pytest.mark.parametrize(
    ("text", "items", "extras"),
    [
        (
            f"One supervisor board 03057BGH with serial {SERIAL}, slightly scratched, and two fan trays 02120990.",
            (item("03057BGH", 1, (SERIAL,), "slightly scratched"), item("02120990", 2)),
            (),
        ),
        ("3 power supply units 02350ABC, all ok", (item("02350ABC", 3, condition="all ok"),), ()),
        (
            "1 x 03057BGH came in again. There were also 2 power cables and a memory module in the box.",
            (item("03057BGH"),),
            ("2 power cables and a memory module",),
        ),
    ],
)
def test_parts_are_called_by_what_they_are(text: str, items: tuple[Item, ...], extras: tuple[str, ...]) -> None:
    """RM5: parts with their description before the number, extra things in the mail's own words."""
    assert read_booking(text, parts=tuple(CALLED), descriptions=CALLED) == Booking(items=items, extras=extras)


def test_an_authorised_part_without_its_number_is_asked_about_and_never_an_extra() -> None:
    """RM5: the customer would read that it is no part of the return."""
    booking = read_booking("Received 1 x 03057BGH and the fan tray", parts=tuple(CALLED), descriptions=CALLED)
    assert (booking.problems, booking.reasons) == (("the fan tray",), (Step("part_missing"),))


def test_boxes_of_a_part_are_no_quantity_of_it() -> None:
    """RM5: never a guess."""
    booking = read_booking("Received 2 boxes 02120990", parts=tuple(CALLED), descriptions=CALLED)
    assert booking.reasons == (Step("quantity_missing", {"part": "02120990"}),)


BOARD, FANS = "02359583", "02120990"
FIRST, SECOND, OF_FANS = "2102359583N0K8000017", "2102359583N0K8000018", "2102120990N0K8000001"
EXPECTED = {FIRST: BOARD, SECOND: BOARD}


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (f"Received one {BOARD} today, serial {FIRST}.", (item(BOARD, 1, (FIRST,)),)),
        (f"1 x {BOARD} arrived. Serial {FIRST}", (item(BOARD, 1, (FIRST,)),)),
        (f"1 x {BOARD}\nSN {FIRST}\ncondition: dented", (item(BOARD, 1, (FIRST,), "dented"),)),
        (f"1 x {BOARD} (scratched), SN {FIRST}", (item(BOARD, 1, (FIRST,), "scratched"),)),
        (f"1 x {BOARD} in a wet box, serial {FIRST}, looks fine", (item(BOARD, 1, (FIRST,), "in a wet box, looks fine"),)),
        (f"1 x {BOARD} came back with serial number {FIRST}", (item(BOARD, 1, (FIRST,)),)),
        (f"2 x {BOARD} arrived, serials {FIRST} and {SECOND}", (item(BOARD, 2, (FIRST, SECOND)),)),
        (f"2 x {BOARD} arrived:\n- {FIRST}\n- {SECOND}", (item(BOARD, 2, (FIRST, SECOND)),)),
        (f"2 x {BOARD} arrived, the serial is {FIRST}", (item(BOARD, 2, (FIRST,)),)),
        (f"2 x {BOARD} arrived: {FIRST} ok, {SECOND} bent", (item(BOARD, 2, (FIRST, SECOND), f"{FIRST} ok, {SECOND} bent"),)),
        (f"Part {BOARD} arrived, serial {FIRST}", (item(BOARD, 1, (FIRST,)),)),
        (f"Serial {FIRST}: 1 x {BOARD}", (item(BOARD, 1, (FIRST,)),)),
        (
            f"1 x {BOARD} and 1 x {FANS} arrived, serials {FIRST} and {OF_FANS}, all ok",
            (item(BOARD, 1, (FIRST,), "all ok"), item(FANS, 1, (OF_FANS,), "all ok")),
        ),
        (f"1 x {BOARD}\nSN ABC12345\n1 x {FANS}\nSN ABC12346", (item(BOARD, 1, ("ABC12345",)), item(FANS, 1, ("ABC12346",)))),
        (f"2 x {FANS}\n{FIRST}", (item(FANS, 2), item(BOARD, 1, (FIRST,)))),
        (f"{FIRST}\n{SECOND}", (item(BOARD, 1, (FIRST,)), item(BOARD, 1, (SECOND,)))),
        (f"Dotarła dziś jedna płyta {BOARD} z numerem {FIRST}.", (item(BOARD, 1, (FIRST,)),)),
        (f"Otrzymano dziś 2 szt. {BOARD}. Numery seryjne: {FIRST}, {SECOND}.", (item(BOARD, 2, (FIRST, SECOND)),)),
        (f"今天收到 1 块 {BOARD}，已入库，序列号 {FIRST}。", (item(BOARD, 1, (FIRST,)),)),
        (f"收到 2 x {BOARD} 今天。\n序列号是 {FIRST} 和 {SECOND}", (item(BOARD, 2, (FIRST, SECOND)),)),
    ],
)
def test_a_serial_number_names_a_piece_that_was_counted_already(text: str, items: tuple[Item, ...]) -> None:
    """RM5, BX5: whatever stands between a part and its serial numbers, no piece counts twice."""
    assert read_booking(text, parts=(BOARD, FANS), serials=EXPECTED) == Booking(items=items)


@pytest.mark.parametrize("wrong", ["2102359583N0K8000099", OF_FANS, "ABC12345"])
@pytest.mark.parametrize("between", [", ", " arrived, ", " today\n", " arrived with wrong ", " (dented), "])
def test_a_wrong_serial_number_is_of_the_piece_and_not_of_a_further_one(between: str, wrong: str) -> None:
    """RM5, BX5: one piece came, with a wrong serial number."""
    (booked,) = read_booking(f"1 x {BOARD}{between}serial {wrong}", parts=(BOARD, FANS), serials=EXPECTED).items
    assert (booked.part_number, booked.quantity, booked.serials) == (BOARD, 1, (wrong,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"1 x {BOARD} and {FIRST}", Step("serial_unclear", {"serial": FIRST})),
        (f"2 x {FANS}, {FIRST}", Step("serial_unclear", {"serial": FIRST})),
        (f"1 x {BOARD} and 1 x {FANS} arrived, SN ABC12345", Step("part_of_serial_missing", {"serial": "ABC12345"})),
        (
            f"2 x {BOARD} arrived, serials {FIRST}, {SECOND} and 2102359583N0K8000019",
            Step("more_serials_than_parts", {"part": BOARD, "serials": 3, "quantity": 2}),
        ),
        (f"Two boards arrived: {FIRST}", Step("misread_arrival", {"text": "Two boards"})),
        (f"2 x {BOARD} arrived, one {BOARD} with bent pins", Step("part_unclear")),
    ],
)
def test_what_may_be_a_further_piece_is_asked_about(text: str, reason: Step) -> None:
    """RM5: never a guess."""
    assert read_booking(text, parts=(BOARD, FANS), serials=EXPECTED) == Booking(problems=(text,), reasons=(reason,))


def test_a_telephone_number_below_the_parts_is_no_serial_number_of_theirs() -> None:
    """RM5: never a guess."""
    booking = read_booking(f"1 x {BOARD} arrived\n\nTom\n400312291238", parts=(BOARD,))
    assert booking.reasons == (Step("part_of_serial_missing", {"serial": "400312291238"}),)


def test_a_serial_number_under_another_return_is_a_piece_of_that_one() -> None:
    """RM5"""
    booking = read_booking(f"RMA-100001: 1 x {BOARD}\nRMA-100002: serial {FIRST}", parts=(BOARD,))
    assert booking.items == (item(BOARD, rma="RMA-100001"), item(BOARD, 1, (FIRST,), rma="RMA-100002"))


SERIALS = tuple(f"21{BOARD}N0K80000{number:02}" for number in range(20))
STATED = {
    1: ("one {part}", "1 x {part}", "{part} (1 pc)", "jedna {part}", "收到一块 {part}"),
    2: ("2 x {part}", "two {part}", "{part}, qty 2", "dwie {part}", "收到 2 块 {part}"),
    3: ("3 pcs of {part}", "3 * {part}", "3 szt. {part}"),
}
GAPS = ("", " arrived", " today", " (scratched)", ", slightly bent", " came back this morning", " dotarły dziś", " 今天", " in a wet box")
TO_SERIALS = (", serial {}", "\nSN {}", ". Serial numbers: {}", ", s/n {}", "\n{}", " with serial no. {}", "，序列号 {}", ", nr seryjny {}")


@given(st.data())
def test_the_quantity_booked_is_the_quantity_stated(data: st.DataObject) -> None:
    """RM5, BX5: or else nothing is booked."""
    text, stated = "", {BOARD: 0, FANS: 0}
    left = list(SERIALS)
    for part in data.draw(st.lists(st.sampled_from((BOARD, FANS)), min_size=1, max_size=3)):
        count = data.draw(st.sampled_from(sorted(STATED)))
        stated[part] += count
        text += data.draw(st.sampled_from(STATED[count])).format(part=part) + data.draw(st.sampled_from(GAPS))
        named = [left.pop().replace(BOARD, part) for _ in range(data.draw(st.integers(0, count)))]
        if named:
            text += data.draw(st.sampled_from(TO_SERIALS)).format(", ".join(named))
        text += data.draw(st.sampled_from(("\n", ". ", "\n\n")))
    booking = read_booking(text, parts=(BOARD, FANS))
    booked = {part: sum(one.quantity for one in booking.items if one.part_number == part) for part in stated}
    assert booking.problems or booked == stated, text


@given(count=st.sampled_from(sorted(STATED)), data=st.data())
def test_one_part_with_its_serial_numbers_is_booked_as_stated(count: int, data: st.DataObject) -> None:
    """RM5: a plain sentence is understood."""
    said = data.draw(st.sampled_from(STATED[count])).format(part=BOARD)
    gap, words = data.draw(st.sampled_from(GAPS)), data.draw(st.sampled_from(TO_SERIALS))
    booking = read_booking(said + gap + words.format(", ".join(SERIALS[:count])), parts=(BOARD, FANS))
    assert [(one.quantity, set(one.serials), booking.problems) for one in booking.items] == [(count, set(SERIALS[:count]), ())]
