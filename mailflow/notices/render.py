"""A notice from its template: one Markdown file rendered as text and as HTML (OUT1), own files of an admin first (OUT3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

import css_inline
from jinja2 import TemplateSyntaxError
from markupsafe import Markup

from mailflow.notices.filters import FILTERS, FUNCTIONS
from mailflow.notices.markup import NoticeMarkdown
from mailflow.notices.plain_text import PlainText, TextBlock, read_blocks
from mailflow.notices.sandbox import SLOTS, NoticeEnvironment
from mailflow.notices.slots import MailLink, Slots, cut_frame, one_line
from mailflow.notices.template_files import LAST_LANGUAGE, NoticeLoader, TemplateFiles
from mailflow.notices.wording import Wording, WrongWords

OUTPUT_LIMIT = 1_000_000
"""Characters of a notice's text or HTML (case 61)."""
SUBJECT_LIMIT = 200
CONTENT = "\ue002"
"""Where the layouts put the notice."""

_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice ready for `compose_notice`; `language` is the folder that it was found in."""

    subject: str
    text: str
    html: str
    language: str = LAST_LANGUAGE


class TemplateFailed(Exception):
    """A notice that cannot be written: which file, which line (0 where not known) and why, for the admin."""

    def __init__(self, notice: str, language: str, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {notice} ({language}): {reason}")
        self.notice, self.language, self.file, self.line, self.reason = notice, language, file, line, reason


@dataclass(frozen=True, slots=True)
class _Frame:
    """What of a notice is the same for all values: kept, since Markdown and CSS take most of the time."""

    html: tuple[str, ...]
    text: tuple[TextBlock, ...]


class Templates:
    """The notices of a template folder (`templates/email`); overrides are searched before it, in their order, None means none.

    Files and words are read once; make a new object after a change. Safe to share between threads.
    """

    def __init__(self, root: Path, *overrides: Path | None) -> None:
        self._files = TemplateFiles(root, *overrides)
        self._environment = NoticeEnvironment(NoticeLoader(self._files), FILTERS, FUNCTIONS)
        self._markdown = NoticeMarkdown()
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
        self._wording = lru_cache(maxsize=64)(self._load_wording)
        self._frame = lru_cache(maxsize=1024)(self._make_frame)

    def notices(self, language: str) -> tuple[str, ...]:
        """Names of all notices of a language, e.g. `rma/reminder`, sorted."""
        return self._files.notices(language)

    def missing(self, notice: str, languages: Sequence[str]) -> tuple[str, ...]:
        """Those of the languages that have no file of their own for a notice."""
        return tuple(language for language in languages if not self._files.has(notice, language))

    def wording(self, language: str) -> Wording:
        """The words of a language. Raises WrongWords."""
        return self._wording(language)

    def render(self, notice: str, languages: str | Sequence[str], values: Mapping[str, Any]) -> Rendered:
        """The notice in the first of the languages that has it, else in English. Raises TemplateFailed."""
        wanted = (languages,) if isinstance(languages, str) else tuple(languages)
        language = next((one for one in (*wanted, LAST_LANGUAGE) if self._files.has(notice, one)), None)
        if language is None:
            raise TemplateFailed(notice, ", ".join(wanted), f"{notice}.md", 0, "there is no such template")
        try:
            return self._render(notice, language, values)
        except WrongWords as error:
            raise TemplateFailed(notice, language, "words.toml", 0, str(error)) from error
        except Exception as error:  # a template is an admin's code: whatever it raises is told with its line
            file, line = _place_of(error, self._files.place(notice, language))
            reason = error.message if isinstance(error, TemplateSyntaxError) else str(error)
            raise TemplateFailed(notice, language, file, line, f"{type(error).__name__}: {reason}") from error

    def _render(self, notice: str, language: str, values: Mapping[str, Any]) -> Rendered:
        slots = Slots(OUTPUT_LIMIT)
        wording = self._wording(language).in_zone(str(values.get("timezone") or "UTC"))
        context = {**values, "language": language, "wording": wording, SLOTS: slots}
        name = f"{language}/{notice}.md"
        body = self._run(name, context)
        head = self._files.head(name)
        subject = one_line(slots.fill(self._run(f"{name}#subject", context)))
        layout = {
            **context,
            "words_language": wording.locale.language,
            "subject": subject,
            "preheader": Markup(self._run(f"{name}#preheader", context).strip()) if "preheader" in head else "",
            "audience": values.get("audience", head.get("audience", "")),
            "content": Markup(CONTENT),
        }
        shell = self._run("layout.html", {**layout, "style": Markup(self._files.style())})
        frame = self._frame(shell, body)
        content = PlainText(slots, wording_of_links(wording)).write(frame.text)
        text = slots.fill(self._run("layout.txt", layout)).replace(CONTENT, content)
        text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"
        return Rendered(_shortened(subject), _bounded(text), _bounded(slots.fill_pieces(frame.html)), language)

    def _run(self, name: str, context: Mapping[str, Any]) -> str:
        return "".join(_counted(self._environment.get_template(name).generate(context)))

    def _make_frame(self, shell: str, body: str) -> _Frame:
        tokens = self._markdown.parse(body)
        text = read_blocks(self._markdown.tree(tokens))
        html = self._inliner.inline(shell.replace(CONTENT, self._markdown.html(tokens)))
        return _Frame(cut_frame(html), text)

    def _load_wording(self, language: str) -> Wording:
        return Wording.of_language(language, self._files.words(language))


def wording_of_links(wording: Wording) -> Any:
    """How a prepared answer is told in a text mail."""

    def tell(label: str, link: MailLink) -> str:
        shown = link.shown
        name = ("prepared_reply" if link.is_reply else "prepared_mail") + ("_lines" if "\n" in shown else "")
        if "\n" in shown:
            shown = "\n" + "\n".join("    " + line for line in shown.split("\n"))
        return wording.say("layout", name, {"label": label, "address": link.address, "line": shown})

    return tell


def _counted(pieces: Iterator[str]) -> Iterator[str]:
    room = OUTPUT_LIMIT
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            raise ValueError("the notice is too long")
        yield piece


def _bounded(text: str) -> str:
    if len(text) > OUTPUT_LIMIT:
        raise ValueError("the notice is too long")
    return text


def _shortened(subject: str) -> str:
    return subject if len(subject) <= SUBJECT_LIMIT else subject[: SUBJECT_LIMIT - 1].rstrip() + "…"


def _place_of(error: Exception, default: str) -> tuple[str, int]:
    if isinstance(error, TemplateSyntaxError):
        return error.filename or default, error.lineno
    places = [(frame.f_code.co_filename, line) for frame, line in _steps_of(error.__traceback__)]
    return next(((file, line) for file, line in reversed(places) if file.endswith((".md", ".html", ".txt"))), (default, 0))


def _steps_of(trace: TracebackType | None) -> Iterator[Any]:
    return walk_tb(trace)
