"""Jinja2 for notices: sandboxed, strict, small, and every printed value goes into a slot instead of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from mailflow.notices.slots import MailLink, Slots

SLOTS = "\x00slots"
"""Where a rendering's slots lie in its context: no template can spell this name."""

KEPT_FILTERS = (
    "abs", "default", "first", "int", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse",
    "round", "select", "selectattr", "sort", "sum", "trim", "unique", "upper",
)  # fmt: skip
"""What is left of Jinja's filters: none that marks text as safe, formats or repeats it."""

MOST_CHARACTERS = 100_000


class _PrintingConcat(CodeGenerator):
    """`a ~ b` prints values into slots too, where Jinja would only escape their HTML."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja finds it by this name
        self.write("environment.concatenate(context, (")
        for child in node.nodes:
            self.visit(child, frame)
            self.write(", ")
        self.write("))")


@pass_context
def _print_value(context: Context, value: object) -> Markup:
    if isinstance(value, Markup):
        return value
    if value is None or value == "":
        return Markup()
    slots: Slots = context[SLOTS]
    return slots.add(value if isinstance(value, str | MailLink) else str(value))


class NoticeEnvironment(ImmutableSandboxedEnvironment):
    """Operator templates may be overridden by an admin, so they get no more than they need (case 61)."""

    code_generator_class = _PrintingConcat
    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self, loader: BaseLoader, filters: Mapping[str, Callable[..., Any]], functions: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_print_value,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=1000,
        )
        self.filters = {name: self.filters[name] for name in KEPT_FILTERS} | dict(filters)
        self.globals = {"range": _short_range} | dict(functions)

    def concatenate(self, context: Context, parts: Iterable[object]) -> str:
        """The operator `~`."""
        known = tuple(parts)
        if any(isinstance(part, Markup) for part in known):
            return Markup().join(_print_value(context, part) for part in known)
        return "".join(_strict_text(part) for part in known)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, Markup) or isinstance(right, Markup):
            raise SecurityError(f"join printed text with ~, not with {operator}")
        if not _is_number(left) or not _is_number(right):
            if operator != "+" or len(left) + len(right) > MOST_CHARACTERS:
                raise SecurityError(f"the operator {operator} is for numbers")
        elif operator == "**":
            raise SecurityError("the operator ** is not for notices")
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> None:
        """No `str.format`, not even Jinja's guarded one: like every other method of a text it must stand in _SAFE_METHODS."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, Markup) or (isinstance(obj, str) and attr not in _SAFE_METHODS):
            return False
        return super().is_safe_attribute(obj, attr, value)


_SAFE_METHODS = frozenset(("startswith", "endswith", "strip", "lower", "upper", "split", "splitlines", "rpartition", "partition", "title"))


def _strict_text(part: object) -> str:
    return "" if part is None and not isinstance(part, Undefined) else str(part)


def _is_number(value: object) -> bool:
    return hasattr(value, "__add__") and hasattr(value, "__neg__")


@pass_context
def _short_range(context: Context, *bounds: int) -> range:
    """`range`, its rounds counted against the output's limit so that nested ones end too."""
    asked = range(*bounds)
    slots: Slots = context[SLOTS]
    slots.spend(min(len(asked), MOST_CHARACTERS) * 20)
    return asked
