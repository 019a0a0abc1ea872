"""Configuration files: TOML into typed values, and one line that says file, key and reason when one is wrong. A desk's folder (DK3)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from mailflow.policy.desk import Desk

DESK_FILE = "desk.toml"
OWN_TEMPLATES = "templates"
"""The folder beside it with the desk's own wording, laid out like templates/email (DK3)."""
DESK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*$")

REASONS = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "unexpected_keyword_argument": "unknown key",
    "tuple_type": "must be a list, in square brackets",
}
"""What pydantic calls an error, in the words of people."""

Item = TypeVar("Item")
Model = TypeVar("Model")


class WrongSettings(ValueError):
    """A configuration that cannot be used; as text one line: file, dotted key, reason."""

    def __init__(self, file: Path | str, key: str, reason: str) -> None:
        self.file, self.key, self.reason = str(file), key, " ".join(reason.split())
        super().__init__(": ".join(part for part in (self.file, self.key, self.reason) if part))


class Strict(BaseModel):
    """A table of a TOML file: unknown keys and wrong types are errors, the value never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Listed = Annotated[tuple[Item, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]
"""TOML knows arrays only; strict tuples want tuples."""


def read_toml(file: Path, model: type[Model], context: Mapping[str, object] | None = None, **known: object) -> Model:
    """Read the file as a value of the model; `known` are fields of the model that are no keys of the file.

    Raises WrongSettings for a missing file, broken TOML (with its line) and wrong keys.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WrongSettings(file, "", "the file does not exist") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(file, "", str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(file, "", f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    if odd := raw.keys() & known.keys():
        raise WrongSettings(file, min(odd), "unknown key")
    try:
        return TypeAdapter(model).validate_python({**raw, **known}, context=dict(context or {}))
    except ValidationError as error:
        # Only the first trouble. The value itself is not shown: it may be a secret.
        first = error.errors(include_url=False, include_input=False)[0]
    if isinstance(wrong := first.get("ctx", {}).get("error"), WrongSettings):
        raise wrong
    key = ".".join(str(part) for part in first["loc"] if part != "[key]")
    raise WrongSettings(file, key, REASONS.get(first["type"], first["msg"].removeprefix("Value error, ")))


def load_desk(folder: Path) -> Desk:
    """Read the desk of a folder; it is named for the folder. Raises WrongSettings."""
    return read_toml(folder / DESK_FILE, Desk, name=folder.resolve().name)


def find_desk(name_or_path: str, roots: tuple[Path, ...]) -> Path:
    """Find the folder of a desk: the first root with a desk of that name, else the path itself. Raises WrongSettings."""
    for root in roots if DESK_NAME.match(name_or_path) else ():
        if (root / name_or_path / DESK_FILE).is_file():
            return root / name_or_path
    if (Path(name_or_path) / DESK_FILE).is_file():
        return Path(name_or_path)
    places = ", ".join(str(root) for root in roots)
    raise WrongSettings(Path(name_or_path) / DESK_FILE, "", f"there is no such desk, nor one of that name in {places}")
