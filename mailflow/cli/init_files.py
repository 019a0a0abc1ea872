"""The files of a fresh configuration with one desk: texts only, written by `mailflow init`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import date

from mailflow.cli.init_answers import Answers
from mailflow.cli.init_scenario import build_scenario
from mailflow.policy.desk import Role
from mailflow.settings import shipped_desks
from mailflow.store.csv_register import HEADERS
from mailflow.toml_file import load_desk

SECRET_FOLDER = "secrets"
WORDING_OF = "huawei-tac"
"""The shipped desk whose words on returns a new one starts with."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ROLE_NAMES: Mapping[Role, str] = {
    Role.CCR: "customer care: takes requests in, checks contracts, authorises returns",
    Role.CSE: "engineers: answer customers",
    Role.RECEIVING: "receiving: books what comes back",
    Role.ESCALATION: "manager: escalations, breached clocks",
    Role.FINANCE: "finance: gets invoice requests",
    Role.ADMIN: "administration: quarantined mail",
    Role.REVIEWER: "reviewer: decides on certifications",
}


def build_files(answers: Answers, today: date) -> dict[str, str]:
    """Path in the new folder to its text. What lies in the folder of secrets is for mailflow's user only."""
    files = {
        "mailflow.toml": _settings(answers),
        f"desks/{answers.name}/desk.toml": _desk(answers),
        f"{SECRET_FOLDER}/case_address_key": secrets.token_hex(32) + "\n",
        f"{SECRET_FOLDER}/smtp": "",
    }
    files |= {f"{SECRET_FOLDER}/{_secret_name(address)}": "" for _, address in answers.mailboxes}
    files |= {f"data/{name}": ",".join(columns) + "\n" for name, columns in HEADERS.items()}
    return files | build_scenario(answers, today)


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)


def _texts(values: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _secret_name(address: str) -> str:
    return f"imap.{address}"


def _settings(answers: Answers) -> str:
    boxes = "".join(
        f"""
[[mailboxes]]
address = {_text(address)}
host = {_text(answers.imap)}                # IMAP, TLS on port 993; tls = "starttls" for port 143
user = {_text(address)}
password = "file:{SECRET_FOLDER}/{_secret_name(address)}"
"""
        for _, address in answers.mailboxes
    )
    return f"""# mailflow's settings, written by `mailflow init`. Relative paths start at this file's folder.
# All keys with their meaning: the example that comes with mailflow, config/mailflow.toml.

desks = [{_text(answers.name)}]               # folders in `desks` beside this file
state_dir = "state"                     # the database; put it on a local disk

# Signs the case addresses in Reply-To. Whoever knows it can forge them.
case_address_key = "file:{SECRET_FOLDER}/case_address_key"

# The name of your own border mail server in Authentication-Results: only its word on a sender counts.
authserv_id = {_text(answers.border)}

# For a first start on a mailbox in use: mail that arrived before this moment is registered but never answered.
# cutoff = 2026-12-01T00:00:00+01:00
{boxes}
# The server that sends our mail.
[relay]
host = {_text(answers.smtp)}
tls = "starttls"                        # port 587; "tls" for port 465
user = {_text(answers.mailboxes[0][1])}
password = "file:{SECRET_FOLDER}/smtp"
"""


def _desk(answers: Answers) -> str:
    sections = [_head(answers), _people(answers), _calendar(answers)]
    if answers.takes_requests:
        sections.append(REQUESTS)
    if answers.certifies:
        sections.append(CERTIFICATION)
    return "\n".join([*sections, _wording(answers)])


def _head(answers: Answers) -> str:
    prefixes = []
    if answers.takes_requests:
        prefixes += ['service_request = "SR-"', 'rma = "RMA-"']
    if answers.certifies:
        prefixes.append('certification = "CERT-"')
    lines = "\n".join(prefixes)
    return f"""# The desk {answers.name}. Its folder's name is its name. After each change:  mailflow check --offline
# A term is an amount and a unit: minutes, hours, service minutes, service hours, days, business days.

languages = {_texts(answers.languages)}   # the first one is used where nothing better is known

[number_prefixes]                       # letters before case numbers
{lines}
"""


def _people(answers: Answers) -> str:
    boxes = "\n".join(f"[[mailboxes]]\naddress = {_text(address)}\nrole = {_text(role)}\n" for role, address in answers.mailboxes)
    staff = "\n".join(_member(address, roles) for address, roles in answers.members.items())
    return f"{boxes}\n# Who works here. A member may have several roles.\n{staff}"


def _member(address: str, roles: tuple[Role, ...]) -> str:
    explained = "".join(f"# {ROLE_NAMES[role]}\n" for role in roles)
    return f"{explained}[[staff]]\naddress = {_text(address)}\nroles = {_texts(tuple(roles))}\n"


def _calendar(answers: Answers) -> str:
    days = "\n".join(f'{day} = ["09:00-17:00"]' for day in WEEKDAYS[:5])
    return f"""[calendar]                              # whose business days count where a contract names no country of its own
country = {_text(answers.country)}
timezone = {_text(answers.timezone)}
extra_working_days = []                 # days that are worked although the country's table says otherwise: [2026-12-05]

[calendar.windows]                      # service hours, on business days only
{days}

[calendar.extra_holidays]               # days on which this desk rests besides: "2026-12-24" = "Company holiday"
"""


def _wording(answers: Answers) -> str:
    signatures = "\n".join(f"{language} = {_text(answers.title)}" for language in answers.languages)
    address = f"return_address = {_texts(answers.return_address)}     # lines, as on a parcel\n" if answers.takes_requests else ""
    return f"""# The desk's own words, shown to customers as they stand.
[wording]
title = {_text(answers.title)}
telephone = ""
{address}
[wording.signature]
{signatures}
{_return_wording(answers) if answers.takes_requests else ""}"""


def _return_wording(answers: Answers) -> str:
    """What customers read about returns, in the words of the desk that comes with mailflow: to be made the desk's own."""
    shipped = load_desk(shipped_desks() / WORDING_OF).wording
    tables = {"return_instructions": shipped.return_instructions, "terms": shipped.terms}
    return "".join(
        f"\n[wording.{name}]\n"
        + "".join(f"{language} = {_lines(texts[language])}\n" for language in answers.languages if language in texts)
        for name, texts in tables.items()
    )


def _lines(values: tuple[str, ...]) -> str:
    return "[\n" + "".join(f"  {_text(value)},\n" for value in values) + "]"


REQUESTS = """# Service requests: how soon an engineer answers, from acceptance.
[requests]
demanded = ["serial", "symptoms"]       # what a request must have to be complete; also possible: contract

[requests.response]
P1 = "30 minutes"
P2 = "60 minutes"
P3 = "2 hours"
P4 = "1 business days"

# Returns
[returns]
validity = "30 days"                    # of an RMA, from the day after its issue
return_term = "15 business days"        # for the faulty part, from the day after the replacement's delivery
reminders = ["5 business days", "2 business days", "0 business days"]
invoice_after = "5 business days"       # from the final notice to the invoice request
human_yes_before_invoice = true         # ask customer care before each invoice request
"""

CERTIFICATION = """# Partner certification
[certification]
decision = "3 business days"
reminders = ["90 days", "30 days", "7 days"]    # before the last valid day

[certification.engineers]               # stars = certified engineers
2 = 2
3 = 3
4 = 4
"""
