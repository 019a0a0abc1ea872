"""Where templates lie: `<root>/<language>/<case type>/<notice>.md`, layouts and macros at the root; own folders go first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, TemplateNotFound, TemplateSyntaxError

from mailflow.notices.wording import merge_words, read_words

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
        self.head = lru_cache(maxsize=1024)(self._read_head)

    def _find(self, name: str) -> Path | None:
        """The file of a name relative to the folders. `find` remembers it."""
        return next((folder / name for folder in self._folders if (folder / name).is_file()), None)

    def _read_head(self, name: str) -> Mapping[str, str]:
        """The head of a notice's file, its lines as they stand. `head` remembers it."""
        path = self.find(name)
        if path is None:
            raise TemplateNotFound(name)
        lines = _head_lines(path.read_text("utf-8-sig").splitlines(), str(path))
        return {key: text for key, (_, text) in lines.items()}

    def has(self, notice: str, language: str) -> bool:
        well_named = _NAME.fullmatch(notice) and _LANGUAGE.fullmatch(language)
        return bool(well_named) and self.find(f"{language}/{notice}.md") is not None

    def place(self, notice: str, language: str) -> str:
        """The file of a notice, as an admin sees it."""
        return str(self.find(f"{language}/{notice}.md") or f"{language}/{notice}.md")

    def notices(self, language: str) -> tuple[str, ...]:
        found: set[str] = set()
        for folder in self._folders:
            home = folder / language
            found.update(path.relative_to(home).with_suffix("").as_posix() for path in home.glob("*/*.md"))
        return tuple(sorted(found))

    def words(self, language: str) -> dict[str, Any]:
        """words.toml of a language and of its case types, over those of LAST_LANGUAGE, overrides over both. Raises WrongWords."""
        words: dict[str, Any] = {}
        for folder in (LAST_LANGUAGE, language):
            for home in reversed(self._folders):
                for path in (home / folder / "words.toml", *sorted((home / folder).glob("*/words.toml"))):
                    words = merge_words(words, read_words(path))
        return words

    def style(self) -> str:
        path = self.find("style.css")
        return path.read_text("utf-8") if path else ""


class NoticeLoader(BaseLoader):
    """Gives Jinja a notice's body (`en/rma/closed.md`) or a line of its head (`en/rma/closed.md#subject`), line numbers kept."""

    def __init__(self, files: TemplateFiles) -> None:
        self._files = files

    def get_source(self, _environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        name, _, part = template.partition("#")
        path = self._files.find(name)
        if path is None:
            raise TemplateNotFound(name)
        text = path.read_text("utf-8-sig")
        if name.endswith(".md") and name != MACROS:
            text = _part_of(text, part, str(path))
            text = self._imports(text) + text
        return text, str(path), lambda: True

    def _imports(self, text: str) -> str:
        """The macros that a notice uses, known to it without a word; no line break, so that line numbers hold."""
        path = self._files.find(MACROS)
        names = [name for name in _MACRO.findall(path.read_text("utf-8-sig")) if f"{name}(" in text] if path else []
        return f'{{%- from "{MACROS}" import {", ".join(names)} with context -%}}' if names else ""


def _part_of(text: str, part: str, place: str) -> str:
    """The body, or the one line of the head that `part` names, on the line on which it stands in the file."""
    lines = text.splitlines()
    head = _head_lines(lines, place)
    if part:
        number, value = head.get(part, (1, ""))
        return "\n" * (number - 1) + value
    end = _end_of_head(lines)
    return "\n" * (end + 1) + "\n".join(lines[end + 1 :])


def _end_of_head(lines: list[str]) -> int:
    """The index of the second line of ---, 0 where the file has no head."""
    marks = [number for number, line in enumerate(lines) if line.strip() == "---"]
    return marks[1] if len(marks) > 1 and marks[0] == 0 else 0


def _head_lines(lines: list[str], place: str) -> dict[str, tuple[int, str]]:
    end = _end_of_head(lines)
    if not end:
        raise TemplateSyntaxError("a notice begins with a head between two lines of ---", 1, filename=place)
    head = {}
    for number, line in enumerate(lines[1:end], 2):
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        if not colon or key.strip() not in HEAD_KEYS:
            raise TemplateSyntaxError(f"the head knows {' and '.join(HEAD_KEYS)} only", number, filename=place)
        head[key.strip()] = (number, value.strip())
    if "subject" not in head:
        raise TemplateSyntaxError("the head has no subject", 1, filename=place)
    return head
