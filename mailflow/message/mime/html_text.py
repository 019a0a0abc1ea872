"""HTML to text that keeps what matters for reading a request: table cells apart, lines apart, quotations marked with `> `.

Nothing is fetched, nothing is rendered; hidden text and styles are left out.
"""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailflow.message.customer.stated import field_of

_LONGEST = 500_000
_LONGEST_STYLE = 2000
_MANY_TAGS, _DEEPEST = 4000, 400
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_VOID = frozenset(
    re.findall(r"\w+", "br hr img meta link input col area base embed source track wbr p li td tr th tbody thead tfoot option dt dd font")
)
_DROPPED = "script,style,head,title,template,noscript,object,svg,[hidden]"
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden|(?<![\w-])opacity\s*:\s*0(?:\.0{1,5})?\s*(?:;|!|$)"
    r"|(?<![\w-])(?:left|right|top|text-indent|margin-left|margin-top)\s*:\s*-\d{4,9}",
    re.I,
)
_NO_HEIGHT = re.compile(r"(?<![\w-])(?:max-)?height\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)", re.I)
_CUT_OFF = re.compile(r"(?<![\w-])overflow\s*:\s*hidden", re.I)
_FONT_SIZE = re.compile(r"(?<![\w-])font-size\s*:\s*(0(?:\.0{1,5})?(?:px|pt|em|rem|%)?\s*(?:;|!|$))?", re.I)
_SPACED = "p,h1,h2,h3,h4,h5,h6,table,ul,ol,blockquote"
_LINES = _SPACED + ",div,tr,li,dl,dt,dd,pre,address,article,section,header,footer,form,fieldset,center,caption,hr"
_BREAK, _GAP, _CELL, _QUOTE, _UNQUOTE = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
_HIDE, _UNHIDE = "\ue005", "\ue006"
_ROW, _ROW_END, _TABLE, _TABLE_END = "\ue007", "\ue008", "\ue009", "\ue00a"
_MARKS = re.compile("[\ue000-\ue00a]")
_INNER_TABLE = re.compile(f"{_TABLE}([^{_TABLE}{_TABLE_END}]*){_TABLE_END}")
_INNER_ROW = re.compile(f"{_ROW}([^{_ROW}{_ROW_END}]*){_ROW_END}")
_TABLE_MARKS = re.compile(f"[{_ROW}{_ROW_END}{_TABLE}{_TABLE_END}]")
_MARKS_OF_OTHERS = re.compile(f"[{_QUOTE}{_UNQUOTE}{_HIDE}{_UNHIDE}]")
_MOST_CELL_LINES = 60
_LINE_MARKS = re.compile(f"[{_BREAK}{_GAP}]")


def html_to_text(html: str) -> str:
    """Return the text of an HTML body; only the first 500,000 characters are read."""
    html = _MARKS.sub("", html[:_LONGEST])
    if html.count("<") > _MANY_TAGS and _is_deep(html):
        html = re.sub(r"<(?:br|/?p|/?div|/tr|/?li)\b[^<>]{0,500}>", "\n", html, flags=re.I)
        text = re.sub(r"[ \t]+", " ", re.sub(r"<[^<>]{0,2000}>", " ", html))
        return "\n".join(filter(None, (unescape(line).strip() for line in text.split("\n"))))
    body = LexborHTMLParser(_keep_preformatted(html)).body
    if body is None:
        return ""
    hidden = body.css(_DROPPED) + _unseen(body)
    for node in hidden:
        node.insert_before(_HIDE)
        node.insert_after(_UNHIDE)
    for node in body.css("br"):
        node.insert_before(_BREAK)
    for node in body.css("td,th"):
        node.insert_after(_CELL)
    for tag, start, end in (("tr", _ROW, _ROW_END), ("table", _TABLE, _TABLE_END)):
        for node in body.css(tag):
            node.insert_before(start)
            node.insert_after(end)
    for node in body.css("blockquote"):
        node.insert_before(_QUOTE)
        node.insert_after(_UNQUOTE)
    spaced = {node.mem_id for node in body.css(_SPACED)}
    for node in body.css(_LINES):
        mark = _GAP if node.mem_id in spaced else _BREAK
        node.insert_before(mark)
        node.insert_after(mark)
    text = _INNER_TABLE.sub(_read_inner_table, re.sub(r"[ \t\r\n\f]+", " ", body.text(deep=True)))
    return _lines(_TABLE_MARKS.sub("", text))


def _read_inner_table(table: re.Match[str]) -> str:
    """Put each row of a table that states facts on a line of its own, whatever paragraphs its cells hold; layout stays as it is."""
    rows = _INNER_ROW.findall(table[1])
    has_heading = bool(rows) and sum(bool(field_of(_LINE_MARKS.sub(" ", cell).strip(" \xa0"))) for cell in rows[0].split(_CELL)) >= 2
    return _INNER_ROW.sub(lambda row: _row_as_line(row[1], has_heading=has_heading), table[1])


def _row_as_line(row: str, *, has_heading: bool) -> str:
    """Join a row of one-line cells, or one whose first cell or heading names what stands in it."""
    cells = [[line for line in _LINE_MARKS.split(cell) if line.strip(" \xa0")] for cell in row.split(_CELL)[:-1]]
    filled = [cell for cell in cells if cell]
    if len(filled) < 2 or _MARKS_OF_OTHERS.search(row) or sum(map(len, filled)) > _MOST_CELL_LINES:
        return row
    if has_heading or all(len(cell) == 1 for cell in filled) or (len(filled) == 2 and len(filled[0]) == 1 and field_of(filled[0][0])):
        return _BREAK + "".join(f"{' '.join(cell)}{_CELL}" for cell in cells) + _BREAK
    return row


def _unseen(body: LexborNode) -> list[LexborNode]:
    """Find what its own style hides: what nobody saw nobody wrote. Colours tell nothing: dark screens turn them round."""
    styles = [(node, (node.attributes.get("style") or "")[:_LONGEST_STYLE]) for node in body.css("[style]")]
    sizes = [(node, size) for node, style in styles if (size := _FONT_SIZE.search(style))]
    # layouts set the size 0 around blocks that have a size of their own
    around: set[int] = set()
    for node in (node for node, size in sizes if not size[1]):
        above = node.parent
        while above is not None and above.mem_id not in around:
            around.add(above.mem_id)
            above = above.parent
    tiny = {node.mem_id for node, size in sizes if size[1]} - around
    hidden = {node.mem_id for node, style in styles if _HIDDEN.search(style) or (_NO_HEIGHT.search(style) and _CUT_OFF.search(style))}
    unseen = tiny | hidden
    return [node for node, _ in styles if node.mem_id in unseen]


def _is_deep(html: str) -> bool:
    """Tell nesting beyond any mail's, which makes the parser quadratic."""
    depth = 0
    for found in _TAG.finditer(html):
        if found[2].lower() not in _VOID:
            depth = max(0, depth - 1) if found[1] else depth + 1
            if depth > _DEEPEST:
                return True
    return False


def _keep_preformatted(html: str) -> str:
    """Make the line ends within <pre> marks, since all other white space is squeezed."""
    lower = html.lower()
    if "<pre" not in lower:
        return html
    pieces, at = [], 0
    while (start := lower.find("<pre", at)) >= 0 and (end := lower.find("</pre", start)) >= 0:
        pieces += [html[at:start], html[start:end].replace("\r\n", "\n").replace("\n", _BREAK)]
        at = end
    return "".join([*pieces, html[at:]])


def _lines(text: str) -> str:
    """Turn marks to line ends, at most one empty line between two, each line of a quotation with its `> `."""
    out: list[str] = []
    depth, hidden, gap = 0, 0, False
    for piece in re.split("([\ue000\ue001\ue003-\ue006])", text):
        if piece == _QUOTE:
            depth += 1
        elif piece == _UNQUOTE:
            depth = max(0, depth - 1)
        elif piece in (_HIDE, _UNHIDE):
            hidden += 1 if piece == _HIDE else -1
        elif piece == _GAP:
            gap = True
        elif piece != _BREAK:
            line = " | ".join(part.strip(" \xa0") for part in piece.split(_CELL)).strip(" |") if _CELL in piece else piece
            line = line.strip(" \xa0")
            if not line or hidden > 0:
                continue
            if gap and out:
                out.append(">" * min(depth, 9))
            gap = False
            out.append(">" * min(depth, 9) + " " + line if depth else line)
    return "\n".join(out)
