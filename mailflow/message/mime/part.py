"""One part of a MIME tree: its header (RFC 2045, RFC 2183, RFC 2231), its bytes and its text (RFC 3676), uuencoded files in it.

A file's name is a display string: invisible characters go first, then it is normalised, then cut (case 64). It is never a path.
"""

from __future__ import annotations

import binascii
import quopri
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote_to_bytes

from mailflow.message.mime.charset import decode_text
from mailflow.message.mime.header import decode_base64, decode_words, one_line, raw_text, unfold

_LONGEST_NAME = 200
_MOST_RUNS = 1000
_MOST_FILES = 200
_PARAMETER = re.compile(r";\s*([\w*!#$%&'+.^`|~-]{1,60})\s*=\s*")
_BEGIN = re.compile(r"begin(?:-base64)? [0-7]{3,4} (\S.{0,200})")
_NAMES = (("Content-Disposition", ("filename", "name")), ("Content-Type", ("name", "filename", "file")))


@dataclass(frozen=True, slots=True)
class Part:
    """`kind` is the media type in lower case, text/plain for anything that is none; `disposition` is '' and `name` None where unsaid."""

    message: Message
    kind: str
    settings: dict[str, str]
    """The parameters of Content-Type."""
    disposition: str
    name: str | None


def read_part(message: Message, hint: str | None) -> Part:
    """Read a part's header; `hint` is the charset to believe for raw bytes in names."""
    headers = {name: header_value(message, name, hint) for name, _ in _NAMES}
    found = {name: parameters(value) for name, value in headers.items()}
    names = (display_name(found[header][key]) for header, keys in _NAMES for key in keys if found[header].get(key))
    disposition = headers["Content-Disposition"].partition(";")[0].strip().strip("\"'").lower()
    return Part(message, message.get_content_type(), found["Content-Type"], disposition, next(filter(None, names), None))


def header_value(message: Message, name: str, hint: str | None = None) -> str:
    """Return the first raw header of that name with its bytes as text, unfolded; '' where there is none."""
    wanted = name.lower()
    value = next((str(value) for key, value in message.raw_items() if key.lower() == wanted), "")
    return (value if value.isascii() and value.isprintable() else unfold(raw_text(value, hint))).strip()


def display_name(value: str) -> str:
    """Make a file name fit to be shown: one line, no invisible or directional characters, no folders, at most 200 characters."""
    text = "".join(char for char in one_line(value) if unicodedata.category(char) not in ("Cf", "Cc"))
    text = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    text = re.split(r"[/\\]", text.strip())[-1].strip() or re.sub(r"[/\\]", "_", text).strip()
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 12] + "…" + text[-11:]


def parameters(value: str) -> dict[str, str]:
    """Read the parameters of a header value, RFC 2231 charsets and continuations resolved, encoded words read."""
    found: dict[str, str] = {}
    at = 0
    while parameter := _PARAMETER.search(value, at):
        at = parameter.end()
        is_quoted = value[at : at + 1] == '"'
        if is_quoted:
            # quotes that never close end with the header
            end = at + 1
            while end < len(value) and value[end] != '"':
                end += 2 if value[end] == "\\" else 1
        else:
            end = value.find(";", at)
            end = len(value) if end < 0 else end
        text = re.sub(r'\\(["\\])', r"\1", value[at + 1 : end]) if is_quoted else value[at:end].strip()
        found.setdefault(parameter[1].lower(), text)
        at = end
    return {base: _joined(found, base) for base in dict.fromkeys(name.partition("*")[0] for name in found) if base}


def _joined(found: dict[str, str], base: str) -> str:
    """Join a parameter's pieces (RFC 2231): `name*=charset'language'text`, `name*0*=…`, `name*0=…`; a plain form beside them is poorer."""
    pieces = [(True, found[f"{base}*"])] if found.get(f"{base}*") else []
    while not found.get(f"{base}*"):
        number = len(pieces)
        coded = found.get(f"{base}*{number}*")
        piece = coded if coded is not None else found.get(f"{base}*{number}")
        if piece is None:
            break
        pieces.append((coded is not None, piece))
    if not pieces or not pieces[0][0]:
        return decode_words("".join(text for _, text in pieces) if pieces else found.get(base, ""))
    charset, _, text = pieces[0][1].split("'", 2) if pieces[0][1].count("'") >= 2 else ("", "", pieces[0][1])
    rest = [unquote_to_bytes(piece) if coded else piece.encode("utf-8") for coded, piece in pieces[1:]]
    return decode_text(b"".join([unquote_to_bytes(text), *rest]), charset or None)[0]


def children_of(message: Message) -> list[Message]:
    """Return the parts of a multipart, the message within a message/rfc822, the blocks of a delivery report."""
    inside = message.get_payload() if message.is_multipart() else []
    return [child for child in inside if isinstance(child, Message)] if isinstance(inside, list) else []


def payload(message: Message) -> bytes:
    """Return the bytes of a leaf, transfer encoding undone; damaged base64 and quoted-printable are read as far as they go."""
    # get_payload() would already decode 8-bit text by the part's own label and lose bytes on the way
    held = vars(message).get("_payload")
    raw = held
    if isinstance(held, str):
        try:
            # the email package keeps every byte as a surrogate escape, unless there is real text in the way
            raw = held.encode("ascii", "surrogateescape")
        except UnicodeEncodeError:
            raw = held.encode("utf-8", "replace")
    if not isinstance(raw, bytes):
        return b""
    encoding = re.split(r"[\s;(]", header_value(message, "Content-Transfer-Encoding").strip("\"' ").lower(), maxsplit=1)[0]
    if encoding == "base64":
        return _base64(raw)
    if encoding in ("quoted-printable", "quopri"):
        return quopri.decodestring(raw)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        files = split_uuencoded(raw.decode("latin-1")).files
        return files[0][1] if files else raw
    return raw


def message_bytes(message: Message) -> bytes:
    """Return an attached message as bytes; one that was itself transfer-encoded (RFC 2046 forbids it, some do) is decoded."""
    inner = children_of(message)
    if not inner:
        return payload(message)
    content = b"\n".join([b"".join([piece.encode("utf-8", "surrogateescape") for piece in _written(child)]) for child in inner])
    return _base64(content.lstrip()) if header_value(message, "Content-Transfer-Encoding").lower() == "base64" else content


def _written(message: Message) -> Iterator[str]:
    """Write a part as it stood in the mail, in pieces. The email package's generator would fold and encode headers anew."""
    yield from (f"{key}: {value}\n" for key, value in message.raw_items())
    inside = vars(message).get("_payload")
    if not isinstance(inside, list):
        yield from ("\n", inside if isinstance(inside, str) else "")
        return
    is_multipart = message.get_content_maintype() == "multipart"
    mark = f"--{parameters(header_value(message, 'Content-Type')).get('boundary', '')}" if is_multipart else ""
    yield from ("\n", message.preamble or "") if is_multipart else ()
    for child in children_of(message):
        yield f"{mark}\n"
        yield from _written(child)
        yield "\n"
    yield from (f"{mark}--\n", message.epilogue or "") if is_multipart else ()


def _base64(data: bytes) -> bytes:
    """Decode base64, damaged too: what was padded in the middle (two encoders joined) is read run by run."""
    try:
        if b"=" not in data.rstrip(b"=\r\n \t"):
            return binascii.a2b_base64(data, strict_mode=False)
    except binascii.Error:
        return decode_base64(data.decode("latin-1"))
    *runs, rest = re.split(rb"=+", data, maxsplit=_MOST_RUNS)
    return b"".join(decode_base64(run.decode("latin-1")) for run in (*runs, rest.translate(None, b"=\r\n")))


def part_text(part: Part) -> tuple[str, str]:
    """Decode a part's text: (text with plain line ends, what was wrong with its charset or ''); format=flowed is joined."""
    text, flaw = decode_text(payload(part.message), part.settings.get("charset"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.settings.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=part.settings.get("delsp", "").lower() == "yes")
    return text, flaw


def unflow(text: str, *, delsp: bool) -> str:
    """Undo the soft line breaks of a text. Quote depth is kept; a signature separator is never joined."""
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


@dataclass(frozen=True, slots=True)
class Uuencoded:
    """A text with uuencoded files, as mails older than MIME and some scanners have them, taken apart.

    `text` is without the encoded lines, `files` are (name, content), `encoded` the lines taken out.
    """

    text: str
    files: tuple[tuple[str, bytes], ...] = ()
    encoded: str = ""


def split_uuencoded(text: str) -> Uuencoded:
    """Find the uuencoded files of a text. What has no `end`, or a damaged line, stays text; so does all that follows 200 of them."""
    if "begin" not in text or "\nend" not in text:
        return Uuencoded(text)
    lines = text.split("\n")
    kept: list[str] = []
    encoded: list[str] = []
    files: list[tuple[str, bytes]] = []
    at = tries = 0
    while at < len(lines):
        begin = _BEGIN.fullmatch(lines[at].rstrip("\r ")) if tries < _MOST_FILES and lines[at].startswith("begin") else None
        tries += begin is not None
        found = _content(lines, at + 1) if begin else None
        if begin and found:
            files.append((begin[1].strip(), found[0]))
            encoded += lines[at : found[1]]
            at = found[1]
        else:
            kept.append(lines[at])
            at += 1
    return Uuencoded("\n".join(kept), tuple(files), "\n".join(encoded))


def _content(lines: list[str], start: int) -> tuple[bytes, int] | None:
    """Decode the lines up to `end`: (the bytes, the index of the line behind it); None where a line is damaged."""
    content = bytearray()
    for at in range(start, len(lines)):
        line = lines[at].rstrip("\r")
        if line.rstrip() == "end":
            return bytes(content), at + 1
        if line.strip() in ("", "`"):
            continue
        if len(line) > 100 or not line.isascii() or (line.startswith("begin") and _BEGIN.fullmatch(line)):
            return None
        try:
            content += binascii.a2b_uu(line)
        except (binascii.Error, ValueError):
            return None
    return None
