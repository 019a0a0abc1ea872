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

from mailflow.notices.environment import OUTPUT_LIMIT, SLOT, SLOTS, NoticeEnvironment, NoticeLoader, Slots, TooMuchOutput
from mailflow.notices.markdown import PlainText, fill_html, fill_text, read_markdown, write_html
from mailflow.notices.prepared import PreparedAnswer, find_prepared
from mailflow.notices.wording import FILTERS, Wording, Words, WrongWords, merge_words, read_words

LAST_LANGUAGE = "en"
"""The language of a notice that none of the wanted languages has, and of words that a language lacks."""
SUBJECT_LIMIT = 200
CONTENT = "\ue002"
"""Where the layouts put the notice."""

_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice ready for `compose_letter`; `language` is the folder that it was found in."""

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
    """The notices of a template folder: `<language>/<case type>/<notice>.md`, layouts and macros at its root.

    Overrides are searched before it, the first one first, None means none. Files and words are read once; make a new object after a
    change. Safe to share between threads.
    """

    def __init__(self, root: Path, *overrides: Path | None) -> None:
        self._folders = [folder for folder in (root, *reversed(overrides)) if folder is not None]
        """The last one wins."""
        self._files = {path.relative_to(folder).as_posix(): path for folder in self._folders for path in folder.rglob("*.*")}
        self._environment = NoticeEnvironment(self._files, FILTERS)
        self._style = Markup(self._files["style.css"].read_text("utf-8")) if "style.css" in self._files else ""
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
        self.wording = lru_cache(maxsize=64)(self._read_wording)
        self._frame = lru_cache(maxsize=1024)(self._make_frame)

    def notices(self, language: str) -> tuple[str, ...]:
        """List all notices of a language, e.g. `rma/reminder`, sorted."""
        names = (name.removesuffix(".md").split("/") for name in self._files if name.endswith(".md"))
        return tuple(sorted("/".join(parts[1:]) for parts in names if len(parts) == 3 and parts[0] == language))

    def missing(self, notice: str, languages: Sequence[str]) -> tuple[str, ...]:
        """List those of the languages that have no file of their own for a notice."""
        return tuple(language for language in languages if f"{language}/{notice}.md" not in self._files)

    def _read_wording(self, language: str) -> Wording:
        """Read words.toml of a language and of its case types, over those of LAST_LANGUAGE, overrides over both. Raises WrongWords."""
        words: Words = {}
        for folder in (LAST_LANGUAGE, language):
            for home in self._folders:
                for path in (home / folder / "words.toml", *sorted((home / folder).glob("*/words.toml"))):
                    words = merge_words(words, read_words(path))
        return Wording.of_language(language, words)

    def prepared(self, notice: str, language: str) -> tuple[PreparedAnswer, ...]:
        """The answers that a notice prepares for its reader, in the order of its source. Raises TemplateFailed."""
        try:
            source, file, _ = NoticeLoader(self._files).get_source(self._environment, f"{language}/{notice}.md")
            return tuple(find_prepared(self._environment.parse(source), file))
        except TemplateSyntaxError as error:
            raise TemplateFailed(notice, language, str(self._files[f"{language}/{notice}.md"]), error.lineno, str(error.message)) from error

    def render(self, notice: str, languages: str | Sequence[str], values: Mapping[str, object]) -> Rendered:
        """Write the notice in the first of the languages that has it, else in English. Raises TemplateFailed."""
        wanted = (languages,) if isinstance(languages, str) else tuple(languages)
        language = next((one for one in (*wanted, LAST_LANGUAGE) if f"{one}/{notice}.md" in self._files), None)
        if language is None:
            raise TemplateFailed(notice, ", ".join(wanted), f"{notice}.md", 0, "there is no such template")
        try:
            return self._render(notice, language, values)
        except WrongWords as error:
            raise TemplateFailed(notice, language, "words.toml", 0, str(error)) from error
        except TemplateSyntaxError as error:
            raise TemplateFailed(
                notice, language, error.filename or "", error.lineno, f"{type(error).__name__}: {error.message}"
            ) from error
        except Exception as error:  # a template is an admin's code: whatever it raises is told with its line
            steps = ((frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__))
            places = [(file, line) for file, line in steps if file.endswith((".md", ".html", ".txt"))]
            file, line = places[-1] if places else (str(self._files[f"{language}/{notice}.md"]), 0)
            raise TemplateFailed(notice, language, file, line, f"{type(error).__name__}: {error}") from error

    def _render(self, notice: str, language: str, values: Mapping[str, object]) -> Rendered:
        slots = Slots()
        wording = self.wording(language).in_zone(str(values.get("timezone") or "UTC"))
        context = {**values, "language": language, "wording": wording, SLOTS: slots}
        name, run = f"{language}/{notice}.md", self._environment.run
        body = run(name, context)
        subject = " ".join(fill_text(run(f"{name}#subject", context), slots.values).split())
        layout = {
            **context,
            "words_language": wording.locale.language,
            "subject": subject,
            "preheader": Markup(run(f"{name}#preheader", context).strip()),
            "audience": values["audience"] if "audience" in values else run(f"{name}#audience", context).strip(),
            "content": Markup(CONTENT),
        }
        shell = run("layout.html", {**layout, "style": self._style})
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
