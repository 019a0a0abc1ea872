"""A notice from its template: one Markdown file rendered as text and as HTML (OUT1), own files of an admin first (OUT3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb

import css_inline
from jinja2 import TemplateSyntaxError
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup

from mailflow.notices.environment import OUTPUT_LIMIT, SLOT, SLOTS, NoticeEnvironment, Slots, TooMuchOutput, one_line
from mailflow.notices.markdown import PlainText, fill_html, fill_text, read_markdown, write_html
from mailflow.notices.template_files import LAST_LANGUAGE, NoticeLoader, TemplateFiles
from mailflow.notices.wording import FILTERS, Wording, WrongWords

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


class Templates:
    """The notices of a template folder (`templates/email`); overrides are searched before it, in their order, None means none.

    Files and words are read once; make a new object after a change. Safe to share between threads.
    """

    def __init__(self, root: Path, *overrides: Path | None) -> None:
        self._files = TemplateFiles(root, *overrides)
        self._environment = NoticeEnvironment(NoticeLoader(self._files), FILTERS)
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
        self.wording = lru_cache(maxsize=64)(self._load_wording)
        """The words of a language by its folder's name. Raises WrongWords."""
        self._frame = lru_cache(maxsize=1024)(self._make_frame)

    def notices(self, language: str) -> tuple[str, ...]:
        """Names of all notices of a language, e.g. `rma/reminder`, sorted."""
        return self._files.notices(language)

    def missing(self, notice: str, languages: Sequence[str]) -> tuple[str, ...]:
        """Those of the languages that have no file of their own for a notice."""
        return tuple(language for language in languages if not self._files.has(notice, language))

    def render(self, notice: str, languages: str | Sequence[str], values: Mapping[str, object]) -> Rendered:
        """Write the notice in the first of the languages that has it, else in English. Raises TemplateFailed."""
        wanted = (languages,) if isinstance(languages, str) else tuple(languages)
        language = next((one for one in (*wanted, LAST_LANGUAGE) if self._files.has(notice, one)), None)
        if language is None:
            raise TemplateFailed(notice, ", ".join(wanted), f"{notice}.md", 0, "there is no such template")
        try:
            return self._render(notice, language, values)
        except WrongWords as error:
            raise TemplateFailed(notice, language, "words.toml", 0, str(error)) from error
        except TemplateSyntaxError as error:
            place = error.filename or self._files.place(notice, language)
            raise TemplateFailed(notice, language, place, error.lineno, f"{type(error).__name__}: {error.message}") from error
        except Exception as error:  # a template is an admin's code: whatever it raises is told with its line
            steps = ((frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__))
            places = [(file, line) for file, line in steps if file.endswith((".md", ".html", ".txt"))]
            file, line = places[-1] if places else (self._files.place(notice, language), 0)
            raise TemplateFailed(notice, language, file, line, f"{type(error).__name__}: {error}") from error

    def _render(self, notice: str, language: str, values: Mapping[str, object]) -> Rendered:
        slots = Slots()
        wording = self.wording(language).in_zone(str(values.get("timezone") or "UTC"))
        context = {**values, "language": language, "wording": wording, SLOTS: slots}
        name, run = f"{language}/{notice}.md", self._environment.run
        body = run(name, context)
        head = self._files.head(name)
        subject = one_line(fill_text(run(f"{name}#subject", context), slots.values))
        layout = {
            **context,
            "words_language": wording.locale.language,
            "subject": subject,
            "preheader": Markup(run(f"{name}#preheader", context).strip()) if "preheader" in head else "",
            "audience": values.get("audience", head.get("audience", "")),
            "content": Markup(CONTENT),
        }
        shell = run("layout.html", {**layout, "style": Markup(self._files.style())})
        frame, tree = self._frame(shell, body)
        content = PlainText(slots.values, wording.prepared_answer).write(tree.children)
        text = fill_text(run("layout.txt", layout), slots.values).replace(CONTENT, content)
        text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"
        html = fill_html(frame, slots.values)
        if max(len(text), len(html)) > OUTPUT_LIMIT:
            raise TooMuchOutput("the notice is too long")
        short = subject if len(subject) <= SUBJECT_LIMIT else subject[: SUBJECT_LIMIT - 1].rstrip() + "…"
        return Rendered(short, text, html, language)

    def _make_frame(self, shell: str, body: str) -> tuple[tuple[str, ...], SyntaxTreeNode]:
        """Make what is the same for all values and takes most of the time: the HTML cut at its slots, and the tree for the text."""
        tree = read_markdown(body)
        html = self._inliner.inline(shell.replace(CONTENT, write_html(tree)))
        return tuple(SLOT.split(html)), tree

    def _load_wording(self, language: str) -> Wording:
        return Wording.of_language(language, self._files.words(language))
