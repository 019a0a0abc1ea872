"""`mailflow read`: what mailflow understands of a mail, without a case or a connection."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mailflow.cli.configuration import SEARCHED, ConfigOption, JsonOption, load
from mailflow.cli.failure import FAILED
from mailflow.cli.output import print_block, print_facts, print_heading, print_json, say, visible
from mailflow.message.as_json import describe_mail
from mailflow.toml_file import WrongSettings

HEAD = (
    ("from", "from_addr"),
    ("name", "from_name"),
    ("to", "to"),
    ("cc", "cc"),
    ("subject", "subject"),
    ("date", "date"),
    ("message id", "message_id"),
    ("in reply to", "in_reply_to"),
    ("references", "references"),
    ("attachments", "attachments"),
    ("sent by a machine", "is_auto"),
    ("bounce", "is_bounce"),
    ("bounced", "bounced"),
    ("bounced mail", "bounced_message_id"),
    ("encrypted", "encrypted"),
    ("repaired", "flaws"),
    ("reply token", "reply_token"),
    ("case numbers", "case_numbers"),
)
APART = frozenset({"verdict", "auth", "body", "body_alt", "reply_text"})


def command(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Raw mails; - reads one from standard input.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read one path a line, print one JSON object a line.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show what mailflow understands of a mail.

    Needs no configuration; one that is given, or there, tells the desk's own addresses, numbers and border server.
    A mail that cannot be read gives null, and exit 1 unless --jsonl is given.
    """
    if bool(files) == jsonl:
        raise typer.BadParameter("give FILE..., or --jsonl and the paths on standard input")
    known = _known(config)
    if jsonl:
        _answer_lines(known)
        return
    described = [(file, _describe(file, known)) for file in files or ()]
    if as_json:
        print_json([{"file": str(file), **mail} if mail is not None else None for file, mail in described])
    else:
        for file, mail in described:
            _show(file, mail, with_name=len(described) > 1)
    if any(mail is None for _, mail in described):
        raise typer.Exit(FAILED)


def _known(config: Path | None) -> dict[str, Any]:
    """What a configuration adds to the reading of a mail: the given one, else one of `SEARCHED` that is there and can be used."""
    try:
        settings = load(config or next(path for path in SEARCHED if path.exists()), secrets=False)
    except StopIteration:
        return {}
    except (WrongSettings, OSError) as unusable:
        if config is not None:
            raise
        say(f"read without a configuration: {visible(unusable)}")
        return {}
    addresses = frozenset(box.address for desk in settings.desks for box in desk.mailboxes)
    prefixes = tuple(prefix for desk in settings.desks for prefix in desk.number_prefixes.values())
    return {"own_addresses": addresses, "mailboxes": addresses, "prefixes": prefixes, "authserv_id": settings.authserv_id}


def _answer_lines(known: Mapping[str, Any]) -> None:
    for line in sys.stdin.buffer:
        path = Path(line.rstrip(b"\r\n").decode("utf-8", "surrogateescape"))
        print_json(_describe(path, known), indent=None)


def _describe(file: Path, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """None, with the reason on standard error, for a mail that is set aside. One bad mail never ends the row of the others."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        described = describe_mail(raw, **known)
    except OSError as error:
        say(f"{visible(file)}: {error.strerror}")
        return None
    except Exception as error:
        say(f"{visible(file)}: {type(error).__name__}: {visible(error)}")
        return None
    if described is None:
        say(f"{visible(file)}: {_reason(raw)}")
    return described


def _reason(raw: bytes) -> str:
    from mailflow.message.mime.parse import parse_mail
    from mailflow.message.model import UnreadableMail

    try:
        parse_mail(raw)
    except UnreadableMail as unreadable:
        return visible(unreadable)
    return "cannot be read as a mail"


def _show(file: Path, mail: Mapping[str, Any] | None, *, with_name: bool) -> None:
    if with_name:
        print_heading(str(file))
    if mail is None:
        return
    verdict, proof = mail.get("verdict") or {}, mail.get("auth") or {}
    facts = [(label, _worded(mail.get(key))) for label, key in HEAD]
    facts.append(("verdict", f"{verdict.get('kind')} ({verdict.get('rule')})"))
    facts.append(("authentication", f"{'genuine' if proof.get('genuine') else 'not shown'} ({proof.get('rule')})"))
    print_facts(facts)
    apart = {key for _, key in HEAD} | APART
    for key, value in mail.items():
        if key not in apart and value not in (None, "", [], {}):
            print_heading(key.replace("_", " "))
            if isinstance(value, Mapping):
                print_facts((str(name).replace("_", " "), _worded(item)) for name, item in value.items())
            else:
                print_block(_worded(value))
    for key in ("reply_text", "body"):
        text = str(mail.get(key) or "").strip()
        if text and not (key == "body" and text == str(mail.get("reply_text") or "").strip()):
            print_heading("new text" if key == "reply_text" else "whole text")
            print_block(text)


def _worded(value: object) -> str:
    """A value as a line or several; a "no" is not worth a line."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple):
        return "\n".join("(unnamed)" if item is None else _worded(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(_worded(item) for item in value.values() if item not in ("", None))
    return "" if value is None else str(value)
