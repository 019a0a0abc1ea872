"""The register's CSV files: read whole, and only if every line of every file is right. A wrong line is named, and all of them are."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice
from mailflow.store import register
from mailflow.store.register import Register
from mailflow.store.transaction import Database

Row = TypeVar("Row", Contract, Device, PartPrice, Contact, Partner)


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
class CsvFile(Generic[Row]):
    """One file: its columns are the fields of its rows, those of `absent` may be missing from the header, `key` stands once only."""

    name: str
    row: type[Row]
    key: tuple[str, ...]
    absent: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self.row))


CONTRACTS = CsvFile("contracts.csv", Contract, ("number",), ("language", "country", "timezone", "site_address"))
DEVICES = CsvFile("devices.csv", Device, ("serial",), ("ship_date", "installation_service", "installation_report_date", "pac_date"))
PARTS = CsvFile("parts.csv", PartPrice, ("part_number", "valid_from"))
CONTACTS = CsvFile("contacts.csv", Contact, ("email", "contract"), ("language",))
PARTNERS = CsvFile("partners.csv", Partner, ("name",), ("certified_from",))

HEADERS: Mapping[str, tuple[str, ...]] = {file.name: file.columns for file in (CONTRACTS, DEVICES, PARTS, CONTACTS, PARTNERS)}
"""File to the columns that its first line may name."""


def read_register(folder: Path, public_domains: Collection[str] = ()) -> Register:
    """Read the five files of a folder; a missing one means none. Raises WrongRegister, and OSError where the folder cannot be read.

    `public_domains` are those of mail providers: to whoever has an address there no contract belongs.
    """
    if not folder.is_dir():
        raise WrongRegister((Problem(folder.name, 0, "", f"{folder} is no folder"),))
    problems: list[Problem] = []
    contracts, devices = read_file(folder, CONTRACTS, problems), read_file(folder, DEVICES, problems)
    parts, contacts = read_file(folder, PARTS, problems), read_file(folder, CONTACTS, problems)
    partners = read_file(folder, PARTNERS, problems)
    problems += contract_problems(contracts, frozenset(public_domains))
    problems += partner_problems(partners, frozenset(public_domains))
    for number, price in parts.items():
        if price.list_price is not None and not price.currency:
            problems.append(Problem(PARTS.name, number, "currency", "must not be blank beside a price"))
    known = {contract.number for contract in contracts.values()}
    for name, rows in ((DEVICES.name, devices), (CONTACTS.name, contacts)):
        for number, row in rows.items():
            if row.contract not in known:
                problems.append(Problem(name, number, "contract", f"{row.contract!r} is not in {CONTRACTS.name}"))
    if problems:
        raise WrongRegister(tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))))
    return Register(
        contracts=tuple(contracts.values()),
        devices=tuple(devices.values()),
        parts=tuple(parts.values()),
        contacts=tuple(contacts.values()),
        partners=tuple(partners.values()),
    )


def import_register(database: Database, folder: Path, public_domains: Collection[str] = ()) -> Register:
    """Replace the stored register by the folder in one transaction; return what was read. Raises WrongRegister."""
    read = read_register(folder, public_domains)
    with database.write() as connection:
        register.replace_register(connection, read)
    return read


def read_file(folder: Path, file: CsvFile[Row], problems: list[Problem]) -> dict[int, Row]:
    """Map line numbers to the rows that begin there; add what is wrong to `problems`."""
    if not (folder / file.name).exists():
        return {}
    rows = csv.reader(io.StringIO(_decode(folder / file.name, problems), newline=""), strict=True)
    adapter = TypeAdapter(file.row)
    header: list[str] = []
    read: dict[int, Row] = {}
    seen: dict[tuple[object, ...], int] = {}
    start = 1
    try:
        for cells in rows:
            number, start = start, rows.line_num + 1
            texts = [cell.strip() for cell in cells]
            if not any(texts):
                continue
            if not header:
                header = texts
                if wrong := tuple(header_problems(file, header, number)):
                    problems += wrong
                    return {}
            elif len(texts) != len(header):
                problems.append(Problem(file.name, number, "", f"has {len(texts)} cells, the header has {len(header)}"))
            elif (row := _row(file, adapter, dict(zip(header, texts, strict=True)), number, problems)) is not None:
                key = tuple(getattr(row, column) for column in file.key)
                if seen.setdefault(key, number) == number:
                    read[number] = row
                else:
                    problems.append(Problem(file.name, number, file.key[0], f"stands on line {seen[key]} already"))
    except csv.Error as error:
        problems.append(Problem(file.name, rows.line_num, "", f"is no CSV: {error}"))
    if not header:
        problems.append(Problem(file.name, 1, "", f"has no header line; it should be: {','.join(file.columns)}"))
    return read


def _row(file: CsvFile[Row], adapter: TypeAdapter[Row], cells: Mapping[str, str], number: int, problems: list[Problem]) -> Row | None:
    """Return the line's value, None where something is wrong with it. A blank cell is as good as none."""
    try:
        return adapter.validate_python({column: text for column, text in cells.items() if text})
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            reason = "must not be blank" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
            problems.append(Problem(file.name, number, str(error["loc"][0]), reason))
        return None


def _decode(path: Path, problems: list[Problem]) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(Problem(path.name, line, "", "is not UTF-8"))
        return content.decode("utf-8-sig", "replace")


def header_problems(file: CsvFile[Row], header: list[str], number: int) -> Iterator[Problem]:
    for column, count in Counter(header).items():
        if column not in file.columns:
            yield Problem(file.name, number, column, f"is an unknown column; known: {', '.join(file.columns)}")
        elif count > 1:
            yield Problem(file.name, number, column, "stands twice in the header")
    for column in file.columns:
        if column not in header and column not in file.absent:
            yield Problem(file.name, number, column, "is missing from the header")


def contract_problems(contracts: Mapping[int, Contract], public: frozenset[str]) -> Iterator[Problem]:
    """Find contracts that contradict themselves or others, or name a mail provider's domain, where everybody can have an address."""
    folded: dict[str, int] = {}
    for line, contract in contracts.items():
        if contract.end < contract.start:
            yield Problem(CONTRACTS.name, line, "end", f"{contract.end} is before the start, {contract.start}")
        if (earlier := folded.setdefault(contract.number.casefold(), line)) != line:
            yield Problem(CONTRACTS.name, line, "number", f"differs from line {earlier} only in capitals")
        for domain in sorted(public.intersection(contract.domains)):
            yield Problem(CONTRACTS.name, line, "domains", f"{domain} is a mail provider's: its people belong into contacts.csv")


def partner_problems(partners: Mapping[int, Partner], public: frozenset[str]) -> Iterator[Problem]:
    """Find domains of two partners, which could not be told apart by their mail, and those of mail providers."""
    seen: dict[str, int] = {}
    for line, partner in partners.items():
        if (earlier := seen.setdefault(partner.domain, line)) != line:
            yield Problem(PARTNERS.name, line, "domain", f"{partner.domain} is that of line {earlier} already")
        if partner.domain in public:
            yield Problem(PARTNERS.name, line, "domain", f"{partner.domain} is a mail provider's, not the partner's own")
