"""The files of a fresh configuration with one desk, from the skeletons beside this module: texts only, written by `mailflow init`."""

from __future__ import annotations

import json
import secrets
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailflow.cli.init_answers import Answers
from mailflow.policy.calendar import calendar_for
from mailflow.policy.desk import CalendarPolicy
from mailflow.settings import load_desk, shipped_desks
from mailflow.store.csv_register import HEADERS

SECRET_FOLDER = "secrets"
WORDING_OF = "huawei-tac"
"""The shipped desk whose words on returns a new one starts with, to be made its own."""


def build_files(answers: Answers, today: date) -> dict[str, str]:
    """Map each path in the new folder to its text. What lies in the folder of secrets is for mailflow's user only."""
    monday = _first_morning(answers, today)
    skeletons = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("skeleton")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # A string and a list of strings are written alike in JSON and in TOML.
    skeletons.filters["toml"] = partial(json.dumps, ensure_ascii=False)
    columns = {name: ",".join(header) for name, header in HEADERS.items()}
    values = {
        "desk": answers,
        "shipped": load_desk(shipped_desks() / WORDING_OF).wording,
        "columns": columns,
        "year": monday.year,
        "at": lambda minutes: (monday + timedelta(minutes=minutes)).isoformat(),
    }
    files = {name: skeletons.get_template(name).render(values) for name in skeletons.list_templates()}
    files[f"desks/{answers.name}/desk.toml"] = files.pop("desk.toml")
    files |= {f"data/{name}": f"{header}\n" for name, header in columns.items()}
    files[f"{SECRET_FOLDER}/case_address_key"] = secrets.token_hex(32) + "\n"
    return files | {f"{SECRET_FOLDER}/{name}": "" for name in ("smtp", *(f"imap.{address}" for _, address in answers.mailboxes))}


def _first_morning(answers: Answers, today: date) -> datetime:
    """Return 09:00 of the first business day of the coming week."""
    week = {day: ((time(9), time(17)),) for day in range(5)}
    calendar = calendar_for("", "", CalendarPolicy(country=answers.country, timezone=answers.timezone, windows=week))
    day = calendar.business_day_from(today + timedelta(days=7 - today.weekday()))
    return datetime.combine(day, time(9), tzinfo=ZoneInfo(answers.timezone))
