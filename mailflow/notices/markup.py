"""Markdown of a notice as HTML that mail clients show alike: tables, no scripts, buttons as padded cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import OptionsDict

from mailflow.notices.slots import SLOT

BUTTONS = "buttons"
"""Our block token for a paragraph that is nothing but links."""

WIDEST_PLAIN_TABLE = 2
"""Columns that fit a phone; a wider table is stacked there, each cell under its own label."""


class NoticeMarkdown:
    """CommonMark with tables, without raw HTML; links go to mail, https or a slot only."""

    def __init__(self) -> None:
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        self._markdown.disable(["autolink", "image", "entity", "html_block", "html_inline"])
        # the library's documented way to say which links it takes
        self._markdown.validateLink = _is_allowed_link  # type: ignore[method-assign]  # as documented
        self._markdown.normalizeLink = _as_it_is  # type: ignore[method-assign]  # as documented
        for name, rule in (("table_open", _open_table), ("td_open", _open_cell), (BUTTONS, _write_buttons)):
            self._markdown.add_render_rule(name, rule)

    def parse(self, source: str) -> list[Token]:
        return self._markdown.parse(source)

    def tree(self, tokens: Sequence[Token]) -> SyntaxTreeNode:
        """The tokens as a tree, for the text part."""
        return SyntaxTreeNode(tokens)

    def html(self, tokens: Sequence[Token]) -> str:
        """The tokens as HTML with the slots still in it. Changes the tokens: take `tree` first."""
        prepared = _with_buttons(list(tokens))
        self._prepare_tables(prepared)
        return str(self._markdown.renderer.render(prepared, self._markdown.options, {}))

    def _prepare_tables(self, tokens: list[Token]) -> None:
        start = 0
        for position, token in enumerate(tokens):
            if token.type == "table_open":
                start = position
            elif token.type == "table_close":
                self._prepare_table(tokens, start, position)

    def _prepare_table(self, tokens: list[Token], start: int, end: int) -> None:
        heads = [tokens[at + 1] for at in range(start, end) if tokens[at].type == "th_open"]
        labels = [self._inline_html(head) for head in heads]
        if not any(labels):
            tokens[start].attrSet("class", "facts")
            _hide(tokens, start, end, "thead_open", "thead_close")
            kinds = ["fact-label"] + ["fact-value"] * (len(labels) - 1)
        else:
            wide = len(labels) > WIDEST_PLAIN_TABLE
            tokens[start].attrSet("class", "grid stacked" if wide else "grid")
            kinds = ["cell"] * len(labels)
            labels = labels if wide else []
        _mark_cells(tokens[start:end], kinds, labels)

    def _inline_html(self, token: Token) -> str:
        return str(self._markdown.renderer.render([token], self._markdown.options, {}))


def _is_allowed_link(url: str) -> bool:
    return bool(SLOT.fullmatch(url)) or url.startswith(("https://", "mailto:"))


def _as_it_is(url: str) -> str:
    return url


def _hide(tokens: list[Token], start: int, end: int, opening: str, closing: str) -> None:
    kinds = [token.type for token in tokens[start:end]]
    first, last = start + kinds.index(opening), start + kinds.index(closing)
    for token in tokens[first : last + 1]:
        token.type, token.tag, token.nesting, token.children, token.content = "text", "", 0, None, ""


def _mark_cells(tokens: list[Token], kinds: Sequence[str], labels: Sequence[str]) -> None:
    column = 0
    for token in tokens:
        if token.type == "tr_open":
            column = 0
        elif token.type == "td_open":
            token.attrSet("class", kinds[column] if column < len(kinds) else "cell")
            token.meta["label"] = labels[column] if column < len(labels) else ""
            column += 1


def _with_buttons(tokens: list[Token]) -> list[Token]:
    """Paragraphs of nothing but links become one buttons token each."""
    made: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        inline = tokens[position + 1] if token.type == "paragraph_open" else None
        if inline is not None and token.level == 0 and _is_all_links(inline.children or []):
            made.append(Token(BUTTONS, "", 0, children=inline.children, block=True))
            position += 3
        else:
            made.append(token)
            position += 1
    return made


def _is_all_links(children: Sequence[Token]) -> bool:
    depth, links = 0, 0
    for token in children:
        if token.type == "link_open":
            depth, links = depth + 1, links + 1
        elif token.type == "link_close":
            depth -= 1
        elif not depth and (token.type != "softbreak" and token.content.strip()):
            return False
    return links > 0


def _open_table(renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Any) -> str:
    attributes = renderer.renderAttrs(tokens[index])
    return f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"{attributes}>\n'


def _open_cell(renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Any) -> str:
    label = tokens[index].meta.get("label", "")
    # the blank keeps label and value two words for readers and spam filters that look at the bare text
    shown = f'<span class="cell-label">{label}</span> ' if label else ""
    return f'<td valign="top"{renderer.renderAttrs(tokens[index])}>{shown}'


def _write_buttons(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    cells: list[str] = []
    label: list[Token] = []
    for token in tokens[index].children or []:
        if token.type == "link_open":
            href, label = str(token.attrGet("href")), []
        elif token.type == "link_close":
            text = renderer.renderInline(label, options, env)
            cells.append(f'<td class="button" bgcolor="#1d4f91"><a href="{href}" class="button-link">{text}</a></td>')
        else:
            label.append(token)
    gap = '<td class="button-gap" width="8"> </td>'
    return f'<table role="presentation" cellpadding="0" cellspacing="0" border="0" class="buttons"><tr>{gap.join(cells)}</tr></table>\n'
