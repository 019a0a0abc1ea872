"""The register's CSV files: read whole, and only if every line of every file is right. A wrong line is named, and all of them are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailflow.policy.desk import PROGRAMMES
from mailflow.policy.notation import SERVICE_LEVELS, parse_address, parse_country, parse_day, parse_language, parse_zone
from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice
from mailflow.store import register
from mailflow.store.cells import (
    Cell,
    a_currency,
    a_domain,
    an_amount,
    an_upper_case_word,
    domains,
    free_text,
    one_of,
    optional,
    required,
    stars,
    yes_or_no,
)
from mailflow.store.register import Register
from mailflow.store.transaction import Database

CONTACT_ROLES = ("customer", "reseller", "alliance_partner", "value_added_partner", "distributor")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: the file's name, the line (1 is the header), the column ('' where the whole line is meant), and why."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}{f' {self.column}' if self.column else ''}: {self.reason}"


class WrongRegister(ValueError):
    """The folder holds wrong lines; nothing of it was taken."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class _File:
    """How one file is read. Columns of `optional_columns` may be absent from the header, then every cell of them is blank."""

    name: str
    build: Callable[..., Any]
    columns: Mapping[str, Cell]
    optional_columns: frozenset[str]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    value: Any


_CONTRACTS = _File(
    "contracts.csv",
    Contract,
    {
        "number": required(free_text),
        "company": required(free_text),
        "domains": domains,
        "service_level": required(one_of(SERVICE_LEVELS)),
        "programme": required(one_of(PROGRAMMES)),
        "start": required(parse_day),
        "end": required(parse_day),
        "language": optional(parse_language, ""),
        "country": optional(parse_country, ""),
        "timezone": optional(parse_zone, ""),
        "site_address": free_text,
    },
    frozenset({"language", "country", "timezone", "site_address"}),
    ("number",),
)
_DEVICES = _File(
    "devices.csv",
    Device,
    {
        "serial": required(an_upper_case_word),
        "part_number": optional(an_upper_case_word, ""),
        "model": free_text,
        "contract": required(free_text),
        "ship_date": optional(parse_day, None),
        "installation_service": optional(yes_or_no, False),
        "installation_report_date": optional(parse_day, None),
        "pac_date": optional(parse_day, None),
    },
    frozenset({"ship_date", "installation_service", "installation_report_date", "pac_date"}),
    ("serial",),
)
_PARTS = _File(
    "parts.csv",
    PartPrice,
    {
        "part_number": required(an_upper_case_word),
        "description": free_text,
        "list_price": optional(an_amount, None),
        "currency": optional(a_currency, ""),
        "valid_from": required(parse_day),
    },
    frozenset(),
    ("part_number", "valid_from"),
)
_CONTACTS = _File(
    "contacts.csv",
    Contact,
    {
        "email": required(parse_address),
        "name": free_text,
        "company": free_text,
        "contract": required(free_text),
        "role": required(one_of(CONTACT_ROLES)),
        "language": optional(parse_language, ""),
    },
    frozenset({"language"}),
    ("email", "contract"),
)
_PARTNERS = _File(
    "partners.csv",
    Partner,
    {
        "name": required(free_text),
        "domain": required(a_domain),
        "service_manager": free_text,
        "spare_parts_contact": free_text,
        "stars": optional(stars, 0),
        "certified_from": optional(parse_day, None),
    },
    frozenset({"certified_from"}),
    ("name",),
)

HEADERS: Mapping[str, tuple[str, ...]] = {file.name: tuple(file.columns) for file in (_CONTRACTS, _DEVICES, _PARTS, _CONTACTS, _PARTNERS)}
"""File to the columns that its first line may name."""


def read_register(folder: Path, public_domains: Collection[str] = ()) -> Register:
    """The five files of a folder; a missing one means none. Raises WrongRegister, and OSError where the folder cannot be read.

    `public_domains` are those of mail providers: to whoever has an address there no contract belongs.
    """
    if not folder.is_dir():
        raise WrongRegister((Problem(folder.name, 0, "", f"{folder} is no folder"),))
    problems: list[Problem] = []
    contracts, devices, parts, contacts, partners = (
        list(_lines(folder / file.name, file, problems)) for file in (_CONTRACTS, _DEVICES, _PARTS, _CONTACTS, _PARTNERS)
    )
    problems += _contract_problems(contracts)
    problems += _price_problems(parts)
    problems += _partner_problems(partners)
    problems += _public_domain_problems(contracts, partners, frozenset(public_domains))
    for file, lines in ((_DEVICES, devices), (_CONTACTS, contacts)):
        problems += _reference_problems(file, lines, contracts)
    if problems:
        raise WrongRegister(tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))))
    return Register(
        contracts=tuple(line.value for line in contracts),
        devices=tuple(line.value for line in devices),
        parts=tuple(line.value for line in parts),
        contacts=tuple(line.value for line in contacts),
        partners=tuple(line.value for line in partners),
    )


def import_register(database: Database, folder: Path, public_domains: Collection[str] = ()) -> Register:
    """Read the folder, and put it in the place of the stored register in one transaction; what was read. Raises WrongRegister."""
    read = read_register(folder, public_domains)
    with database.write() as connection:
        register.replace_register(connection, read)
    return read


def _lines(path: Path, file: _File, problems: list[Problem]) -> Iterator[_Line]:
    if not path.exists():
        return
    rows = csv.reader(io.StringIO(_decode(path, problems), newline=""), strict=True)
    header: list[str] = []
    seen: dict[tuple[Any, ...], int] = {}
    start = 1
    try:
        for cells in rows:
            number, start = start, rows.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                wrong = list(_header_problems(file, header, number))
                problems += wrong
                if wrong:
                    return
                continue
            value = _value(file, header, cells, number, problems)
            if value is None:
                continue
            key = tuple(getattr(value, column) for column in file.key)
            if key in seen:
                problems.append(Problem(file.name, number, file.key[0], f"stands on line {seen[key]} already"))
                continue
            seen[key] = number
            yield _Line(number, value)
    except csv.Error as error:
        problems.append(Problem(file.name, rows.line_num, "", f"is no CSV: {error}"))
    if not header:
        problems.append(Problem(file.name, 1, "", f"has no header line; it should be: {','.join(file.columns)}"))


def _decode(path: Path, problems: list[Problem]) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(Problem(path.name, line, "", "is not UTF-8"))
        return content.decode("utf-8-sig", "replace")


def _header_problems(file: _File, header: list[str], number: int) -> Iterator[Problem]:
    for column in dict.fromkeys(header):
        if column not in file.columns:
            yield Problem(file.name, number, column, f"is an unknown column; known: {', '.join(file.columns)}")
        elif header.count(column) > 1:
            yield Problem(file.name, number, column, "stands twice in the header")
    for column in file.columns:
        if column not in header and column not in file.optional_columns:
            yield Problem(file.name, number, column, "is missing from the header")


def _value(file: _File, header: list[str], cells: list[str], number: int, problems: list[Problem]) -> Any:
    """The line's value, None where something is wrong with it."""
    if len(cells) != len(header):
        problems.append(Problem(file.name, number, "", f"has {len(cells)} cells, the header has {len(header)}"))
        return None
    texts = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    values: dict[str, Any] = {}
    for column, read in file.columns.items():
        try:
            values[column] = read(texts.get(column, ""))
        except ValueError as error:
            problems.append(Problem(file.name, number, column, str(error)))
    return file.build(**values) if len(values) == len(file.columns) else None


def _contract_problems(contracts: list[_Line]) -> Iterator[Problem]:
    folded: dict[str, int] = {}
    for line in contracts:
        if line.value.end < line.value.start:
            yield Problem(_CONTRACTS.name, line.number, "end", f"{line.value.end} is before the start, {line.value.start}")
        earlier = folded.setdefault(line.value.number.casefold(), line.number)
        if earlier != line.number:
            yield Problem(_CONTRACTS.name, line.number, "number", f"differs from line {earlier} only in capitals")


def _price_problems(parts: list[_Line]) -> Iterator[Problem]:
    for line in parts:
        if line.value.list_price is not None and not line.value.currency:
            yield Problem(_PARTS.name, line.number, "currency", "must not be blank beside a price")


def _partner_problems(partners: list[_Line]) -> Iterator[Problem]:
    """A mail is of the partner that its domain names: there can be one only."""
    seen: dict[str, int] = {}
    for line in partners:
        earlier = seen.setdefault(line.value.domain, line.number)
        if earlier != line.number:
            yield Problem(_PARTNERS.name, line.number, "domain", f"{line.value.domain} is that of line {earlier} already")


def _public_domain_problems(contracts: list[_Line], partners: list[_Line], public: frozenset[str]) -> Iterator[Problem]:
    """Everybody can have an address there, and would be taken for the customer."""
    contacts = "its people belong into contacts.csv"
    for line in contracts:
        for domain in sorted(public.intersection(line.value.domains)):
            yield Problem(_CONTRACTS.name, line.number, "domains", f"{domain} is a mail provider's: {contacts}")
    for line in partners:
        if line.value.domain in public:
            yield Problem(_PARTNERS.name, line.number, "domain", f"{line.value.domain} is a mail provider's, not the partner's own")


def _reference_problems(file: _File, lines: list[_Line], contracts: list[_Line]) -> Iterator[Problem]:
    known = {line.value.number for line in contracts}
    for line in lines:
        if line.value.contract not in known:
            yield Problem(file.name, line.number, "contract", f"{line.value.contract!r} is not in {_CONTRACTS.name}")
