"""What of a mail its sender wrote: above what is passed on, before a quotation, between our quoted lines; and what that says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import partial

from mailflow.message.customer.one_line import CustomerLine, read_customer_lines
from mailflow.message.customer.request import extract_request
from mailflow.message.customer.stated import SHIPPING, bare_label, names_any, split_label
from mailflow.message.documents.return_form import read_pdf_form, read_xlsx_form
from mailflow.message.documents.text_form import read_text_form
from mailflow.message.model import Extracted, Mail, ReturnNotification
from mailflow.message.reference import without_forwarding_lines
from mailflow.message.reply import begins_quotation, own_lines, split_reply
from mailflow.message.reply_words import ANSWERED, BEGIN_FORWARDED, FORWARDED, HEADER_FROM, ORIGINAL

MOST_LINES = 4000
"""Lines of a mail in which the beginning of a forwarded one is looked for."""
FORM_READERS = {b"%PDF-": read_pdf_form, b"PK\x03\x04": read_xlsx_form}
"""By the first bytes of a file."""


def before_quotation(mail: Mail, new_text: str) -> str:
    """Cut the new text at the first thing quoted: only what stands before may give orders (contract: Staff commands)."""
    body = [line.rstrip() for line in (mail.text or mail.alternative_text).splitlines() if line.strip()]
    kept: list[str] = []
    at = 0
    for line in new_text.splitlines():
        if line.strip():
            if at >= len(body) or body[at] != line.rstrip():
                break
            at += 1
        kept.append(line)
    return "\n".join(kept)


def above_forwarded(text: str) -> str:
    """Cut the text where a mail that is passed on begins."""
    lines = text.splitlines()
    heads = (line[:500] for line in lines)
    begins = (at for at, head in enumerate(heads) if BEGIN_FORWARDED.match(head) or ORIGINAL.match(head) or HEADER_FROM.match(head))
    return "\n".join(lines[: next(begins, len(lines))])


def find_new_text(body: str, rough: str, letters: Sequence[str], *, is_staff: bool) -> str:
    """Return the new text without unmarked copies of our letters, and with what a customer typed on and between their quoted lines (IN6).

    `rough` is the new text as the marks of mail programs tell it. Orders of staff never stand inside a quotation.
    """
    sent = [letter for letter in letters if repeats(rough, letter)]
    new_text = split_reply(body, sent).new_text if sent else rough
    inside = "" if is_staff or not letters else read_typed(body, letters).inside
    return "\n\n".join(filter(None, (new_text, inside)))


def find_request(
    mail: Mail,
    known_serials: Callable[[str], bool],
    nearly_serials: Callable[[str], bool],
    *,
    sent: Sequence[str] | None = None,
    answers_question: bool = False,
) -> Extracted:
    """Read what the mail says of its request (IN4): the sender's own words, and those of a mail that it passes on.

    `sent` are the texts of the case's letters that it may quote, None for a mail that opens a request. Nothing else that is quoted is
    read: the sender did not write it now (IN6). `answers_question`: answers may stand on and between our quoted lines (IN5).
    `known_serials` and `nearly_serials` as for extract_request.
    """
    extract = partial(extract_request, known_serials=known_serials, nearly_serials=nearly_serials)
    body = mail.text or mail.alternative_text
    letters = sent or ()
    begins = any(BEGIN_FORWARDED.match(line[:500]) for line in body.split("\n")[:MOST_LINES])
    passes_on = (bool(FORWARDED.match(mail.subject)) or begins) and not quotes_ours(body, letters)
    is_reply = bool(ANSWERED.match(mail.subject) or mail.in_reply_to)
    # The subject of a reply in a case is the one that we answered with.
    subject = "" if sent is not None and is_reply else mail.subject
    typed = read_typed(body, letters)
    if answers_question and not passes_on:
        # A direct answer first: behind the signature it would be taken for a part of that.
        return extract(subject, f"{typed.inside}\n\n{typed.words}")
    own = extract(subject, typed.words)
    if not passes_on and (is_reply or sent is not None):
        return own
    whole = extract(subject, without_forwarding_lines(body))
    first, then = (whole, own) if FORWARDED.match(mail.subject) else (own, whole)
    return replace(first, **{one.name: getattr(then, one.name) for one in fields(Extracted) if not getattr(first, one.name)})


def find_return_notifications(mail: Mail, new_text: str, today: date, language: str) -> tuple[ReturnNotification, ...]:
    """Read every filled PDF or XLSX, else the same fields as text (RM4). `today` and `language` tell what "yesterday" is.

    A form in both shapes counts once, and one that travels along unfilled beside a filled one announces nothing.
    """
    read = (reader(one.content) for one in mail.attachments for mark, reader in FORM_READERS.items() if one.content.startswith(mark))
    forms = [form for form in read if form is not None]
    if filled := [form for form in forms if form.carrier or form.tracking] or forms:
        gists = [(form.rma, form.tracking, tuple((line.part_number, line.quantity, line.serial) for line in form.lines)) for form in filled]
        return tuple(form for at, form in enumerate(filled) if gists[at] not in gists[:at])
    typed = read_text_form(new_text, today=today, language=language) if names_any(new_text, SHIPPING) else None
    return (typed,) if typed else ()


def find_customer_lines(text: str, languages: Sequence[str], today: date, prefixes: Sequence[str]) -> tuple[CustomerLine, ...]:
    """Read the one-line answers in the language of those in which most of them can be read (BX6, BX12)."""
    return max((read_customer_lines(text, language, today, prefixes) for language in languages), key=len, default=())


_MOST_LINES, _LONGEST_LINE, _LONGEST_LETTER = 4000, 500, 40_000
_MOST_INSIDE = 20
"""Lines that somebody types between two of ours; more are something else."""
FEWEST_REPEATED = 3
"""Lines of a mail of ours that make an answer a quotation of it."""
_MARKS = re.compile(r"^(?:\s{0,3}(?:>|＞))+\s?")
_LINK = re.compile(r"<[^<>\n]{0,500}>")
_AROUND = " \t*_:：=|–—-"


@dataclass(frozen=True, slots=True)
class Typed:
    """`words` are the sender's own lines, an answer behind the name under which we asked; `inside` is what stands in our quoted text."""

    words: str
    inside: str = ""


def repeats(new_text: str, sent: str) -> bool:
    """Tell whether an answer quotes a mail of ours without marks; one line in common may be the prepared answer that we offered."""
    said = {line.strip() for line in sent.splitlines() if line.strip()}
    return sum(line.strip() in said for line in new_text.splitlines() if line.strip()) >= FEWEST_REPEATED


def read_typed(text: str, sent: Sequence[str] = ()) -> Typed:
    """Read what the sender typed. `sent` are letters that the reply may quote; without them nothing inside a quotation is read."""
    lines, own = own_lines(text)
    lines = [line if is_own else line[:_LONGEST_LINE] for line, is_own in zip(lines, own, strict=True)]
    letters = _Letters(sent, "\n".join(line for line, is_own in zip(lines, own, strict=True) if is_own))
    reader = _Reader(letters)
    for at, (line, is_own) in enumerate(zip(lines, own, strict=True)):
        if is_own:
            reader.take_own(line)
        elif at < _MOST_LINES:
            reader.take_quoted(lines, at)
    return Typed("\n".join(reader.words).strip("\n"), "\n".join(reader.inside))


def quotes_ours(text: str, sent: Sequence[str]) -> bool:
    """Tell whether lines of a letter of ours stand anywhere in a mail."""
    letters = _Letters(sent, "")
    return sum(letters.has(line[:_LONGEST_LINE]) for line in text.split("\n")[:_MOST_LINES]) >= FEWEST_REPEATED


class _Letters:
    """Letters of ours to hold lines against, whatever a mail program did to marks, blanks and line ends."""

    def __init__(self, sent: Sequence[str], own_words: str) -> None:
        texts = [text[:_LONGEST_LETTER] for text in sent]
        self._whole = "\n".join(_normal(text) for text in texts)
        lines = [line for text in texts for line in text.split("\n")]
        copied = [line for text in texts if repeats(own_words, text) for line in text.split("\n")]
        self._copied = frozenset(filter(None, map(_normal, copied)))
        self._questions = {_normal(line): line.strip(_AROUND) for line in lines if bare_label(line)}

    def has(self, line: str) -> bool:
        """Tell whether a quoted line is ours, or a piece of one."""
        pieces = [piece for piece in map(_normal, _LINK.sub(" ", line).split("|")) if piece]
        return bool(pieces) and all(piece in self._whole for piece in pieces)

    def has_copied(self, line: str) -> bool:
        """Tell whether a line without a mark is ours, in a mail that copies a letter of ours without any."""
        return bool(self._copied) and _normal(_LINK.sub(" ", line[:_LONGEST_LINE])) in self._copied

    def completed_copy(self, line: str) -> str:
        """Apply `answer_in` to a line without a mark; return the line itself where it answers nothing."""
        return (self.answer_in(line[:_LONGEST_LINE]) if self._copied else "") or line

    def answer_in(self, line: str) -> str:
        """Return `serial number: X` of our line `- serial number` behind which somebody typed X, else ''."""
        bare = line.lstrip(" >＞" + _AROUND)
        normal = _normal(bare)
        question = max((one for one in self._questions if normal.startswith(one)), key=len, default="")
        rest = _beyond(bare, len(question)) if question else ""
        typed = rest.strip(_AROUND)
        is_word_cut = rest[:1].isascii() and rest[:1].isalnum() and question.isascii()
        return f"{self._questions[question]}: {typed}" if _normal(typed) and not is_word_cut else ""


@dataclass
class _Reader:
    """Goes through the lines once and remembers what we had asked just above."""

    letters: _Letters
    words: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    asked: str = ""
    depth: int = -1
    """Of the last quoted line that is ours, -1 where another quotation has begun since."""
    waiting: list[str] = field(default_factory=list)
    """Quoted lines below one of ours: the sender's if another one of ours follows."""

    def take_own(self, line: str) -> None:
        if self.letters.has_copied(line):
            self.asked = _question(line)
            return
        said = self.letters.completed_copy(line).strip()
        self.words.append(self._under_question(said))
        self.asked = "" if said else self.asked

    def take_quoted(self, lines: list[str], at: int) -> None:
        marks = _MARKS.match(lines[at])
        line = lines[at][marks.end() :] if marks else lines[at]
        depth = marks[0].count(">") + marks[0].count("＞") if marks else 0
        if not _normal(line):
            return
        if self.letters.has(line):
            if self.waiting and depth == self.depth:
                self.inside += self.waiting
            self.waiting, self.depth, self.asked = [], depth, _question(line)
        elif depth in (self.depth, 1) and (answer := self.letters.answer_in(line)):
            self.inside += [*(self.waiting if depth == self.depth else ()), answer]
            self.waiting, self.depth, self.asked = [], depth, ""
        elif depth == self.depth and len(self.waiting) < _MOST_INSIDE and not begins_quotation([line, *lines[at + 1 : at + 16]], 0):
            self.waiting.append(self._under_question(line.strip()))
            self.asked = ""
        else:
            self.waiting, self.depth, self.asked = [], -1, _question(line)

    def _under_question(self, line: str) -> str:
        return f"{self.asked}: {line}" if self.asked and line and not split_label(line) else line


def _question(line: str) -> str:
    """Return the name under which a line asks for something, '' where it asks for nothing."""
    plain = line.lstrip("> \t")
    is_question = bare_label(plain) or ((pair := split_label(plain)) and not pair[1])
    return plain.strip(_AROUND) if is_question else ""


def _beyond(text: str, count: int) -> str:
    """Return the text behind its first `count` letters and digits."""
    for at, char in enumerate(text):
        if count == 0:
            return text[at:]
        count -= len(_normal(char))
    return ""


def _normal(text: str) -> str:
    """Keep letters and digits only."""
    return "".join(filter(str.isalnum, text.lower()))
