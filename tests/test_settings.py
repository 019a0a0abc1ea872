"""Settings: what stands in the files arrives as frozen values, and what is wrong is named by file, key and reason in one line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from mailflow.policy.desk import DeskMailbox, MailboxRole, Role
from mailflow.policy.term import Term, Unit
from mailflow.settings import MailboxConnection, Settings, WrongSettings, find_desk, load_desk, load_settings, shipped_desks

DESK = """
languages = ["en", "pl"]
[number_prefixes]
service_request = "SR-"
[[mailboxes]]
address = "Help@desk.example"
role = "tac"
language = "pl"
[[staff]]
address = "ann@desk.example"
roles = ["ccr", "cse"]
[calendar]
country = "PL"
timezone = "Europe/Warsaw"
extra_working_days = [2026-12-05]
[calendar.windows]
monday = ["09:00-12:00", "13:00-17:00"]
sunday = ["00:00-24:00"]
[calendar.extra_holidays]
"2026-12-31" = "Company day"
[requests]
response = { P1 = "1 service hour", P2 = "60 minutes", P3 = "2 hours", P4 = "1 business day" }
[returns]
return_term = "7 days"
[wording]
title = "Help"
[wording.signature]
en = "Yours"
pl = "Z poważaniem"
"""

MAIN = """
desks = ["./mydesk"]
state_dir = "state"
authserv_id = "mx.desk.example"
case_address_key = "0123456789abcdef0123456789abcdef"
cutoff = 2026-11-22T01:00:00+01:00
[[mailboxes]]
address = "help@desk.example"
host = "imap.desk.example"
user = "help"
password = "open sesame"
[relay]
host = "localhost"
tls = "none"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a working configuration, for the tests to spoil."""
    (tmp_path / "mydesk").mkdir()
    (tmp_path / "mydesk" / "desk.toml").write_text(DESK, encoding="utf-8")
    (tmp_path / "mailflow.toml").write_text(MAIN, encoding="utf-8")
    return tmp_path


def load(folder: Path, *, spoil: str = "", by: str = "") -> Settings:
    file = folder / "mailflow.toml"
    text = file.read_text(encoding="utf-8")
    assert spoil in text
    file.write_text(text.replace(spoil, by, 1) if spoil else text, encoding="utf-8")
    return load_settings(file)


def trouble(folder: Path, file: str, spoil: str, by: str) -> str:
    """The message, with the folder left out, after a text of the file is replaced."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert spoil in text
    path.write_text(text.replace(spoil, by, 1), encoding="utf-8")
    with pytest.raises(WrongSettings) as caught:
        load_settings(folder / "mailflow.toml")
    return str(caught.value).replace(str(folder) + "/", "")


def test_the_files_arrive_as_frozen_values(folder: Path) -> None:
    settings = load(folder)
    assert settings.state_dir == folder / "state"
    assert settings.database_url == f"sqlite:///{folder}/state/mailflow.db"
    assert settings.cutoff == datetime(2026, 11, 22, tzinfo=UTC)
    assert (settings.relay.host, settings.relay.port, settings.relay.tls, settings.size_limit_mb) == ("localhost", 25, "none", 30)
    assert settings.case_address_key.get_secret_value() == "0123456789abcdef0123456789abcdef"
    (mailbox,) = settings.mailboxes
    assert (mailbox.port, mailbox.folder, mailbox.after_storing, mailbox.poll_seconds) == (993, "INBOX", "flag", 60)
    assert settings.desk_of_mailbox("HELP@desk.example") == settings.desk("mydesk") == settings.desks[0]


def test_a_desk_arrives_as_the_rules_want_it(folder: Path) -> None:
    """DK3; what the file leaves out has the policy's default."""
    desk = load_desk(folder / "mydesk")
    assert (desk.name, desk.languages, desk.number_prefixes) == ("mydesk", ("en", "pl"), {"service_request": "SR-"})
    assert desk.mailboxes == (DeskMailbox("help@desk.example", MailboxRole.TAC, "pl"),)
    assert desk.roles_of("ann@desk.example") == (Role.CCR, Role.CSE)
    assert desk.calendar.windows == {0: ((time(9), time(12)), (time(13), time(17))), 6: ((time(0), time(0)),)}
    assert desk.calendar.extra_holidays == {date(2026, 12, 31): "Company day"}
    assert desk.calendar.extra_working_days == (date(2026, 12, 5),)
    assert desk.requests.response["P1"] == Term(1, Unit.SERVICE_HOURS)
    assert desk.requests.warning_percents == (50, 80)
    assert desk.returns.return_term == Term(7, Unit.DAYS)
    assert desk.returns.validity == Term(30, Unit.DAYS)


def test_a_programme_may_have_a_return_term_of_its_own(folder: Path) -> None:
    """BX3; any other has the desk's."""
    file = folder / "mydesk" / "desk.toml"
    file.write_text(file.read_text("utf-8") + '[returns.term_by_programme]\ncocare = "10 business days"\n', "utf-8")
    returns = load_desk(folder / "mydesk").returns
    assert (returns.term_of("cocare"), returns.term_of("hicare")) == (Term(10, Unit.BUSINESS_DAYS), Term(7, Unit.DAYS))


@pytest.mark.parametrize(
    ("spoil", "by", "message"),
    [
        ('user = "help"', 'usr = "help"', "mailflow.toml: mailboxes.0.usr: unknown key"),
        ("[relay]", "[rely]", "mailflow.toml: relay: is missing"),
        ('state_dir = "state"', "state_dir = 5", "mailflow.toml: state_dir: must be a path"),
        ('state_dir = "state"', "", "mailflow.toml: state_dir: is missing"),
        (
            '"localhost"',
            '"smtp.desk.example"',
            "mailflow.toml: relay.tls: 'none' is for loopback hosts only, and 'smtp.desk.example' is none",
        ),
        ('tls = "none"', 'tls = "ssl"', "mailflow.toml: relay.tls: Input should be 'tls', 'starttls' or 'none'"),
        ('user = "help"', "port = 99999", "mailflow.toml: mailboxes.0.port: Input should be less than or equal to 65535"),
        ('user = "help"', "", "mailflow.toml: mailboxes.0: kind 'imap' needs 'user'"),
        ('host = "imap.desk.example"', 'kind = "maildir"', "mailflow.toml: mailboxes.0: kind 'maildir' needs 'path'"),
        ("help@desk", "other@desk", "mailflow.toml: mailboxes.0.address: other@desk.example is no mailbox of the desks mydesk"),
        ("0123456789abcdef0123456789abcdef", "short", "mailflow.toml: case_address_key: must have at least 16 characters"),
        ("+01:00", "", "mailflow.toml: cutoff: Input should have timezone info"),
        ('["./mydesk"]', '["./mydesk", "./mydesk"]', "mailflow.toml: desks: a desk stands there twice"),
        ("desks =", "desks", "mailflow.toml: Expected '=' after a key in a key/value pair (at line 2, column 7)"),
        (
            'password = "open sesame"',
            'password = "file:nowhere"',
            "mailflow.toml: mailboxes.0.password: the secret 'file:nowhere' cannot be read: No such file or directory",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(folder: Path, spoil: str, by: str, message: str) -> None:
    assert trouble(folder, "mailflow.toml", spoil, by) == message


@pytest.mark.parametrize(
    ("spoil", "by", "message"),
    [
        ('"1 service hour"', '"1 hour or so"', "requests.response.P1: '1 hour or so' is no term; write it like '30 minutes', "),
        ('"1 service hour"', '"99999999999 service hours"', "requests.response.P1: '99999999999 service hours' is longer than ten years"),
        ('"7 days"', '"7 hours"', "returns.return_term: '7 hours' must be days or business days"),
        (
            '"7 days"',
            '"7 days"\nterm_by_programme = { cocrae = "7 days" }',
            "returns.term_by_programme.cocrae: String should match pattern '^(hicare|cocare|software|warranty)$'",
        ),
        ('P4 = "1 business day"', 'P5 = "1 business day"', "requests.response.P5: String should match pattern '^P[1-4]$'"),
        (', P4 = "1 business day"', "", "requests.response: Dictionary should have at least 4 items after validation, not 3"),
        ('country = "PL"', 'country = "XX"', "calendar.country: no holidays are known of 'XX'; write a country like PL (ISO 3166)"),
        ("Europe/Warsaw", "Europe/Krakow", "calendar.timezone: 'Europe/Krakow' is not a time zone like Europe/Warsaw"),
        ('"09:00-12:00"', '"9 to 12"', "calendar.windows.monday.0: '9 to 12' is no service window; write it like '09:00-17:00'"),
        ('"13:00-17:00"', '"11:00-17:00"', "calendar.windows.monday: the windows overlap"),
        ('"2026-12-31"', '"31.12."', "calendar.extra_holidays.31.12.: '31.12.' is not a date like 2026-11-22"),
        ('"ccr"', '"boss"', "staff.0.roles.0: 'boss' is none of: ccr, cse, receiving, escalation, finance, admin, reviewer"),
        ('role = "tac"', 'role = "sales"', "mailboxes.0.role: 'sales' is none of: tac, receiving, escalation, partner"),
        ("Help@desk.example", "help", "mailboxes.0.address: 'help' is not an address like anna@customer.example"),
        ("Help@desk.example", "help@desk,example.com", "mailboxes.0.address: 'help@desk,example.com' is not an address like "),
        ('language = "pl"', 'language = "zh"', "mailboxes.0.language: 'zh' is none of the desk's languages"),
        ('pl = "Z poważaniem"', "", "wording.signature.pl: is missing"),
        ('"SR-"', '"sr"', "number_prefixes.service_request: String should match pattern '^[A-Z][A-Z0-9]*-$'"),
        ("[wording]", 'rma = "SR-"\n[wording]', "returns.rma: unknown key"),
        ('languages = ["en", "pl"]', 'languages = ["en", "pl"]\nname = "x"', "name: unknown key"),
        ('languages = ["en", "pl"]', 'languages = "en"', "languages: must be a list, in square brackets"),
        ('"7 days"', '"7 days"\nhuman_yes_before_invoice = "yes"', "returns.human_yes_before_invoice: Input should be a valid boolean"),
        ("[requests]", '[requests]\nwarning_percents = ["50"]', "requests.warning_percents.0: Input should be a valid integer"),
        ("[requests]", "[requests]\nlate_after = 2", "requests.late_after: '2' is no term; write it like '30 minutes', "),
    ],
)
def test_a_wrong_desk_is_named_in_one_line(folder: Path, spoil: str, by: str, message: str) -> None:
    """DK3."""
    shown = trouble(folder, "mydesk/desk.toml", spoil, by)
    assert shown.startswith(f"mydesk/desk.toml: {message}")
    assert "\n" not in shown


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings) as caught:
        load_settings(tmp_path / "mailflow.toml")
    assert (caught.value.file, caught.value.key, caught.value.reason) == (str(tmp_path / "mailflow.toml"), "", "the file does not exist")


def test_bytes_that_are_no_text_are_named(folder: Path) -> None:
    (folder / "mydesk" / "desk.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongSettings, match=re.escape("desk.toml: cannot be read: not UTF-8")):
        load(folder)


def test_secrets_come_from_systemds_credentials_or_from_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newline at a secret's end is none of the secret."""
    credentials = folder / "credentials"
    credentials.mkdir()
    (credentials / "imap.help").write_text("from a credential\n", encoding="utf-8")
    (folder / "key").write_text("a key of at least sixteen\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    load(folder, spoil='"open sesame"', by='"cred:imap.help"')
    settings = load(folder, spoil='"0123456789abcdef0123456789abcdef"', by='"file:key"')
    assert settings.mailboxes[0].password.get_secret_value() == "from a credential"
    assert settings.case_address_key.get_secret_value() == "a key of at least sixteen"


@pytest.mark.parametrize("name", ["../imap", "", "a/b"])
def test_a_credential_is_a_plain_name(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    message = trouble(folder, "mailflow.toml", '"open sesame"', f'"cred:{name}"')
    assert message == f"mailflow.toml: mailboxes.0.password: 'cred:{name}' is no name of a credential"


def test_without_systemd_a_credential_cannot_be_had(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(WrongSettings, match=re.escape("mailboxes.0.password: the secret 'cred:imap' needs systemd's LoadCredential=")):
        load(folder, spoil='"open sesame"', by='"cred:imap"')
    assert load_settings(folder / "mailflow.toml", secrets=False).mailboxes[0].password.get_secret_value() == "cred:imap"


def test_no_secret_is_ever_shown(folder: Path) -> None:
    """Neither in a representation nor in an error, the database's address included."""
    settings = load(folder, spoil="authserv_id", by='database_url = "postgresql+psycopg://m:hush@db/m"\nauthserv_id')
    assert settings.database_url == "postgresql+psycopg://m:hush@db/m"
    shown = repr(settings)
    assert [word for word in ("hush", "sesame", "0123456789abcdef") if word in shown] == []
    message = trouble(folder, "mailflow.toml", '"open sesame"', '["open sesame"]')
    assert message == "mailflow.toml: mailboxes.0.password: must be a text"


@pytest.mark.parametrize(
    ("host", "allowed"), [("localhost", True), ("127.0.0.9", True), ("::1", True), ("10.0.0.1", False), ("localhost.example", False)]
)
def test_clear_text_never_leaves_the_machine(host: str, allowed: bool) -> None:
    values = {"address": "a@b.example", "host": host, "tls": "none", "user": "a", "password": "b"}
    if allowed:
        assert MailboxConnection.model_validate(values).port == 143
    else:
        with pytest.raises(ValueError, match="loopback hosts only"):
            MailboxConnection.model_validate(values)


def test_a_desk_is_found_by_name_or_by_path(folder: Path) -> None:
    assert find_desk("mydesk", (folder / "nowhere", folder)) == folder / "mydesk"
    assert find_desk(str(folder / "mydesk"), ()) == folder / "mydesk"
    with pytest.raises(WrongSettings, match="there is no such desk"):
        find_desk("../mydesk", (folder / "mydesk",))


def test_the_desks_beside_the_settings_come_before_the_shipped_ones(folder: Path) -> None:
    (folder / "desks" / "huawei-tac").mkdir(parents=True)
    (folder / "desks" / "huawei-tac" / "desk.toml").write_text(DESK, encoding="utf-8")
    assert load(folder, spoil="./mydesk", by="huawei-tac").desks[0].wording.title == "Help"


def test_the_shipped_example_is_whole() -> None:
    """Contract: the desk huawei-tac, and the numbers of SR4, RM3, RM8, RM9."""
    settings = load_settings(shipped_desks().parent / "mailflow.toml", secrets=False)
    (desk,) = settings.desks
    assert (desk.name, desk.languages, desk.calendar.country, desk.calendar.timezone) == (
        "huawei-tac",
        ("en", "pl", "zh"),
        "RO",
        "Europe/Bucharest",
    )
    assert [box.address for box in settings.mailboxes] == [box.address for box in desk.mailboxes]
    assert {member.address: member.roles for member in desk.staff} == {
        "ccr@tac.example": (Role.CCR,),
        "cse@tac.example": (Role.CSE,),
        "warehouse@tac.example": (Role.RECEIVING,),
        "manager@tac.example": (Role.ESCALATION,),
        "finance@tac.example": (Role.FINANCE,),
        "admin@tac.example": (Role.ADMIN,),
    }
    assert desk.requests.response == {
        "P1": Term(30, Unit.MINUTES),
        "P2": Term(60, Unit.MINUTES),
        "P3": Term(2, Unit.HOURS),
        "P4": Term(1, Unit.BUSINESS_DAYS),
    }
    returns = desk.returns
    assert (returns.validity, returns.return_term, returns.invoice_after) == (
        Term(30, Unit.DAYS),
        Term(15, Unit.BUSINESS_DAYS),
        Term(5, Unit.BUSINESS_DAYS),
    )
    assert [term.amount for term in returns.reminders] == [5, 2, 0]


@pytest.mark.parametrize("folder_of_desk", sorted(path.parent for path in shipped_desks().glob("*/desk.toml")), ids=lambda path: path.name)
def test_every_shipped_desk_loads_and_has_its_words_in_all_its_languages(folder_of_desk: Path) -> None:
    """DK3."""
    desk = load_desk(folder_of_desk)
    for words in (desk.wording.signature, desk.wording.terms, desk.wording.return_instructions):
        assert not words or set(words) == set(desk.languages)
