"""A notice's Markdown as HTML that mail clients show alike and as plain text, both from one tree; values go in last, in one pass."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.tree import SyntaxTreeNode

from mailflow.notices.environment import SLOT, MailLink

WIDTH = 78
"""Columns of a text mail (RFC 5322 2.1.1) within which a table is set in columns."""
WIDEST_PLAIN_TABLE = 2
"""Columns that fit a phone; a wider table is stacked there, each cell under its own label."""

_LEADING_BLANKS = re.compile(r"^ +|(?<= ) +", re.MULTILINE)
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_MARKDOWN.disable(["autolink", "image", "entity", "html_block", "html_inline"])
# The library's documented way to say which links it takes and that they stay as they are.
_MARKDOWN.validateLink = lambda url: bool(SLOT.fullmatch(url)) or url.startswith(("https://", "mailto:"))  # type: ignore[method-assign]
_MARKDOWN.normalizeLink = lambda url: url  # type: ignore[method-assign]
_RENDERER = RendererHTML()

Values = Sequence[str | MailLink]
"""The values behind the slots, by their numbers."""


def read_markdown(source: str) -> SyntaxTreeNode:
    """Parse CommonMark with tables and without raw HTML; links go to mail, https or a slot only."""
    return SyntaxTreeNode(_MARKDOWN.parse(source))


def fill_text(frame: str, values: Values) -> str:
    """Put the values into plain text."""
    return SLOT.sub(lambda found: value if isinstance(value := values[int(found[1])], str) else value.url, frame)


def fill_html(pieces: Sequence[str], values: Values) -> str:
    """Put the values, escaped, into HTML that `SLOT.split` has cut at its slots: literal, number, literal, …"""
    filled = list(pieces)
    for place in range(1, len(filled), 2):
        value = values[int(filled[place])]
        escaped = html.escape(value if isinstance(value, str) else value.url)
        if isinstance(value, str) and ("\n" in escaped or "  " in escaped or escaped.startswith(" ")):
            escaped = _LEADING_BLANKS.sub(lambda found: "\u00a0" * len(found[0]), escaped).replace("\n", "<br>\n")
        filled[place] = escaped
    return "".join(filled)


def write_html(tree: SyntaxTreeNode) -> str:
    """Write HTML with the slots still in it: tables by our classes, a paragraph of nothing but links as buttons."""
    written = []
    for node in tree.children:
        parts = node.children[0].children if node.type == "paragraph" else []
        links = [part for part in parts if part.type == "link"]
        if node.type == "table":
            written.append(_table_html(node))
        elif links and all(part.type in ("link", "softbreak") or not part.content.strip() for part in parts):
            cells = (
                f'<td class="button" bgcolor="#1d4f91"><a href="{link.attrs["href"]}" class="button-link">{_inline_html(link)}</a></td>'
                for link in links
            )
            row = '<td class="button-gap" width="8"> </td>'.join(cells)
            frame = '<table role="presentation" cellpadding="0" cellspacing="0" border="0" class="buttons">'
            written.append(f"{frame}<tr>{row}</tr></table>\n")
        else:
            written.append(_RENDERER.render(node.to_tokens(), _MARKDOWN.options, {}))
    return "".join(written)


def _table_html(node: SyntaxTreeNode) -> str:
    """A table without headings is facts: label and value. A wide one gives each cell its column's label, for the phone."""
    rows = [
        [(f' style="{cell.attrs["style"]}"' if cell.attrs else "", _inline_html(cell.children[0])) for cell in row] for row in _rows(node)
    ]
    head, body = rows[0], rows[1:]
    classes, labels, thead = ["cell"] * len(head), [""] * len(head), ""
    if any(label for _, label in head):
        titles = "".join(f"<th{style}>{label}</th>\n" for style, label in head)
        kind, thead = "grid", f"<thead>\n<tr>\n{titles}</tr>\n</thead>\n"
        if len(head) > WIDEST_PLAIN_TABLE:
            kind = "grid stacked"
            # the blank keeps label and value two words for readers and spam filters that look at the bare text
            labels = [f'<span class="cell-label">{label}</span> ' if label else "" for _, label in head]
    else:
        kind, classes[0], classes[1:] = "facts", "fact-label", ["fact-value"] * (len(head) - 1)
    lines = (
        "".join(
            f'<td valign="top"{style} class="{name}">{label}{text}</td>\n'
            for (style, text), name, label in zip(row, classes, labels, strict=True)
        )
        for row in body
    )
    tbody = "".join(f"<tr>\n{line}</tr>\n" for line in lines)
    frame = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
    return f'{frame} class="{kind}">\n{thead}{f"<tbody>{chr(10)}{tbody}</tbody>{chr(10)}" if body else ""}</table>\n'


def _inline_html(node: SyntaxTreeNode) -> str:
    tokens = [token for child in node.children for token in child.to_tokens()]
    return _RENDERER.renderInline(tokens, _MARKDOWN.options, {})


def _rows(table: SyntaxTreeNode) -> list[list[SyntaxTreeNode]]:
    """The cells of a table, its head first."""
    return [row.children for part in table.children for row in part.children]


@dataclass(frozen=True, slots=True)
class PlainText:
    """Writes one notice as text. Values are filled in while writing, since columns are measured in what is really shown."""

    values: Values
    tell_link: Callable[[str, MailLink], str]
    """Words for a prepared answer: (label, link) to sentence."""

    def write(self, nodes: Sequence[SyntaxTreeNode], gap: str = "\n\n") -> str:
        """Write blocks without marks: one `label: value` a line, tables in columns where they fit."""
        return gap.join(text for text in map(self._block, nodes) if text)

    def _block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "heading":
                text, mark = self._inline(node), "=" if node.tag == "h1" else "-"
                return f"{text}\n{mark * min(WIDTH, max(map(display_width, text.splitlines())))}" if text else ""
            case "bullet_list" | "ordered_list":
                marks = (f"{number}. " if node.type == "ordered_list" else "- " for number in range(1, len(node.children) + 1))
                items = (
                    (mark, _indent(self.write(item.children, "\n"), " " * len(mark)))
                    for item, mark in zip(node.children, marks, strict=True)
                )
                return "\n".join(mark + text.lstrip(" ") for mark, text in items)
            case "blockquote":
                return _indent(self.write(node.children), "    ")
            case "fence" | "code_block":
                return _indent(fill_text(node.content.rstrip("\n"), self.values), "    ")
            case "table":
                return self._table(node)
            case "hr":
                return "-" * 40
        return self._inline(node).strip("\n")

    def _inline(self, node: SyntaxTreeNode) -> str:
        pieces = list(self._pieces(node))
        is_row = {kind for kind, _ in pieces} in ({"link"}, {"link", "gap"})
        return "".join("\n" if is_row and kind == "gap" else text for kind, text in pieces)  # a row of buttons: one a line

    def _pieces(self, node: SyntaxTreeNode) -> Iterator[tuple[str, str]]:
        """The text of a block in pieces, each with its kind: text, link, or the gap between words."""
        match node.type:
            case "text" | "code_inline":
                yield "gap" if node.content == " " else "text", fill_text(node.content, self.values)
            case "softbreak":
                yield "gap", " "
            case "hardbreak":
                yield "text", "\n"
            case "link":
                label, href = "".join(text for child in node.children for _, text in self._pieces(child)), str(node.attrs["href"])
                found = SLOT.fullmatch(href)
                target = self.values[int(found[1])] if found else href
                if isinstance(target, MailLink):
                    yield "link", self.tell_link(label, target)
                else:
                    shown = target.removeprefix("mailto:")
                    yield "link", label if shown == label else f"{label} ({shown})"
            case _:
                for child in node.children:
                    yield from self._pieces(child)

    def _table(self, node: SyntaxTreeNode) -> str:
        cells = _rows(node)
        head, *body = [[self._inline(cell).strip() for cell in row] for row in cells]
        if not any(head):
            return "\n".join(_fact(row[0], ", ".join(filter(None, row[1:]))) for row in body)
        rows = [[cell.split("\n") for cell in row] for row in (head, *body)]
        widths = [max(display_width(line) for row in rows for line in row[column]) for column in range(len(head))]
        if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
            return "\n\n".join("\n".join(_fact(label, cell) for label, cell in zip(head, row, strict=True) if cell) for row in body)
        rights = ["right" in str(cell.attrs.get("style", "")) for cell in cells[0]]
        ruled = (rows[0], [["-" * width] for width in widths], *rows[1:])
        lines = (line for row in ruled for line in zip_longest(*row, fillvalue=""))
        return "\n".join("  ".join(map(pad, line, widths, rights)).rstrip() for line in lines)


def display_width(text: str) -> int:
    """Count the columns of a terminal that a line takes: wide East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    shown = (character for character in text if not unicodedata.combining(character) and unicodedata.category(character) != "Cf")
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in shown)


def pad(text: str, width: int, right: bool = False) -> str:
    """Widen a text with blanks to a number of columns."""
    blanks = " " * max(0, width - display_width(text))
    return blanks + text if right else text + blanks


def _fact(label: str, value: str) -> str:
    if "\n" in value:
        return f"{label}:\n{_indent(value, '    ')}"
    return f"{label}: {value}" if label else value


def _indent(text: str, blanks: str) -> str:
    return "\n".join(blanks + line if line else line for line in text.split("\n"))
