"""Rich text as Outlook sends it: compressed (MS-OXRTFCP), often with the HTML it came from inside (MS-OXRTFEX), to plain text.

Fonts, colours and pictures are passed over. Only the first 500,000 bytes are read.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace

from mailflow.message.mime.charset import decode_text, storable
from mailflow.message.mime.html_text import html_to_text

_LONGEST = 500_000
_PRESET = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(
    r"\\(?:'(?P<hex>[0-9A-Fa-f]{2})|(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?|(?P<sign>[^A-Za-z]))|(?P<brace>[{}])"
    r"|(?P<text>[^\\{}\r\n]+)",
    re.S,
)
_SKIPPED = frozenset(
    re.findall(
        r"\S+",
        "fonttbl colortbl stylesheet info pict object header footer themedata colorschememapping latentstyles datastore xmlnstbl generator"
        " listtable listoverridetable rsidtbl mhtmltag",
    )
)
_WRITTEN = {"par": "\n", "line": "\n", "row": "\n", "cell": " | ", "tab": "\t", "emdash": "—", "endash": "–", "bullet": "•"}
_WRITTEN |= {"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”"}
_SIGNS = {"\\": "\\", "{": "{", "}": "}", "~": "\xa0", "_": "-", "\n": "\n", "\r": "\n"}


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds within braces: is it passed over, is it the writer's HTML tag, is it RTF that the HTML does not have?"""

    skipped: bool = False
    in_tag: bool = False
    rtf_only: bool = False
    fallback: int = 1


def uncompress_rtf(data: bytes) -> bytes:
    """Uncompress PR_RTF_COMPRESSED; b'' where it is none. A damaged stream gives what stands before the damage."""
    if len(data) < 16:
        return b""
    raw_size, mark = struct.unpack_from("<4xI4s", data)
    if mark == b"MELA":
        return data[16 : 16 + min(raw_size, _LONGEST)]
    if mark != b"LZFu":
        return b""
    out = bytearray(_PRESET)
    start, at = len(out), 16
    limit = start + min(raw_size, _LONGEST)
    while at < len(data) and len(out) < limit:
        control = data[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                out += data[at : at + 1]
                at += 1
            elif at + 2 > len(data) or not _copy(out, data[at] << 8 | data[at + 1]):
                return bytes(out[start:limit])
            else:
                at += 2
    return bytes(out[start:limit])


def _copy(out: bytearray, reference: int) -> bool:
    """Append what a reference into the last 4,096 bytes names: 12 bits of place, 4 of length. False at the end mark."""
    back = (len(out) - (reference >> 4)) % 4096
    if back == 0 or back > len(out):
        return False
    for _ in range((reference & 15) + 2):
        out.append(out[-back])
    return True


def rtf_to_text(data: bytes) -> str:
    """Return the text of an RTF document; where it carries the HTML that it was made from, the text of that."""
    rtf = data[:_LONGEST].decode("latin-1")
    if not rtf.lstrip().startswith("{\\rtf"):
        return ""
    is_html = "\\fromhtml" in rtf[:2000]
    codepage = re.search(r"\\ansicpg(\d{3,5})", rtf[:2000])
    text = _Writer(f"cp{codepage[1]}" if codepage else "cp1252", is_html=is_html).read(rtf)
    return html_to_text(text) if is_html else re.sub(r"\n{3,}", "\n\n", text).strip()


class _Writer:
    """Walks over the tokens once and writes the text; bytes given as hex pairs are gathered, since a character may be two of them."""

    def __init__(self, charset: str, *, is_html: bool) -> None:
        self.charset, self.is_html = charset, is_html
        self.group = _Group()
        self.stack: list[_Group] = []
        self.out: list[str] = []
        self.pending = bytearray()
        self.to_skip = 0

    def read(self, rtf: str) -> str:
        for token in _TOKEN.finditer(rtf):
            if token["hex"]:
                if self.to_skip:
                    self.to_skip -= 1
                elif self._is_shown():
                    self.pending.append(int(token["hex"], 16))
                continue
            if self.pending:
                self._flush()
            if token["brace"]:
                self.to_skip = 0
                if token["brace"] == "{":
                    self.stack.append(self.group)
                elif self.stack:
                    self.group = self.stack.pop()
            elif token["word"]:
                self._word(token["word"], token["number"])
            elif token["sign"] == "*":
                self.group = replace(self.group, skipped=True)
            elif token["sign"]:
                self._write(_SIGNS.get(token["sign"], ""))
            else:
                text = token["text"]
                self._write(text[self.to_skip :])
                self.to_skip = max(0, self.to_skip - len(text))
        self._flush()
        return storable("".join(self.out))

    def _is_shown(self) -> bool:
        return not self.group.skipped and not (self.is_html and self.group.rtf_only and not self.group.in_tag)

    def _write(self, text: str) -> None:
        if text and self._is_shown():
            self.out.append(text)

    def _flush(self) -> None:
        self._write(decode_text(bytes(self.pending), self.charset)[0])
        self.pending.clear()

    def _word(self, word: str, number: str | None) -> None:
        if word == "htmltag":
            self.group = replace(self.group, in_tag=True, skipped=False)
        elif word == "htmlrtf":
            self.group = replace(self.group, rtf_only=number != "0")
        elif word in _SKIPPED:
            self.group = replace(self.group, skipped=True)
        elif word == "uc":
            self.group = replace(self.group, fallback=min(int(number or 1), 8))
        elif word == "u" and number:
            self._write(chr(int(number) % 65536))
            self.to_skip = self.group.fallback
        elif word in _WRITTEN:
            self._write(_WRITTEN[word])
