"""`mailflow read`: what mailflow understands of a mail, without a case or a connection."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mailflow.cli.configuration import SEARCHED, ConfigOption, JsonOption, load
from mailflow.cli.failure import FAILED
from mailflow.cli.output import print_block, print_facts, print_heading, print_json, print_table, say, visible
from mailflow.message.as_json import describe_mail
from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import Hop, UnreadableMail
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
APART = frozenset({"verdict", "auth", "body", "body_alt", "reply_text", "route"})

Description = Mapping[str, object]


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
    describe = _describer(config)
    if jsonl:
        for line in sys.stdin.buffer:
            print_json(_describe(Path(line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")), describe), indent=None)
        return
    described = [(file, _describe(file, describe)) for file in files or ()]
    if as_json:
        print_json([{"file": str(file), **mail} if mail is not None else None for file, mail in described])
    else:
        for file, mail in described:
            if len(described) > 1:
                print_heading(str(file))
            if mail is not None:
                _show(mail)
    if any(mail is None for _, mail in described):
        raise typer.Exit(FAILED)


def _describer(config: Path | None) -> Callable[[bytes], Description | None]:
    """The reading of a mail with what a configuration adds: the given one, else one of `SEARCHED` that is there and can be used."""
    try:
        settings = load(config or next(path for path in SEARCHED if path.exists()), secrets=False)
    except StopIteration:
        return describe_mail
    except (WrongSettings, OSError) as unusable:
        if config is not None:
            raise
        say(f"read without a configuration: {visible(unusable)}")
        return describe_mail
    addresses = frozenset(box.address for desk in settings.desks for box in desk.mailboxes)
    prefixes = tuple(prefix for desk in settings.desks for prefix in desk.number_prefixes.values())
    return partial(describe_mail, own_addresses=addresses, mailboxes=addresses, prefixes=prefixes, authserv_id=settings.authserv_id)


def _describe(file: Path, describe: Callable[[bytes], Description | None]) -> Description | None:
    """None, with the reason on standard error, for a mail that is set aside. One bad mail never ends the row of the others."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        described = describe(raw)
        if described is None:
            parse_mail(raw)
    except OSError as error:
        say(f"{visible(file)}: {error.strerror}")
    except UnreadableMail as unreadable:
        say(f"{visible(file)}: {visible(unreadable)}")
    except Exception as error:
        say(f"{visible(file)}: {type(error).__name__}: {visible(error)}")
    else:
        return described
    return None


def _show(mail: Description) -> None:
    verdict, proof = _inside(mail, "verdict"), _inside(mail, "auth")
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
    route = mail.get("route")
    print_route(route if isinstance(route, list) else ())
    new_text, text = (str(mail.get(key) or "").strip() for key in ("reply_text", "body"))
    for heading, shown in (("new text", new_text), ("whole text", text if text != new_text else "")):
        if shown:
            print_heading(heading)
            print_block(shown)


def print_route(hops: Iterable[Hop]) -> None:
    """A table of the servers that passed a mail on, with the time that each took; nothing where none is known."""
    rows = [(hop.by_host, hop.from_host, hop.protocol, hop.at, _delay(hop.delay)) for hop in hops]
    if rows:
        print_heading("route")
        print_table(("by", "from", "with", "at", "delay"), rows)


def _delay(seconds: int | None) -> str:
    return "" if seconds is None else f"{'-' if seconds < 0 else ''}{timedelta(seconds=abs(seconds))}"


def _inside(mail: Description, key: str) -> Description:
    value = mail.get(key)
    return value if isinstance(value, Mapping) else {}


def _worded(value: object) -> str:
    """A value as a line or several; a "no" is not worth a line."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple):
        return "\n".join("(unnamed)" if item is None else _worded(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(_worded(item) for item in value.values() if item not in ("", None))
    return "" if value is None else str(value)
