"""Bytes to text that can always be stored, whatever the label says.

Only the text charsets of the table below are ever used: a label cannot reach Python's other codecs (`zlib_codec`,
`unicode_escape`), and an unknown label is read by its content instead.
"""

from __future__ import annotations

import base64
import re

_ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-646-us": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "x-roman8": "hp_roman8",
    "windows-1252": "cp1252",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-cyrillic": "mac_cyrillic",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "iso-8859-6-i": "iso8859_6",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "gb18030": "gb18030",
    "gb_2312-80": "gb18030",
    "euc-cn": "gb18030",
    "chinese": "gb18030",
    "csgb2312": "gb18030",
    "hz-gb-2312": "hz",
    "hz": "hz",
    "big5": "cp950",
    "big-5": "cp950",
    "big5-hkscs": "big5hkscs",
    "cn-big5": "cp950",
    "x-x-big5": "cp950",
    "euc-tw": "cp950",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc_5601": "cp949",
    "euc-kr": "cp949",
    "euc_kr": "cp949",
    "korean": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "uhc": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "cp932": "cp932",
    "euc-jp": "euc_jp",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_2",
    "iso-2022-jp-1": "iso2022_jp_2",
    "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_2004",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "iso-2022-kr": "iso2022_kr",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-7": "utf-7",
    "utf7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-32": "utf-32",
    "koi8-r": "koi8_r",
    "koi8r": "koi8_r",
    "koi8-u": "koi8_u",
    "koi8-ru": "koi8_u",
    "ptcp154": "ptcp154",
    "viscii": "cp1258",
}
_ALIASES |= {f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
_ALIASES |= {f"{word}{n}": f"cp{n}" for n in range(1250, 1259) for word in ("windows-", "cp", "cp-", "win-", "x-cp", "win")}
_ALIASES |= {
    f"{word}{n}": f"cp{n}" for n in (437, 775, 850, 852, 855, 858, 861, 862, 863, 865, 866) for word in ("cp", "cp-", "ibm", "ibm-")
}
_DOUBLE_BYTE = {"gb18030", "cp950", "big5hkscs", "cp949", "cp932", "euc_jp"}
_STATEFUL = {"iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_ext", "iso2022_kr", "hz", "utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32"}
_SHIFT = re.compile(r"\+([A-Za-z0-9+/]*)-?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ISO2022_RUN = re.compile(rb"\x1b\$[@B]([^\x1b]*)(?:\x1b\([BJ])?")
_LONG_UTF8 = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2,3}")


def codec_of(label: str | None) -> str | None:
    """The codec for a charset label, None for an unknown or missing one."""
    name = (label or "").strip().strip("\"'").lower()
    return _ALIASES.get(name) or _ALIASES.get(name.replace("_", "-")) or _ALIASES.get(name.replace(" ", ""))


def storable(text: str) -> str:
    """The text without NUL and without lone surrogates, so that any database and any encoder takes it."""
    return _UNSTORABLE.sub(lambda found: "" if found[0] == "\x00" else "�", text) if _UNSTORABLE.search(text) else text


def decode_text(raw: bytes, label: str | None = None, hint: str | None = None) -> tuple[str, str]:
    """The text of some bytes, and in words what was wrong with their label ('' when nothing was).

    `hint` is the charset that another part of the same mail names; it is used only where the label is of no use.
    """
    codec = codec_of(label)
    flaw = f"unknown charset {label[:40]!r}" if label and codec is None else ""
    if raw.isascii():
        return _decode_ascii(raw, codec), flaw
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
    if b"\x1b$" in raw and codec not in ("iso2022_kr",):
        return storable(_tolerant(raw, codec if codec and codec.startswith("iso2022") else "iso2022_jp_2"))
    if codec == "utf-7":
        return storable(_decode_utf7(raw.decode("ascii")))
    if codec in ("hz", "iso2022_kr") or (codec in _STATEFUL and b"\x00" in raw):
        return storable(_tolerant(raw, codec))
    return storable(raw.decode("ascii"))


def _tolerant(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return (
            _ISO2022_RUN.sub(_from_jis, raw).decode("utf-8", "replace") if codec.startswith("iso2022_jp") else raw.decode(codec, "replace")
        )


def _from_jis(found: re.Match[bytes]) -> bytes:
    """A double-byte run of ISO-2022-JP by its larger table, with the vendors' circled digits and the like."""
    raised = bytes(byte | 0x80 for byte in found[1] if byte > 0x20)
    return raised.decode("euc_jis_2004", "replace").encode("utf-8")


def _guesses(raw: bytes, codec: str | None, hint: str | None) -> list[str]:
    """Charsets in the order in which they are believed. Valid UTF-8 is hardly ever anything else."""
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
    """A guess from the bytes alone: double-byte Chinese and single-byte Cyrillic have an unmistakable look, the rest has not."""
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


def _decode_utf7(text: str) -> str:
    """RFC 2152, except that a shift never hides letters, digits, angle brackets or controls: such a run stays as it was written."""

    def shifted(found: re.Match[str]) -> str:
        code = found[1]
        if not code:
            return "+" if found[0] == "+-" else found[0]
        try:
            chars = base64.b64decode(code + "=" * (-len(code) % 4))
            plain = chars[: len(chars) // 2 * 2].decode("utf-16-be")
        except ValueError:
            return found[0]
        return found[0] if re.search(r"[A-Za-z0-9<>\x00-\x1f]", plain) else plain

    return _SHIFT.sub(shifted, text)
