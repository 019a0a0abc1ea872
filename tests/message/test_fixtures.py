"""Each mail of tests/fixtures/mails reads as the .expected.toml beside it says; only the keys that stand there are compared."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pytest

from mailflow.message.bounce import read_bounce
from mailflow.message.customer.request import extract_request
from mailflow.message.documents.text_form import read_text_form
from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import Kind, Mail, UnreadableMail
from mailflow.message.reference import find_case_numbers, find_case_tokens
from mailflow.message.reply import split_reply, without_quotations
from mailflow.message.sender import find_nature, read_authentication

FOLDER = Path(__file__).parents[1] / "fixtures" / "mails"
OWN = frozenset({"tac@tac.example"})
TODAY = date(2026, 11, 26)


def _form(mail: Mail) -> dict[str, Any]:
    form = read_text_form(mail.text, today=TODAY, language="en")
    assert form is not None
    return {
        "rma": form.rma,
        "carrier": form.carrier,
        "tracking": form.tracking,
        "ship_date": form.ship_date,
        "cartons": form.cartons,
        "lines": [[line.part_number, line.serial, line.quantity, line.category] for line in form.lines],
    }


def _bounced(mail: Mail, raw: bytes) -> list[list[Any]]:
    bounce = read_bounce(mail, raw)
    return [[one.address, one.permanent, one.status] for one in bounce.recipients] if bounce else []


READERS: dict[str, Callable[[Mail, bytes], Any]] = {
    "sender": lambda mail, _raw: mail.sender.address,
    "senders": lambda mail, _raw: [address.address for address in mail.senders],
    "name": lambda mail, _raw: mail.sender.name,
    "to": lambda mail, _raw: [address.address for address in mail.to],
    "subject": lambda mail, _raw: mail.subject,
    "date": lambda mail, _raw: mail.date,
    "date_absent": lambda mail, _raw: mail.date is None,
    "message_id": lambda mail, _raw: mail.message_id,
    "in_reply_to": lambda mail, _raw: list(mail.in_reply_to),
    "references": lambda mail, _raw: list(mail.references),
    "text": lambda mail, _raw: mail.text,
    "attachments": lambda mail, _raw: [part.name for part in mail.attachments if part.name is not None],
    "unnamed": lambda mail, _raw: sum(1 for part in mail.attachments if part.name is None),
    "encrypted": lambda mail, _raw: mail.encrypted,
    "flaw": lambda mail, _raw: mail.flaws[0],
    "kind": lambda mail, _raw: find_nature(mail, OWN).kind.value,
    "automatic": lambda mail, _raw: find_nature(mail, OWN).kind is Kind.AUTOMATIC,
    "bounced": _bounced,
    "bounced_message_id": lambda mail, raw: getattr(read_bounce(mail, raw), "original_message_id", None),
    "reply": lambda mail, _raw: split_reply(mail.text).new_text,
    "case_numbers": lambda mail, _raw: list(find_case_numbers(f"{mail.subject}\n{mail.text}", ("SR-", "RMA-"))),
    "tokens": lambda mail, _raw: list(find_case_tokens(mail, OWN)),
    "genuine": lambda mail, _raw: read_authentication(mail, "mx.tac.example").genuine,
    "form": lambda mail, _raw: _form(mail),
    "form_absent": lambda mail, _raw: read_text_form(mail.text) is None,
}


def _extracted(mail: Mail, names: list[str]) -> dict[str, Any]:
    found = extract_request(mail.subject, without_quotations(mail.text))
    values = {name: getattr(found, name) for name in names}
    return {name: _listed(value) for name, value in values.items()}


def _listed(value: Any) -> Any:
    return [_listed(one) for one in value] if isinstance(value, tuple) else value


def _pairs() -> list[Any]:
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in sorted(FOLDER.glob("*/*.eml"))]


@pytest.mark.parametrize("path", _pairs())
def test_a_mail_reads_as_its_expectation_says(path: Path) -> None:
    raw = path.read_bytes()
    expected = tomllib.loads(path.with_name(f"{path.stem}.expected.toml").read_text(encoding="utf-8"))
    assert expected, "an expectation says at least one thing"
    try:
        mail = parse_mail(raw)
    except UnreadableMail as error:
        assert expected == {"unreadable": str(error)}
        return
    stated = expected.pop("extracted", {})
    if "date" in expected:
        expected["date"] = expected["date"].astimezone(UTC)
    assert {key: READERS[key](mail, raw) for key in expected} == expected
    assert _extracted(mail, list(stated)) == stated


def test_every_fixture_has_its_expectation_and_no_expectation_stands_alone() -> None:
    mails = {path.with_suffix("") for path in FOLDER.glob("*/*.eml")}
    expectations = {path.with_name(path.name.removesuffix(".expected.toml")) for path in FOLDER.glob("*/*.expected.toml")}
    assert mails == expectations
