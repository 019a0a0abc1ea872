"""Jinja2 for notices: sandboxed, strict, small; a printed value leaves the template as an opaque mark, its slot (cases 60, 61).

The values return when Markdown has been read, in one pass: so the Markdown and HTML of a notice are always the template's own, and a
forged mark in a value is harmless.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

SLOT = re.compile("\ue000(\\d+)\ue001")
"""A slot: the number of its value between private-use characters, which Markdown takes for letters of a word."""
SLOTS = "\x00slots"
"""Where a rendering's slots lie in its context: no template can spell this name."""
OUTPUT_LIMIT = 1_000_000
"""Characters of a notice's text or HTML (case 61)."""
LONGEST_TEXT = 100_000
"""Characters that all values of a notice may have together before they are shown in part."""
SHORTEST_CUT = 500
"""Characters of a value that are shown however long the others are."""
CUT_MARK = " […]"
LONGEST_SUM = 100_000
"""Characters or items that `+` may join, and rounds that `range` may count."""

KEPT_FILTERS = (
    "abs", "default", "first", "int", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse",
    "round", "select", "selectattr", "sort", "sum", "trim", "unique", "upper",
)  # fmt: skip
"""What is left of Jinja's filters: none that marks text as safe, formats or repeats it."""
KEPT_METHODS = frozenset(("startswith", "endswith", "strip", "lower", "upper", "split", "splitlines", "rpartition", "partition", "title"))
"""What is left of a text's methods: not even Jinja's guarded `format`."""

MACROS = "macros.md"
HEAD_KEYS = ("subject", "preheader", "audience")

_MACRO = re.compile(r"{%-?\s*macro\s+([a-z]\w*)")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ue000-\ue002]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(value: str) -> str:
    """Make a value fit to be shown: line breaks are line feeds, tabs and control characters blanks, no lone surrogates (case 60)."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    if value.isascii() and value.isprintable():
        return value
    return _SURROGATE.sub("\ufffd", _UNSAFE.sub(" ", value))


def one_line(value: str) -> str:
    """Put a value on one line, runs of white space closed up."""
    return " ".join(clean_text(value).split())


@dataclass(frozen=True, slots=True)
class MailLink:
    """A prepared answer (OUT1): `url` fills the reader's window with subject and text, `shown` is what readers of the text type."""

    address: str
    url: str
    """The link as RFC 6068 wants it."""
    shown: str
    is_reply: bool
    """True where a plain answer to the notice reaches the same address."""


@pass_context
def mail_link(context: Context, address: str, subject: str, line: str, shown: str = "", hint: str = "") -> MailLink:
    """Prepare a mail: `line` is what it says, `shown` what text readers type, `hint` what to add by hand."""
    body = (f"{line}\n\n({hint})" if hint else line).replace("\n", "\r\n")
    to = one_line(address)
    url = f"mailto:{quote(to, safe='@+.-_')}?subject={quote(one_line(subject), safe='')}&body={quote(body, safe='')}"
    return MailLink(to, url, shown or line, address == context.get("reply_address"))


class TooMuchOutput(ValueError):
    """A template prints more than a mail may hold."""


class Slots:
    """The values of one rendering in their order of printing, and what room is left for more."""

    def __init__(self) -> None:
        self.values: list[str | MailLink] = []
        self._room = OUTPUT_LIMIT
        self._text_room = LONGEST_TEXT

    def print(self, value: object) -> Markup:
        """Keep a printed value and give the mark that stands for it. Raises TooMuchOutput.

        A mail of megabytes must not keep its notice from being written: what is too long is shown in part.
        """
        if isinstance(value, Markup):
            return value
        if value is None or value == "":
            return Markup()
        if isinstance(value, MailLink):
            self.spend(len(value.url) + 200)
        else:
            text = clean_text(str(value)[: LONGEST_TEXT + 1])
            allowed = max(SHORTEST_CUT, self._text_room)
            value = text if len(text) <= allowed else text[:allowed].rstrip() + CUT_MARK
            self._text_room -= len(value)
            self.spend(len(value) + 8)
        self.values.append(value)
        return Markup(f"\ue000{len(self.values) - 1}\ue001")  # the number is ours, nothing of the value is in it

    def spend(self, amount: int) -> None:
        """Take room off the limit, for a value or e.g. the rounds of a loop. Raises TooMuchOutput."""
        self._room -= amount
        if self._room < 0:
            raise TooMuchOutput("the notice is too long")


@pass_context
def _print_value(context: Context, value: object) -> Markup:
    slots: Slots = context[SLOTS]
    return slots.print(value)


@pass_context
def short_range(context: Context, *bounds: int) -> range:
    """Give `range`, its rounds counted against the output's limit so that nested ones end too."""
    asked = range(*bounds)
    slots: Slots = context[SLOTS]
    slots.spend(min(len(asked), LONGEST_SUM) * 20)
    return asked


class NoticeLoader(BaseLoader):
    """Gives Jinja a notice's body (`en/rma/closed.md`) or a line of its head (`en/rma/closed.md#subject`), line numbers kept."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def get_source(self, _environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Give the source with the macros that it uses, known to it without a word; no line break is added, so that line numbers hold."""
        name, _, part = template.partition("#")
        path = self._files.get(name)
        if path is None:
            raise TemplateNotFound(name)
        text = path.read_text("utf-8-sig")
        if name.endswith(".md") and name != MACROS:
            lines = text.splitlines()
            head, end = read_head(lines, str(path))
            number, value = head.get(part, (1, "")) if part else (end + 2, "\n".join(lines[end + 1 :]))
            text = "\n" * (number - 1) + value
            shared = self._files.get(MACROS)
            names = [macro for macro in _MACRO.findall(shared.read_text("utf-8-sig")) if f"{macro}(" in text] if shared else []
            text = (f'{{%- from "{MACROS}" import {", ".join(names)} with context -%}}' if names else "") + text
        return text, str(path), lambda: True


def read_head(lines: list[str], place: str) -> tuple[dict[str, tuple[int, str]], int]:
    """Read a notice's head: each key with its line number and text, and the index of the line that ends it. Raises TemplateSyntaxError."""
    marks = [number for number, line in enumerate(lines) if line.strip() == "---"]
    if len(marks) < 2 or marks[0] != 0:
        raise TemplateSyntaxError("a notice begins with a head between two lines of ---", 1, filename=place)
    head = {}
    for number, line in enumerate(lines[1 : marks[1]], 2):
        key, colon, value = line.partition(":")
        if line.strip() and (not colon or key.strip() not in HEAD_KEYS):
            raise TemplateSyntaxError(f"the head knows {' and '.join(HEAD_KEYS)} only", number, filename=place)
        if line.strip():
            head[key.strip()] = (number, value.strip())
    if "subject" not in head:
        raise TemplateSyntaxError("the head has no subject", 1, filename=place)
    return head, marks[1]


class _PrintingConcat(CodeGenerator):
    """`a ~ b` prints values into slots too, where Jinja would only escape their HTML."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja finds it by this name
        self.write("environment.concatenate(context, (")
        for child in node.nodes:
            self.visit(child, frame)
            self.write(", ")
        self.write("))")


class NoticeEnvironment(ImmutableSandboxedEnvironment):
    """Operator templates may be overridden by an admin, so they get no more than they need (case 61)."""

    code_generator_class = _PrintingConcat
    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self, files: Mapping[str, Path], filters: Mapping[str, Callable[..., object]]) -> None:
        super().__init__(
            loader=NoticeLoader(files),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_print_value,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=1000,
        )
        self.filters = {name: self.filters[name] for name in KEPT_FILTERS} | dict(filters)
        self.globals = {"range": short_range, "mail_link": mail_link}

    def run(self, name: str, context: Mapping[str, object]) -> str:
        """Render one file with the context's values; what is printed is marks. Raises TooMuchOutput, and what Jinja raises."""
        room, pieces = OUTPUT_LIMIT, []
        for piece in self.get_template(name).generate(context):
            room -= len(piece)
            if room < 0:
                raise TooMuchOutput("the notice is too long")
            pieces.append(piece)
        return "".join(pieces)

    def concatenate(self, context: Context, parts: Iterable[object]) -> str:
        """Carry out the operator `~`."""
        known = tuple(parts)
        if any(isinstance(part, Markup) for part in known):
            return Markup().join(_print_value(context, part) for part in known)
        return "".join("" if part is None and not isinstance(part, Undefined) else str(part) for part in known)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> object:
        """Carry out an arithmetic operator, for numbers and short sums of texts or lists only."""
        if isinstance(left, Markup) or isinstance(right, Markup):
            raise SecurityError(f"join printed text with ~, not with {operator}")
        if not all(hasattr(side, "__add__") and hasattr(side, "__neg__") for side in (left, right)):
            if operator != "+" or len(left) + len(right) > LONGEST_SUM:
                raise SecurityError(f"the operator {operator} is for numbers")
        elif operator == "**":
            raise SecurityError("the operator ** is not for notices")
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: object) -> None:
        """Leave `str.format` to `is_safe_attribute`, which refuses it: like every method of a text it must be one of KEPT_METHODS."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Return whether a template may read the attribute."""
        if isinstance(obj, Markup) or (isinstance(obj, str) and attr not in KEPT_METHODS):
            return False
        return super().is_safe_attribute(obj, attr, value)
