"""The example that `mailflow init` writes for `mailflow rehearse`: a first day of the desk, with invented data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailflow.cli.init_answers import Answers
from mailflow.policy.calendar import calendar_for
from mailflow.policy.desk import CalendarPolicy, MailboxRole, Role
from mailflow.store.csv_register import HEADERS


def build_scenario(answers: Answers, today: date) -> dict[str, str]:
    """An example to play with `mailflow rehearse`: it needs no server."""
    partner = answers.mailboxes[0][0] is MailboxRole.PARTNER
    start = _monday_morning(answers, today)
    mails = CERTIFICATION_MAILS if partner else REQUEST_MAILS
    until = start + timedelta(days=30)
    blanks = {
        "name": answers.name,
        "role": answers.mailboxes[0][0].value,
        "start": start.isoformat(),
        "until": until.isoformat(),
        "first": (start + timedelta(minutes=5)).isoformat(),
        "second": (start + timedelta(hours=1)).isoformat(),
        "third": (start + timedelta(hours=2)).isoformat(),
        "staff": _first(answers, Role.REVIEWER if partner else Role.CSE),
    }
    text = SCENARIO_HEAD + mails
    for blank, value in blanks.items():
        text = text.replace("{" + blank + "}", value)
    files = {"scenarios/first-day.toml": text}
    return files | {f"scenarios/data/{name}": content for name, content in _scenario_data(start.date())}


def _first(answers: Answers, role: Role) -> str:
    return next((address for one, address in answers.staff if one is role), answers.staff[0][1])


def _monday_morning(answers: Answers, today: date) -> datetime:
    """09:00 of the first business day of the coming week."""
    week = {day: ((time(9), time(17)),) for day in range(5)}
    calendar = calendar_for("", "", CalendarPolicy(country=answers.country, timezone=answers.timezone, windows=week))
    day = calendar.business_day_from(today + timedelta(days=7 - today.weekday()))
    return datetime.combine(day, time(9), tzinfo=ZoneInfo(answers.timezone))


def _scenario_data(day: date) -> Iterator[tuple[str, str]]:
    """One contract with one device, and one partner: invented, and only for the rehearsal."""
    year, next_year = day.year - 1, day.year + 1
    rows = {
        "contracts.csv": f"C-1,Northwind,northwind.example,9x5xNBD,hicare,{year}-01-01,{next_year}-12-31,,,,",
        "devices.csv": f"2102352KLM10L5000456,02352KLM,Example Router,C-1,{year}-02-01,no,,",
        "parts.csv": f"02352KLM,Main board,1200.00,EUR,{year}-01-01",
        "contacts.csv": "anna@northwind.example,Anna,Northwind,C-1,customer,",
        "partners.csv": "Northwind,northwind.example,anna@northwind.example,,0,",
    }
    for name, columns in HEADERS.items():
        yield name, ",".join(columns) + "\n" + rows[name] + "\n"


SCENARIO_HEAD = """# A first day to rehearse:  mailflow rehearse scenarios/first-day.toml --out /tmp/first-day
desk = "../desks/{name}"
start = {start}
until = {until}
data = "data"

"""

REQUEST_MAILS = '''[[mail]]
at = {first}
from = "Anna <anna@northwind.example>"
to = "{role}"
subject = "Router down"
body = """
Hello,

the router at our main site restarts every ten minutes.
Serial number: 2102352KLM10L5000456

Anna
"""

[[mail]]
at = {second}
from = "{staff}"
reply_to = "service_request/customer_message"
body = "Hello Anna, please send us the output of display version."

[[mail]]
at = {third}
from = "anna@northwind.example"
reply_to = "service_request/staff_message"
body = "Here it is: V200R022C10."
'''

CERTIFICATION_MAILS = '''[[mail]]
at = {first}
from = "Anna <anna@northwind.example>"
to = "{role}"
subject = "Application for two stars"
body = """
We apply for the two-star certification.

Engineers:
- Li Wei, H3CSE-Routing & Switching, valid through 2031-06-30
- Chen Hao, H3CNE, valid through 2031-06-30

After-sales hotline: +48 22 555 0100
Service manager: Anna Nowak, +48 22 555 0101, anna@northwind.example
Tracking system: our own ticket system

Projects:
- Metro network, USD 250,000
"""

[[mail]]
at = {third}
from = "{staff}"
reply_to = "certification/application"
body = "/approve 2"
'''
