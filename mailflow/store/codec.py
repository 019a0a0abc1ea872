"""Frozen values to JSON and back, so that a case's details and a derivation survive the database unchanged.

Encoded: dataclasses become `{"$": "RmaLine", field: ...}`, instants and days `{"$": "datetime", "v": ...}`, tuples lists. Only
classes named here or by `register_details` are ever built, and fields that stand at their default may be missing, so a
field added later reads old rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mailflow.policy.case import Case, Parcel, PendingConfirmation, RmaDetails, RmaLine, ServiceRequestDetails
from mailflow.policy.certification import Application, CertificationDetails, Engineer, Project, RegisteredCertificate, Vacancy
from mailflow.policy.derivation import DerivedDay, DerivedMoment, Step
from mailflow.policy.return_term import InvoicedPart, InvoiceRequest, ReturnTerm

TAG = "$"

_classes: dict[str, type] = {cls.__name__: cls for cls in (Case, Parcel, PendingConfirmation, RmaLine, Step, DerivedDay, DerivedMoment)}
_details: dict[str, type] = {}


class CannotStore(TypeError):
    """A value of a type the codec does not know, or a naive datetime, was to be stored."""


class CannotRestore(ValueError):
    """Stored JSON names a class or a field that this version does not have."""


def register_details(kind: str, details: type, *parts: type) -> None:
    """Make the details of a case type storable; `parts` are the dataclasses inside them. Doing it twice is harmless.

    Raises ValueError where another class already uses one of the names.
    """
    for cls in (details, *parts):
        if _classes.setdefault(cls.__name__, cls) is not cls:
            raise ValueError(f"two classes are called {cls.__name__}")
    if _details.setdefault(kind, details) is not details:
        raise ValueError(f"case type {kind!r} already keeps its details in {_details[kind].__name__}")


register_details("service_request", ServiceRequestDetails)
register_details("certification", CertificationDetails, Application, Engineer, Project, RegisteredCertificate, Vacancy)
register_details("rma", RmaDetails, ReturnTerm, InvoiceRequest, InvoicedPart)


def check_details(kind: str, details: object) -> None:
    """Raises CannotStore unless `details` is of the class registered for the case type (None always is)."""
    expected = _details.get(kind)
    if details is not None and expected is not None and type(details) is not expected:
        raise CannotStore(f"details of a {kind} are a {expected.__name__}, not a {type(details).__name__}")


def storable(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD: neither database takes them in a text column."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    cleaned = text.replace("\0", "\ufffd")
    try:
        cleaned.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in cleaned)
    return cleaned


def encode(value: Any) -> Any:
    """The value as what `json.dumps` takes. Raises CannotStore."""
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return _encode_mapping(value)
    if is_dataclass(value) and type(value).__name__ in _classes:
        present = {field.name: getattr(value, field.name) for field in fields(value)}
        return {TAG: type(value).__name__} | {name: encode(content) for name, content in present.items()}
    return _encode_scalar(value)


def _encode_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in value):
        raise CannotStore("keys of a stored mapping are texts")
    encoded = {storable(key): encode(item) for key, item in value.items()}
    return {TAG: "map", "v": encoded} if TAG in encoded else encoded


def _encode_scalar(value: Any) -> dict[str, Any]:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise CannotStore("a stored datetime must say its offset")
        return {TAG: "datetime", "v": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {TAG: "date", "v": value.isoformat()}
    if isinstance(value, Decimal):
        return {TAG: "decimal", "v": str(value)}
    raise CannotStore(f"{type(value).__name__} cannot be stored")


def decode(value: Any) -> Any:
    """What `encode` was given: lists come back as tuples. Raises CannotRestore."""
    if isinstance(value, list):
        return tuple(decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    tag = value.get(TAG)
    match tag:
        case None:
            return {key: decode(item) for key, item in value.items()}
        case "map":
            return {key: decode(item) for key, item in value["v"].items()}
        case "datetime":
            return datetime.fromisoformat(value["v"])
        case "date":
            return date.fromisoformat(value["v"])
        case "decimal":
            return Decimal(value["v"])
    return _decode_dataclass(tag, value)


def _decode_dataclass(name: str, value: dict[str, Any]) -> Any:
    cls = _classes.get(name)
    if cls is None:
        raise CannotRestore(f"stored value is a {name}, which this version does not know")
    content = {key: decode(item) for key, item in value.items() if key != TAG}
    try:
        return cls(**content)
    except TypeError as error:
        raise CannotRestore(f"stored {name}: {error}") from error
