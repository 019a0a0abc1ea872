"""Markdown of a notice as plain text: no marks, one `label: value` a line, tables in columns where they fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import zip_longest

from markdown_it.tree import SyntaxTreeNode

from mailflow.notices.slots import MailLink, Slots

WIDTH = 78
"""Columns of a text mail (RFC 5322 2.1.1) within which a table is set in columns."""

TellLink = Callable[[str, MailLink], str]
"""Words for a prepared answer in a text mail: (label, link) to sentence."""


def display_width(text: str) -> int:
    """Columns of a terminal that a line takes; wide East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` widened with blanks to a number of columns."""
    blanks = " " * max(0, width - display_width(text))
    return blanks + text if right else text + blanks


class PlainText:
    """Writes one notice. Values are filled in while writing, since columns are measured in what is really shown."""

    def __init__(self, slots: Slots, tell_link: TellLink) -> None:
        self._slots = slots
        self._tell_link = tell_link

    def write(self, tree: SyntaxTreeNode) -> str:
        return self._blocks(tree.children)

    def _blocks(self, nodes: Sequence[SyntaxTreeNode], gap: str = "\n\n") -> str:
        return gap.join(text for text in (self._block(node) for node in nodes) if text)

    def _block(self, node: SyntaxTreeNode) -> str:
        writers: dict[str, Callable[[SyntaxTreeNode], str]] = {
            "paragraph": self._paragraph,
            "heading": self._heading,
            "bullet_list": self._list,
            "ordered_list": self._list,
            "blockquote": lambda quote: _indent(self._blocks(quote.children), "    "),
            "table": self._table,
            "hr": lambda _: "-" * 40,
            "fence": lambda code: _indent(self._slots.fill(code.content.rstrip("\n")), "    "),
            "code_block": lambda code: _indent(self._slots.fill(code.content.rstrip("\n")), "    "),
        }
        return writers.get(node.type, self._inline)(node)

    def _paragraph(self, node: SyntaxTreeNode) -> str:
        parts = [child for inline in node.children for child in inline.children]
        if all(part.type in ("link", "softbreak") for part in parts):
            return "\n".join(self._link(part) for part in parts if part.type == "link")
        return self._inline(node).strip("\n")

    def _heading(self, node: SyntaxTreeNode) -> str:
        text = self._inline(node)
        rule = "=" if node.tag == "h1" else "-"
        return f"{text}\n{rule * min(WIDTH, max(map(display_width, text.splitlines()), default=0))}" if text else ""

    def _list(self, node: SyntaxTreeNode) -> str:
        return "\n".join(
            self._item(item, f"{number}. " if node.type == "ordered_list" else "- ") for number, item in enumerate(node.children, 1)
        )

    def _item(self, node: SyntaxTreeNode, mark: str) -> str:
        return mark + _indent(self._blocks(node.children, "\n"), " " * len(mark)).lstrip(" ")

    def _inline(self, node: SyntaxTreeNode) -> str:
        if node.type in ("text", "code_inline", "html_inline"):
            return self._slots.fill(node.content)
        if node.type == "softbreak":
            return " "
        if node.type == "hardbreak":
            return "\n"
        if node.type == "link":
            return self._link(node)
        return "".join(self._inline(child) for child in node.children)

    def _link(self, node: SyntaxTreeNode) -> str:
        label = "".join(self._inline(child) for child in node.children)
        href = str(node.attrs["href"])
        link = self._slots.value(href)
        if isinstance(link, MailLink):
            return self._tell_link(label, link)
        shown = self._slots.fill(href).removeprefix("mailto:")
        return label if shown == label else f"{label} ({shown})"

    def _table(self, node: SyntaxTreeNode) -> str:
        rows = [[self._inline(cell).strip() for cell in row.children] for part in node.children for row in part.children]
        head, body = rows[0], rows[1:]
        if not any(head):
            return "\n".join(_fact(row) for row in body)
        rights = ["right" in str(cell.attrs.get("style", "")) for cell in node.children[0].children[0].children]
        return _columns_of(head, body, rights) or _records(head, body)


def _fact(row: Sequence[str]) -> str:
    label, value = row[0], ", ".join(cell for cell in row[1:] if cell)
    if "\n" in value:
        return f"{label}:\n{_indent(value, '    ')}"
    return f"{label}: {value}" if label else value


def _columns_of(head: Sequence[str], body: Sequence[Sequence[str]], rights: Sequence[bool]) -> str:
    """The table in columns, cells of several lines below each other; '' where it is too wide."""
    rows = [[cell.split("\n") for cell in row] for row in (head, *body)]
    widths = [max(display_width(line) for row in rows for line in row[column]) for column in range(len(head))]
    if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        return ""
    ruled = (rows[0], [["-" * width] for width in widths], *rows[1:])
    lines = (line for row in ruled for line in zip_longest(*row, fillvalue=""))
    return "\n".join(
        "  ".join(pad(cell, width, right=right) for cell, width, right in zip(line, widths, rights, strict=True)).rstrip() for line in lines
    )


def _records(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(_fact((label, cell)) for label, cell in zip(head, row, strict=True) if cell) for row in body)


def _indent(text: str, blanks: str) -> str:
    return "\n".join(blanks + line if line else line for line in text.split("\n"))
