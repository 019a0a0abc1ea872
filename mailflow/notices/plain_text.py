"""Markdown of a notice as plain text: no marks, one `label: value` a line, tables in columns where they fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from markdown_it.tree import SyntaxTreeNode

from mailflow.notices.slots import MailLink, Slots

WIDTH = 78
"""Columns of a text mail (RFC 5322 2.1.1) within which a table is set in columns."""

TellLink = Callable[[str, MailLink], str]
"""Words for a prepared answer in a text mail: (label, link) to sentence."""


@dataclass(frozen=True, slots=True)
class TextLink:
    """A link of the template; both texts may hold slots."""

    label: str
    href: str


Inline = tuple[str | TextLink, ...]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One block of a notice before its values are known. `kind` is heading, list, quote, table, rule, code or paragraph.

    `mark` is a heading's underline character or what stands before a list's item; `rows` are a table's, its head first.
    """

    kind: str
    inline: Inline = ()
    blocks: tuple[TextBlock, ...] = ()
    mark: str = ""
    rows: tuple[tuple[Inline, ...], ...] = ()
    rights: tuple[bool, ...] = ()


def read_blocks(tree: SyntaxTreeNode) -> tuple[TextBlock, ...]:
    """The blocks of a parsed notice."""
    return tuple(_read_block(node) for node in tree.children)


def _read_block(node: SyntaxTreeNode) -> TextBlock:
    if node.type == "heading":
        return TextBlock("heading", _read_inline(node), mark="=" if node.tag == "h1" else "-")
    if node.type in ("bullet_list", "ordered_list"):
        marks = (f"{number}. " if node.type == "ordered_list" else "- " for number in range(1, len(node.children) + 1))
        items = zip(node.children, marks, strict=True)
        return TextBlock("list", blocks=tuple(TextBlock("item", blocks=read_blocks(item), mark=mark) for item, mark in items))
    if node.type == "blockquote":
        return TextBlock("quote", blocks=read_blocks(node))
    if node.type == "table":
        rows = [row for part in node.children for row in part.children]
        rights = tuple("right" in str(cell.attrs.get("style", "")) for cell in rows[0].children)
        return TextBlock("table", rows=tuple(tuple(_read_inline(cell) for cell in row.children) for row in rows), rights=rights)
    if node.type in ("fence", "code_block"):
        return TextBlock("code", (node.content.rstrip("\n"),))
    return TextBlock("rule" if node.type == "hr" else "paragraph", _read_inline(node))


def _read_inline(node: SyntaxTreeNode) -> Inline:
    parts: list[str | TextLink] = []
    for part in _pieces(node):
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    if any(isinstance(part, TextLink) for part in parts) and all(isinstance(part, TextLink) or part == " " for part in parts):
        return tuple("\n" if part == " " else part for part in parts)  # a row of buttons: one a line
    return tuple(parts)


def _pieces(node: SyntaxTreeNode) -> Iterator[str | TextLink]:
    if node.type in ("text", "code_inline", "html_inline"):
        yield node.content
    elif node.type in ("softbreak", "hardbreak"):
        yield " " if node.type == "softbreak" else "\n"
    elif node.type == "link":
        label = "".join(part if isinstance(part, str) else part.label for child in node.children for part in _pieces(child))
        yield TextLink(label, str(node.attrs["href"]))
    else:
        for child in node.children:
            yield from _pieces(child)


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

    def write(self, blocks: Sequence[TextBlock], gap: str = "\n\n") -> str:
        return gap.join(text for text in map(self._block, blocks) if text)

    def _block(self, block: TextBlock) -> str:
        match block.kind:
            case "paragraph":
                return self._inline(block.inline).strip("\n")
            case "heading":
                return _underlined(self._inline(block.inline), block.mark)
            case "list":
                return self.write(block.blocks, "\n")
            case "item":
                return block.mark + _indent(self.write(block.blocks, "\n"), " " * len(block.mark)).lstrip(" ")
            case "quote":
                return _indent(self.write(block.blocks), "    ")
            case "code":
                return _indent(self._inline(block.inline), "    ")
            case "table":
                return self._table(block)
        return "-" * 40

    def _inline(self, inline: Inline) -> str:
        return "".join(self._slots.fill(part) if isinstance(part, str) else self._link(part) for part in inline)

    def _link(self, link: TextLink) -> str:
        label, target = self._slots.fill(link.label), self._slots.value(link.href)
        if isinstance(target, MailLink):
            return self._tell_link(label, target)
        shown = self._slots.fill(link.href).removeprefix("mailto:")
        return label if shown == label else f"{label} ({shown})"

    def _table(self, block: TextBlock) -> str:
        rows = [[self._inline(cell).strip() for cell in row] for row in block.rows]
        head, body = rows[0], rows[1:]
        if not any(head):
            return "\n".join(_fact(row) for row in body)
        return _columns_of(head, body, block.rights) or _records(head, body)


def _underlined(text: str, mark: str) -> str:
    return f"{text}\n{mark * min(WIDTH, max(map(display_width, text.splitlines())))}" if text else ""


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
