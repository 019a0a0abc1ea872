"""A desk's folder: `desk.toml` as the frozen value that the rules read (DK3)."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from mailflow.desk_values import (
    WEEKDAYS,
    AnyTerm,
    BareAddress,
    BoxRole,
    Country,
    DayKey,
    DayTerm,
    DigestTime,
    Dollars,
    Level,
    Lines,
    NumberPrefix,
    Percent,
    Point,
    Priority,
    Programme,
    StaffRole,
    Stars,
    Weekday,
    Window,
    Zone,
)
from mailflow.policy.desk import (
    AlarmPolicy,
    AlarmSource,
    CalendarPolicy,
    CertificationPolicy,
    Desk,
    DeskMailbox,
    DigestPolicy,
    MailCaps,
    RequestPolicy,
    ReturnPolicy,
    StaffMember,
    VendorPolicy,
    Wording,
)
from mailflow.toml_file import Listed, Strict, WrongSettings, read_toml

DESK_FILE = "desk.toml"
OWN_TEMPLATES = "templates"
"""The folder beside it with the desk's own wording, laid out like templates/email (DK3)."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*$")


class CalendarTable(Strict):
    country: Country
    timezone: Zone
    windows: dict[Weekday, Listed[Window]] = Field(min_length=1)
    extra_holidays: dict[DayKey, str] = Field(default_factory=dict)
    extra_working_days: Listed[date] = ()


class MailboxTable(Strict):
    address: BareAddress
    role: BoxRole
    language: str = ""
    timezone: Zone | None = None


class StaffTable(Strict):
    address: BareAddress
    roles: Listed[StaffRole] = Field(min_length=1)
    name: str = ""


class RequestsTable(Strict):
    demanded: Listed[Annotated[str, Field(pattern="^(serial|contract|symptoms)$")]] = ()
    response: dict[Priority, AnyTerm] = Field(min_length=4)
    response_from: Annotated[str, Field(pattern="^(acceptance|arrival)$")] = ""
    warning_percents: Listed[Percent] = ()
    information_reminder: DayTerm | None = None
    information_decision: DayTerm | None = None
    reopen_within: DayTerm | None = None
    late_after: AnyTerm | None = None
    public_domains: Lines = ()
    default_priority: Priority = ""


class ReturnsTable(Strict):
    validity: DayTerm | None = None
    validity_warnings: Listed[DayTerm] = ()
    return_term: DayTerm | None = None
    term_by_programme: dict[Programme, DayTerm] = Field(default_factory=dict)
    delivery_questions: Listed[DayTerm] = ()
    reminders: Listed[DayTerm] = ()
    invoice_after: DayTerm | None = None
    transit_grace: DayTerm | None = None
    extension: DayTerm | None = None
    human_yes_before_invoice: bool = False


class AlarmSourceTable(Strict):
    sender: str = ""
    header: str = ""


class AlarmsTable(Strict):
    sources: Listed[AlarmSourceTable] = ()
    same_within: AnyTerm | None = None
    inform_contact: bool = True


class DigestsTable(Strict):
    """`staff` and `partners` are times of the day; an empty text sends none."""

    staff: DigestTime | None = None
    partners: DigestTime | None = None
    partners_weekday: Weekday = "monday"
    breaks_within: DayTerm | None = None


class VendorTable(Strict):
    address: BareAddress
    number_prefixes: Listed[NumberPrefix] = ()
    contracts: dict[str, str] = Field(default_factory=dict)


class CertificationTable(Strict):
    engineers: dict[Stars, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    levels: Lines = ()
    certificate_months: int = Field(default=0, ge=0)
    needed: dict[Point, Listed[int]] = Field(default_factory=dict)
    basic_project: Listed[Dollars] = Field(default=(), min_length=2, max_length=2)
    major_project: Dollars = 1
    laboratory: dict[Stars, Lines] = Field(default_factory=dict)
    decision: DayTerm | None = None
    decision_warnings: Listed[DayTerm] = ()
    years_valid: int = Field(default=1, ge=1)
    reminders: Listed[DayTerm] = ()
    personnel_report: DayTerm | None = None
    vacancy_months: int = Field(default=0, ge=0)
    vacancy_reminders: Listed[DayTerm] = ()


class CapsTable(Strict):
    unknown_per_day: int = Field(default=0, ge=0)
    known_per_hour: int = Field(default=0, ge=0)
    unknown_of_desk_per_hour: int = Field(default=0, ge=0)


class WordingTable(Strict):
    title: str
    signature: dict[str, str]
    telephone: str = ""
    return_address: Lines = ()
    terms: dict[str, Lines] = Field(default_factory=dict)
    return_instructions: dict[str, Lines] = Field(default_factory=dict)
    packages: dict[Level, str] = Field(default_factory=dict)


class DeskTable(Strict):
    languages: Lines = Field(min_length=1)
    number_prefixes: dict[str, NumberPrefix]
    mailboxes: Listed[MailboxTable] = Field(min_length=1)
    staff: Listed[StaffTable] = Field(min_length=1)
    calendar: CalendarTable
    requests: RequestsTable | None = None
    returns: ReturnsTable = ReturnsTable()
    caps: CapsTable = CapsTable()
    alarms: AlarmsTable = AlarmsTable()
    digests: DigestsTable = DigestsTable()
    vendor: VendorTable | None = None
    certification: CertificationTable | None = None
    wording: WordingTable


def load_desk(folder: Path) -> Desk:
    """The desk of a folder, named for it. Raises WrongSettings."""
    file = folder / DESK_FILE
    table = read_toml(file, DeskTable)
    if trouble := _contradiction(table):
        raise WrongSettings(file, *trouble)
    return Desk(
        name=folder.resolve().name,
        languages=table.languages,
        mailboxes=tuple(DeskMailbox(box.address, box.role, box.language, box.timezone or "") for box in table.mailboxes),
        staff=tuple(StaffMember(member.address, member.roles, member.name) for member in table.staff),
        calendar=_calendar(table.calendar),
        number_prefixes=table.number_prefixes,
        wording=Wording(**table.wording.given()),
        requests=RequestPolicy(**table.requests.given()) if table.requests else RequestPolicy(),
        returns=ReturnPolicy(**table.returns.given()),
        caps=MailCaps(**table.caps.given()),
        alarms=_alarms(table.alarms),
        digests=_digests(table.digests),
        vendor=VendorPolicy(**table.vendor.given()) if table.vendor else None,
        certification=_certification(table.certification) if table.certification else None,
    )


def find_desk(name_or_path: str, roots: tuple[Path, ...]) -> Path:
    """The folder of a desk: the first root with a desk of that name, else the path itself. Raises WrongSettings."""
    if NAME.match(name_or_path):
        for root in roots:
            if (root / name_or_path / DESK_FILE).is_file():
                return root / name_or_path
    if (Path(name_or_path) / DESK_FILE).is_file():
        return Path(name_or_path)
    places = ", ".join(str(root) for root in roots)
    raise WrongSettings(Path(name_or_path) / DESK_FILE, "", f"there is no such desk, nor one of that name in {places}")


def _alarms(table: AlarmsTable) -> AlarmPolicy:
    sources = tuple(AlarmSource(sender=source.sender.lower(), header=source.header) for source in table.sources)
    return AlarmPolicy(**{**table.given(), "sources": sources})


def _digests(table: DigestsTable) -> DigestPolicy:
    given = table.given()
    times = {f"{name}_at": given.pop(name)[0] for name in ("staff", "partners") if name in given}
    return DigestPolicy(**{**given, **times, "partners_weekday": WEEKDAYS.index(table.partners_weekday)})


def _certification(table: CertificationTable) -> CertificationPolicy:
    given = table.given()
    for name in ("engineers", "laboratory"):
        if name in given:
            given[name] = {int(stars): value for stars, value in given[name].items()}
    return CertificationPolicy(**given)


def _calendar(table: CalendarTable) -> CalendarPolicy:
    windows = {WEEKDAYS.index(name): windows for name, windows in table.windows.items()}
    return CalendarPolicy(**{**table.given(), "windows": windows})


def _contradiction(table: DeskTable) -> tuple[str, str] | None:
    """(key, reason) of the first thing that each key alone cannot show."""
    for number, box in enumerate(table.mailboxes):
        if box.language and box.language not in table.languages:
            return f"mailboxes.{number}.language", f"{box.language!r} is none of the desk's languages"
    for key, rows in (("mailboxes", table.mailboxes), ("staff", table.staff)):
        addresses = [row.address for row in rows]
        if doubled := next((address for address in addresses if addresses.count(address) > 1), ""):
            return key, f"{doubled} stands there twice"
    for language in table.languages:
        if language not in table.wording.signature:
            return f"wording.signature.{language}", "is missing"
    prefixes = list(table.number_prefixes.values())
    if len(set(prefixes)) < len(prefixes):
        return "number_prefixes", "two case types have the same letters"
    if table.vendor and (same := set(prefixes).intersection(table.vendor.number_prefixes)):
        return "vendor.number_prefixes", f"{min(same)} stands before our own numbers too"
    for day, windows in table.calendar.windows.items():
        if any(later[0] < earlier[1] for earlier, later in zip(sorted(windows), sorted(windows)[1:], strict=False)):
            return f"calendar.windows.{day}", "the windows overlap"
    return None
