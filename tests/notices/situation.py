"""Many cases to render a notice with: its sample values with other people, texts, parts, zones, currencies and moments in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from tests.notices.samples import OTHER_SERIAL, SERIAL, ZONE, sample_values

NEEDED = frozenset(
    ("missing", "results", "scores", "lines", "outstanding", "amounts", "totals", "problems", "rows", "sections", "changes", "next_step")
)
"""Lists that a notice is about, which no rule leaves empty; every other list of a notice may be."""
NEEDED_TEXTS = frozenset(("text", "address", "sender", "line", "code", "by", "priority", "mailbox", "rule", "notice", "summary"))

KEY = re.compile(r"[a-z_]+(?:/[a-z_]+)?|P[1-4]")
"""What is looked up in words.toml, or too common to be told from the notice's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What differs from the samples. `text` stands for whatever people wrote, `without` names the lists and texts left empty."""

    name: str = "Anna Kowalska"
    company: str = "Customer Networks"
    subject: str = "Packet loss on slot 3"
    text: str = "Qzv fault on slot 3"
    description: str = "Line card 48 x 10GE"
    serial: str = SERIAL
    priority: str = "P2"
    parts: int = 2
    currency: str = "USD"
    price: Decimal = Decimal("12500.00")
    timezone: str = ZONE
    shift: timedelta = timedelta(0)
    without: frozenset[str] = frozenset()

    def values(self, notice: str, language: str) -> dict[str, Any]:
        """The notice's variables in this situation."""
        values = {key: self._changed(value, key) for key, value in sample_values(notice).items()}
        for key in self.without & values.keys():
            values[key] = type(values[key])() if isinstance(values[key], str | tuple) and key not in NEEDED | NEEDED_TEXTS else values[key]
        case = values["case"]
        bare = {"customer_name": "", "company": "", "contract": None, "assignee": None, "parent": None}
        case = replace(case, language=language, **{key: value for key, value in bare.items() if key in self.without})
        desk = replace(values["desk"], **{key: () if key != "telephone" else "" for key in DESK_OPTIONS & self.without})
        return values | {"case": case, "desk": desk, "language": language}

    def _changed(self, value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self._text(value, key)
        if isinstance(value, datetime):
            return value + self.shift
        if isinstance(value, date):
            return value + timedelta(days=self.shift.days)
        if isinstance(value, Decimal):
            return value / Decimal(12500) * self.price
        if isinstance(value, tuple):
            return self._tuple(value, key)
        if isinstance(value, Mapping):
            return {name: self._changed(one, name) for name, one in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            known = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
            return replace(value, **{name: self._changed(one, name) for name, one in known.items()})
        return value

    def _tuple(self, value: tuple[Any, ...], key: str) -> tuple[Any, ...]:
        changed = tuple(self._changed(one, key if isinstance(one, str) else "") for one in value)
        if key in ("lines", "outstanding") and changed and hasattr(changed[0], "part_number"):
            return (changed * 5)[: self.parts if key == "lines" else max(self.parts, 1)]
        return changed

    def _text(self, value: str, key: str) -> str:
        exact = {ZONE: self.timezone, "USD": self.currency, "P2": self.priority, "Line card 48 x 10GE": self.description}
        if value in exact:
            return exact[value]
        if key in ("text", "note", "symptoms", "reason") and not KEY.fullmatch(value):
            return self.text if value else value
        for sample, own in (
            ("Anna Kowalska", self.name),
            ("Customer Networks", self.company),
            ("Packet loss on slot 3", self.subject),
            ("Since 8:40 slot 3 reports a fabric fault", self.text),
            (SERIAL, self.serial),
            (OTHER_SERIAL, self.serial[:-1] + "9"),
            ("C-2026-0815", "C-0815"),
        ):
            value = value.replace(sample, own)
        return value


DESK_OPTIONS = frozenset(("telephone", "signature", "return_address", "terms", "return_instructions"))
OPTIONAL = sorted(
    DESK_OPTIONS | {"customer_name", "company", "contract", "assignee", "parent", "understood", "steps", "entitlement_steps", "history"}
    | {"attachment_names", "commands", "in_transit", "extras", "differences", "note", "reason", "sla_steps", "next_step"}
)  # fmt: skip

HOSTILE = "<b>x</b> **y** [z](http://evil.example) {{ 7*7 }} {% if %} | a | b |\n# heading\n- item\n`code` &amp; {name}"
PICKED = {
    "as the samples": Situation(),
    "no name": Situation(name="", company="", without=frozenset(OPTIONAL)),
    "very long names": Situation(name="Wolfeschlegelsteinhausenbergerdorff " * 6, company="Przedsiębiorstwo " * 12, subject="x" * 300),
    "Chinese": Situation(
        name="王小明", company="示例网络有限公司", subject="槽位 3 丢包", text="槽位 3 上报故障。\n请尽快处理。", timezone="Asia/Shanghai"
    ),
    "hostile texts": Situation(name="<i>Eve</i>", company="A & B <c>", subject="**x** <b>y</b> {{ 1 }}", text=HOSTILE, description="| d |"),
    "P1 in Warsaw": Situation(priority="P1", timezone="Europe/Warsaw", currency="PLN", price=Decimal("7.5")),
    "P4 around New Year": Situation(priority="P4", shift=timedelta(days=40, hours=9), currency="EUR", price=Decimal("1234567.891")),
    "no parts": Situation(parts=0, currency="CNY", price=Decimal(0)),
    "five parts, a serial of 60 characters": Situation(parts=5, serial="2102113456AB7N000123" * 3),
}

WORDS = st.text(alphabet=st.sampled_from("aąbcćdeęz王小明 ÄÖ'-.,<>&*_[]{}|#`\n"), min_size=1, max_size=60).map(
    lambda text: f"Qzv {text} Qzv"
)
LINE = WORDS.map(lambda text: " ".join(text.split()))
SITUATIONS = st.builds(
    Situation,
    name=LINE | st.just(""),
    company=LINE | st.just(""),
    subject=LINE,
    text=WORDS,
    description=LINE | st.just(""),
    serial=st.from_regex(r"[A-Z0-9]{12}|[A-Z0-9]{20}", fullmatch=True),
    priority=st.sampled_from(["P1", "P2", "P3", "P4"]),
    parts=st.integers(0, 5),
    currency=st.sampled_from(["USD", "EUR", "PLN", "CNY", "RON"]),
    price=st.decimals(0, 10_000_000, places=3),
    timezone=st.sampled_from(["Asia/Shanghai", "Europe/Warsaw", "Europe/Bucharest", "America/New_York"]),
    shift=st.timedeltas(timedelta(0), timedelta(days=500)).map(lambda by: timedelta(minutes=by // timedelta(minutes=1))),
    without=st.frozensets(st.sampled_from(OPTIONAL)),
)


def texts_of(value: Any) -> Iterator[str]:
    """Every text that people or the register put into the values, longest lines of it; keys of words.toml are none."""
    if isinstance(value, str):
        yield from (line.strip() for line in value.splitlines() if line.strip() and not KEY.fullmatch(line.strip()))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts_of(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from texts_of(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from texts_of(getattr(value, one.name))
