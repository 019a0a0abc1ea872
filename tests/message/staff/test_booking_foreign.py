"""Arrivals in Polish and Chinese sentences (RM5): the same care as in English, the mail's own words kept."""

from __future__ import annotations

import time

import pytest

from mailflow.message.item import Item
from mailflow.message.staff.booking import Booking, read_booking
from mailflow.policy.derivation import Step

SERIALS = ("2102352KLM10L5000456", "2102352KLM10L5000457")


def item(part_number: str, quantity: int = 1, serials: tuple[str, ...] = (), condition: str = "", rma: str = "") -> Item:
    return Item(rma=rma, part_number=part_number, quantity=quantity, serials=serials, condition=condition)


CERTAIN: list[tuple[str, tuple[Item, ...], tuple[str, ...]]] = [
    (
        "Przyjęto 2 x 03057BGH, jedna z pogiętymi pinami, oraz kabel zasilający",
        (item("03057BGH", 2, condition="jedna z pogiętymi pinami"),),
        ("kabel zasilający",),
    ),
    (
        "Przyjeto 2 x 03057BGH, jedna z pogietymi pinami, oraz przewod zasilajacy",
        (item("03057BGH", 2, condition="jedna z pogietymi pinami"),),
        ("przewod zasilajacy",),
    ),
    ("Przyjęto 2 szt. 03057BGH do RMA-100001, w dobrym stanie", (item("03057BGH", 2, (), "w dobrym stanie", "RMA-100001"),), ()),
    (
        f"Dzień dobry, dotarły dziś 2 szt. 03057BGH o numerach seryjnych {SERIALS[0]} i {SERIALS[1]}. Obie sprawne.",
        (item("03057BGH", 2, SERIALS, "Obie sprawne"),),
        (),
    ),
    ("RMA-100001: jedna 03057BGH, pudełko uszkodzone", (item("03057BGH", 1, (), "pudełko uszkodzone", "RMA-100001"),), ()),
    ("Odebrano 03057BGH - 3 szt. Dodatkowo był zasilacz w kartonie.", (item("03057BGH", 3),), ("zasilacz w kartonie",)),
    ("Przyjęto 1 x 03057BGH, brak śrub", (item("03057BGH", condition="brak śrub"),), ()),
    ("收到 2 x 03057BGH，其中一块针脚弯曲，另有一根电源线。", (item("03057BGH", 2, condition="其中一块针脚弯曲"),), ("一根电源线",)),
    ("收到2块03057BGH，完好", (item("03057BGH", 2, condition="完好"),), ()),
    (f"RMA-100001 收到两块 03057BGH，序列号 {SERIALS[0]}", (item("03057BGH", 2, (SERIALS[0],), "", "RMA-100001"),), ()),
    ("您好，今天收到 03057BGH 数量 2，外箱破损。谢谢", (item("03057BGH", 2, condition="外箱破损"),), ()),
    (
        "收到 1 x 03057BGH 和 2 x 02350ABC，都完好",
        (item("03057BGH", 1, condition="都完好"), item("02350ABC", 2, condition="都完好")),
        (),
    ),
]


@pytest.mark.parametrize(("text", "items", "extras"), CERTAIN)
def test_a_plain_sentence_is_booked(text: str, items: tuple[Item, ...], extras: tuple[str, ...]) -> None:
    """RM5"""
    assert read_booking(text) == Booking(items=items, extras=extras)


DOUBTFUL = [
    ("Nie dotarły 2 x 03057BGH", Step("misread_arrival", {"text": "Nie"})),
    ("Przyjęto około 3 x 03057BGH", Step("misread_arrival", {"text": "około"})),
    ("Prosimy o wysłanie 2 x 03057BGH", Step("misread_arrival", {"text": "Prosimy"})),
    ("Brakuje 2 x 03057BGH", Step("misread_arrival", {"text": "Brakuje"})),
    ("Przyjęto 2 x 03057BGH, brak jednej", Step("misread_words", {"text": "brak jednej"})),
    ("Przyjęto 1 z 2 x 03057BGH", Step("misread_arrival", {"text": "1 z "})),
    ("Jutro będą 2 x 03057BGH", Step("misread_arrival", {"text": "Jutro"})),
    ("2 x 03057BGH nie przyszły", Step("misread_words", {"text": "nie przyszły"})),
    ("Dwie karty dotarły", Step("part_missing")),
    ("未收到 2 x 03057BGH", Step("misread_arrival", {"text": "未"})),
    ("收到大约 3 x 03057BGH", Step("misread_arrival", {"text": "大约"})),
    ("请发送 2 x 03057BGH", Step("misread_arrival", {"text": "请"})),
    ("缺少 2 x 03057BGH", Step("misread_arrival", {"text": "缺少"})),
    ("2 x 03057BGH，少了一块", Step("misread_words", {"text": "少了一块"})),
    ("2 x 03057BGH，明天到", Step("misread_words", {"text": "明天到"})),
    ("Przyjęto 2 x 03057BGH, jedna jest w drodze", Step("misread_words", {"text": "jedna jest w drodze"})),
    ("收到 2 x 03057BGH，其中一块还在路上", Step("misread_words", {"text": "其中一块还在路上"})),
    ("Received 2 x 03057BGH, one is on its way", Step("misread_words", {"text": "one is on its way"})),
    ("收到两块单板", Step("part_missing")),
]


@pytest.mark.parametrize(("text", "reason"), DOUBTFUL)
def test_a_doubtful_sentence_is_a_problem_and_never_a_guess(text: str, reason: Step) -> None:
    """RM5"""
    booking = read_booking(text)
    assert (booking.items, booking.reasons) == ((), (reason,))


@pytest.mark.parametrize(
    "text", ["收到" * 20_000 + "x", "2块03057BGH" * 8_000, "的了" * 30_000, "przyjęto w na do " * 8_000, "i z " * 20_000]
)
def test_hostile_text_costs_little(text: str) -> None:
    """Reading is linear: within two seconds, on a busy machine too."""
    started = time.monotonic()
    read_booking("\n".join(text[start : start + 900] for start in range(0, len(text), 900)))
    assert time.monotonic() - started < 2
