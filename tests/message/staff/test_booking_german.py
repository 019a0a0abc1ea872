"""German sentences of warehouse staff are booked by the words of de.toml alone (RM5)."""

from __future__ import annotations

import pytest

from mailflow.message.item import Item
from mailflow.message.staff.booking import Booking, read_booking

SERIAL = "2102352KLM10L5000456"


@pytest.mark.parametrize(
    ("text", "items", "extras"),
    [
        ("2 Stück 03057BGH erhalten", (Item(2, "03057BGH"),), ()),
        ("Heute sind zwei defekte Karten 03057BGH eingetroffen.", (Item(2, "03057BGH"),), ()),
        (
            f"RMA-100001: 1 x 03057BGH mit Seriennummer {SERIAL}, in Ordnung",
            (Item(1, "03057BGH", (SERIAL,), "in Ordnung", "RMA-100001"),),
            (),
        ),
        ("Teilenummer 03057BGH, Menge 2, Verpackung beschädigt", (Item(2, "03057BGH", (), "Verpackung beschädigt"),), ()),
        ("Wir haben 1 x 03057BGH und zwei 02350ABC zurückerhalten", (Item(1, "03057BGH"), Item(2, "02350ABC")), ()),
        (
            "Am 30. November angekommen: 1 x 03057BGH, Stifte verbogen, außerdem ein Netzkabel",
            (Item(1, "03057BGH", (), "Stifte verbogen"),),
            ("ein Netzkabel",),
        ),
        ("1 x 03057BGH angekommen. Zusätzlich war ein Konsolenkabel im Karton.", (Item(1, "03057BGH"),), ("ein Konsolenkabel",)),
        ("1 x 03057BGH, fehlende Schrauben", (Item(1, "03057BGH", (), "fehlende Schrauben"),), ()),
        ("Zwei 03057BGH erhalten. Beide sind beschädigt.", (Item(2, "03057BGH", (), "Beide sind beschädigt"),), ()),
        (
            "Hallo zusammen,\n\nfür RMA-100001 kam heute 1 x 03057BGH zurück, originalverpackt.\n\nViele Grüße\nTom",
            (Item(1, "03057BGH", (), "originalverpackt", "RMA-100001"),),
            (),
        ),
        ("Zurueckgekommen: 1 x 03057BGH, Lueftereinheit verstaubt", (Item(1, "03057BGH", (), "Lueftereinheit verstaubt"),), ()),
    ],
)
def test_a_german_sentence_is_booked(text: str, items: tuple[Item, ...], extras: tuple[str, ...]) -> None:
    assert read_booking(text) == Booking(items=items, extras=extras)


@pytest.mark.parametrize(
    "text",
    [
        "Bitte 2 x 03057BGH an den Kunden senden",
        "Wir erwarten 2 x 03057BGH morgen",
        "Vermutlich 2 x 03057BGH erhalten",
        "Es wurden nicht 2 x 03057BGH geliefert",
        "1 von 2 x 03057BGH erhalten",
        "Zwei Karten erhalten",
        "2 x 03057BGH, eine war nicht im Karton",
        "Ungefähr 5 x 03057BGH eingetroffen",
    ],
)
def test_what_is_not_certain_is_asked(text: str) -> None:
    booking = read_booking(text)
    assert (booking.items, len(booking.problems)) == ((), 1)
