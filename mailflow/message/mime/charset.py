"""Bytes to text that can always be stored, whatever the label says.

Only the text charsets of the table below are ever used: a label cannot reach Python's other codecs (`zlib_codec`,
`unicode_escape`), and an unknown label is read by its content instead.
"""

from __future__ import annotations

import base64
import re

import webencodings

_LABELS = {
    "ansi": "cp1252",
    "iso-646-us": "cp1252",
    "8859-1": "cp1252",
    "latin-1": "cp1252",
    "x-roman8": "hp_roman8",
    "x-mac-ce": "mac_latin2",
    "euc-cn": "gb18030",
    "cp936": "gb18030",
    "hz": "hz",
    "hz-gb-2312": "hz",
    "big-5": "cp950",
    "big5-hkscs": "big5hkscs",
    "euc-tw": "cp950",
    "ks-c-5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "uhc": "cp949",
    "iso-2022-jp-1": "iso2022_jp_2",
    "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_2004",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "iso-2022-kr": "iso2022_kr",
    "csiso2022kr": "iso2022_kr",
    "utf-7": "utf-7",
    "utf7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "cp65001": "utf-8",
    "utf-16": "utf-16",
    "utf-32": "utf-32",
    "koi8r": "koi8_r",
    "ptcp154": "ptcp154",
    "viscii": "cp1258",
}
"""Labels of mails that the Encoding standard of browsers does not know, or reads otherwise."""
_WIDER = {"gbk": "gb18030", "big5": "cp950", "iso-2022-jp": "iso2022_jp_2"}
"""Its encodings for which Python has a codec that reads more of what is sent under their names."""
_NO_TEXT = ("replacement", "x-user-defined")
_PAGE = re.compile(r"(?:x-)?(?:windows|win|cp|ibm)-?(\d{3,4})")
_PAGES = frozenset(map(str, (437, 775, 850, 852, 855, 858, 861, 862, 863, 865, 866, 932, 949, 950, *range(1250, 1259))))
_DOUBLE_BYTE = {"gb18030", "cp950", "big5hkscs", "cp949", "cp932", "euc_jp"}
_STATEFUL = {"iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_ext", "iso2022_kr", "hz", "utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32"}
_SHIFT = re.compile(r"\+([A-Za-z0-9+/]*)-?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ISO2022_RUN = re.compile(rb"\x1b\$[@B]([^\x1b]*)(?:\x1b\([BJ])?")
_LONG_UTF8 = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2,3}")


def codec_of(label: str | None) -> str | None:
    """Find the codec for a charset label, None for an unknown or missing one."""
    name = (label or "").strip().strip("\"'").lower()
    for form in (name, name.replace("_", "-"), name.replace(" ", "")):
        if form in _LABELS:
            return _LABELS[form]
        if (known := webencodings.lookup(form)) and known.name not in _NO_TEXT:
            return _WIDER.get(known.name, known.codec_info.name)
    page = _PAGE.fullmatch(name.replace("_", "-"))
    return f"cp{page[1]}" if page and page[1] in _PAGES else None


def storable(text: str) -> str:
    """Take NUL and lone surrogates out of a text, so that any database and any encoder takes it."""
    return _UNSTORABLE.sub(lambda found: "" if found[0] == "\x00" else "�", text) if _UNSTORABLE.search(text) else text


def decode_text(raw: bytes, label: str | None = None, hint: str | None = None) -> tuple[str, str]:
    """Decode bytes; return the text, and in words what was wrong with their label ('' when nothing was).

    `hint` is the charset that another part of the same mail names; it is used only where the label is of no use.
    """
    codec = codec_of(label)
    flaw = f"unknown charset {label[:40]!r}" if label and codec is None else ""
    if raw.isascii():
        return storable(_decode_ascii(raw, codec)), flaw
    if codec is not None and codec.startswith("utf-16") and len(raw) % 2:
        raw, flaw = raw[:-1], flaw or "half a character at the end"
    for guess in _guesses(raw, codec, codec_of(hint)):
        try:
            return storable(raw.decode(guess)), flaw or ("" if guess == (codec or guess) else f"charset was {guess}, not {label}")
        except (UnicodeDecodeError, LookupError):
            continue
    return storable(
        raw.decode(codec if codec and codec not in _STATEFUL else "cp1252", "replace")
    ), flaw or f"bytes outside charset {label or ''}".strip()


def _decode_ascii(raw: bytes, codec: str | None) -> str:
    """Decode seven-bit text, in which escapes may stand for other characters (ISO-2022, HZ, UTF-7)."""
    if b"\x1b$" in raw and codec != "iso2022_kr":
        codec = codec if codec and codec.startswith("iso2022") else "iso2022_jp_2"
    elif codec == "utf-7":
        return _SHIFT.sub(_shifted, raw.decode("ascii"))
    elif codec is None or (codec not in ("hz", "iso2022_kr") and (codec not in _STATEFUL or b"\x00" not in raw)):
        return raw.decode("ascii")
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        if not codec.startswith("iso2022_jp"):
            return raw.decode(codec, "replace")
        return _ISO2022_RUN.sub(_from_jis, raw).decode("utf-8", "replace")


def _from_jis(found: re.Match[bytes]) -> bytes:
    """Decode a double-byte run of ISO-2022-JP by its larger table, with the vendors' circled digits and the like."""
    raised = bytes(byte | 0x80 for byte in found[1] if byte > 0x20)
    return raised.decode("euc_jis_2004", "replace").encode("utf-8")


def _shifted(found: re.Match[str]) -> str:
    """Decode a run of UTF-7 (RFC 2152), unless it hides letters, digits, angle brackets or controls: then it stays as written."""
    code = found[1]
    if not code:
        return "+" if found[0] == "+-" else found[0]
    try:
        chars = base64.b64decode(code + "=" * (-len(code) % 4))
        plain = chars[: len(chars) // 2 * 2].decode("utf-16-be")
    except ValueError:
        return found[0]
    return found[0] if re.search(r"[A-Za-z0-9<>\x00-\x1f]", plain) else plain


def _guesses(raw: bytes, codec: str | None, hint: str | None) -> list[str]:
    """Order the charsets by how far they are believed. Valid UTF-8 is hardly ever anything else."""
    if codec is not None and codec in _STATEFUL and codec != "utf-7":
        return [codec, "utf-8", *(("cp932", "euc_jp") if codec.startswith("iso2022_jp") else ())]
    order = ["utf-8"]
    if codec in _DOUBLE_BYTE and len(_LONG_UTF8.findall(raw[:4000])) < 4:
        order.insert(0, codec or "")
    order += [name for name in (codec, hint) if name and name not in order and name not in _STATEFUL]
    if codec in (None, "utf-8", "cp1252", "utf-7"):
        seen = _look(raw)
        if seen and (hint is None or (hint == "cp1252" and seen == "gb18030")) and (codec != "cp1252" or seen == "gb18030"):
            order.insert(1, seen)
        order += ["cp932", "cp1252"] if (hint or "").startswith("iso2022_jp") else ["cp1252"]
    return order


def _look(raw: bytes) -> str | None:
    """Guess from the bytes alone: double-byte Chinese and single-byte Cyrillic have an unmistakable look, the rest has not."""
    sample = raw[:4000]
    high = [byte for byte in sample if byte > 127]
    letters = sum(1 for byte in sample if 65 <= byte <= 90 or 97 <= byte <= 122)
    if len(high) >= 6 and len(high) > letters and all(byte >= 0xC0 or byte in b"\xa3\xb3\xa8\xb8\xa0" for byte in high):
        return "koi8_r" if sum(1 for b in high if 0xC0 <= b <= 0xDF) > sum(1 for b in high if b >= 0xE0) else "cp1251"
    pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", sample)
    common = sum(1 for pair in pairs if 0xA1 <= pair[0] <= 0xD7 and pair[1] >= 0xA1)
    alone = re.search(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", sample)
    if len(pairs) >= 2 and common >= 0.8 * len(pairs) and 2 * common >= 0.8 * len(high) and not alone:
        return "gb18030"
    return None
