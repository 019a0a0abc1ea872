"""Configuration files: strict TOML into typed values, and one line that says file, key and reason when one is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

Item = TypeVar("Item")
Model = TypeVar("Model", bound=BaseModel)


class WrongSettings(ValueError):
    """A configuration that cannot be used; as text one line: file, dotted key, reason."""

    def __init__(self, file: Path | str, key: str, reason: str) -> None:
        self.file, self.key, self.reason = str(file), key, " ".join(reason.split())
        super().__init__(": ".join(part for part in (self.file, self.key, self.reason) if part))


class Strict(BaseModel):
    """A table of a TOML file: unknown keys and wrong types are errors, the value never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    def given(self) -> dict[str, Any]:
        """The keys that stand in the file, so that the others keep the policy's defaults."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


def as_tuple(value: object) -> object:
    """TOML knows arrays only; strict tuples want tuples."""
    return tuple(value) if isinstance(value, list) else value


Listed = Annotated[tuple[Item, ...], BeforeValidator(as_tuple)]


def read_toml(file: Path, model: type[Model], context: Mapping[str, Any] | None = None) -> Model:
    """The file as a value of the model. Raises WrongSettings for a missing file, broken TOML (with its line) and wrong keys."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WrongSettings(file, "", "the file does not exist") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(file, "", str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(file, "", f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    try:
        return model.model_validate(raw, context=dict(context or {}))
    except ValidationError as error:
        raise _wrong(file, error) from None


def _wrong(file: Path, error: ValidationError) -> WrongSettings:
    """The first trouble in the words of people. The value itself is not shown: it may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"] if part != "[key]")
    reasons = {"missing": "is missing", "extra_forbidden": "unknown key", "tuple_type": "must be a list, in square brackets"}
    return WrongSettings(file, key, reasons.get(first["type"], first["msg"].removeprefix("Value error, ")))
