"""format=flowed and delsp of RFC 3676: paragraphs that a mail client broke for the wire are joined again."""

from __future__ import annotations

import re


def unflow(text: str, *, delsp: bool) -> str:
    """The text with its soft line breaks undone. Quote depth is kept; a signature separator is never joined."""
    if " \n" not in text and " \r\n" not in text and ">" not in text:
        return re.sub(r"^ | +$", "", text, flags=re.M)
    out: list[str] = []
    paragraph: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ") if body.startswith(" ") else body
        soft = body.endswith(" ") and body != "-- "
        if soft and delsp:
            body = body[:-1]
        if open_depth == depth and body != "-- ":
            paragraph.append(body)
        else:
            out += ["".join(paragraph)] if paragraph else []
            paragraph = [f"{'>' * depth} {body}" if depth else body]
        open_depth = depth if soft else None
    out.append("".join(paragraph))
    return "\n".join([line if line.endswith("-- ") else line.rstrip() for line in out])
