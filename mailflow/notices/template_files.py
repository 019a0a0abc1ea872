"""Where templates lie: `<root>/<language>/<case type>/<notice>.md`, layouts and macros at the root; own folders go first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound, TemplateSyntaxError

from mailflow.notices.wording import Words, merge_words, read_words

LAST_LANGUAGE = "en"
"""The language of a notice that none of the wanted languages has."""
MACROS = "macros.md"
HEAD_KEYS = ("subject", "preheader", "audience")

_NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*")
_MACRO = re.compile(r"{%-?\s*macro\s+([a-z]\w*)")


class TemplateFiles:
    """Finds and reads the files of a template folder, those of the overrides before it, the first override first."""

    def __init__(self, root: Path, *overrides: Path | None) -> None:
        self._folders = tuple(folder for folder in (*overrides, root) if folder is not None)
        self.find = lru_cache(maxsize=2048)(self._find)
        """The file of a name relative to the folders, None where there is none."""
        self.has = lru_cache(maxsize=2048)(self._has)
        """Whether a language has a notice of its own: (notice, language)."""
        self.head = lru_cache(maxsize=1024)(self._read_head)
        """The head of a notice's file, its lines as they stand."""
        self.style = lru_cache(maxsize=1)(self._read_style)

    def _find(self, name: str) -> Path | None:
        return next((folder / name for folder in self._folders if (folder / name).is_file()), None)

    def _has(self, notice: str, language: str) -> bool:
        well_named = _NAME.fullmatch(notice) and _LANGUAGE.fullmatch(language)
        return bool(well_named) and self.find(f"{language}/{notice}.md") is not None

    def _read_head(self, name: str) -> Mapping[str, str]:
        path = self.find(name)
        if path is None:
            raise TemplateNotFound(name)
        head, _ = read_head(path.read_text("utf-8-sig").splitlines(), str(path))
        return {key: text for key, (_, text) in head.items()}

    def _read_style(self) -> str:
        path = self.find("style.css")
        return path.read_text("utf-8") if path else ""

    def place(self, notice: str, language: str) -> str:
        """The file of a notice, as an admin sees it."""
        return str(self.find(f"{language}/{notice}.md") or f"{language}/{notice}.md")

    def notices(self, language: str) -> tuple[str, ...]:
        """Names of all notices of a language, sorted."""
        homes = (folder / language for folder in self._folders)
        return tuple(sorted({path.relative_to(home).with_suffix("").as_posix() for home in homes for path in home.glob("*/*.md")}))

    def words(self, language: str) -> Words:
        """Read words.toml of a language and of its case types, over those of LAST_LANGUAGE, overrides over both. Raises WrongWords."""
        words: Words = {}
        for folder in (LAST_LANGUAGE, language):
            for home in reversed(self._folders):
                for path in (home / folder / "words.toml", *sorted((home / folder).glob("*/words.toml"))):
                    words = merge_words(words, read_words(path))
        return words


class NoticeLoader(BaseLoader):
    """Gives Jinja a notice's body (`en/rma/closed.md`) or a line of its head (`en/rma/closed.md#subject`), line numbers kept."""

    def __init__(self, files: TemplateFiles) -> None:
        self._files = files

    def get_source(self, _environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The source with the macros that it uses, known to it without a word; no line break is added, so that line numbers hold."""
        name, _, part = template.partition("#")
        path = self._files.find(name)
        if path is None:
            raise TemplateNotFound(name)
        text = path.read_text("utf-8-sig")
        if name.endswith(".md") and name != MACROS:
            lines = text.splitlines()
            head, end = read_head(lines, str(path))
            number, value = head.get(part, (1, "")) if part else (end + 2, "\n".join(lines[end + 1 :]))
            text = "\n" * (number - 1) + value
            shared = self._files.find(MACROS)
            names = [macro for macro in _MACRO.findall(shared.read_text("utf-8-sig")) if f"{macro}(" in text] if shared else []
            text = (f'{{%- from "{MACROS}" import {", ".join(names)} with context -%}}' if names else "") + text
        return text, str(path), lambda: True


def read_head(lines: list[str], place: str) -> tuple[dict[str, tuple[int, str]], int]:
    """Read a notice's head: each key with its line number and text, and the index of the line that ends it. Raises TemplateSyntaxError."""
    marks = [number for number, line in enumerate(lines) if line.strip() == "---"]
    if len(marks) < 2 or marks[0] != 0:
        raise TemplateSyntaxError("a notice begins with a head between two lines of ---", 1, filename=place)
    head = {}
    for number, line in enumerate(lines[1 : marks[1]], 2):
        key, colon, value = line.partition(":")
        if line.strip() and (not colon or key.strip() not in HEAD_KEYS):
            raise TemplateSyntaxError(f"the head knows {' and '.join(HEAD_KEYS)} only", number, filename=place)
        if line.strip():
            head[key.strip()] = (number, value.strip())
    if "subject" not in head:
        raise TemplateSyntaxError("the head has no subject", 1, filename=place)
    return head, marks[1]
