"""The world that stays open after the story: a mail client of one's own can play along, until Ctrl-C."""

from __future__ import annotations

import email
import email.policy
import imaplib
import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

PATIENCE = 60.0
MAIL = "\r\n".join(
    (
        "From: Anna Lind <anna@northwind.example>",
        "To: tac@tac.example",
        "Subject: one more thing",
        "Message-ID: <more@northwind.example>",
        "",
        "the fan rattles",
    )
)


def wait_for(what: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.1)


def port_of(name: str, printed: str) -> int:
    found = re.search(rf"{name}\s+127\.0\.0\.1:(\d+)", printed)
    return int(found[1]) if found else 0


def inbox(port: int, user: str) -> list[EmailMessage]:
    with imaplib.IMAP4("127.0.0.1", port, timeout=10) as client:
        client.login(user, "demo")
        client.select("INBOX", readonly=True)
        _, numbers = client.search(None, "ALL")
        answers = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers[0].split()]
    return [email.message_from_bytes(answer[1], policy=email.policy.default) for answer in answers if isinstance(answer, tuple)]


def test_a_mail_client_of_ones_own_is_answered_until_ctrl_c(tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    command = [sys.executable, "-m", "mailflow", "demo", "--keep", "--out", str(tmp_path / "out")]
    with printed.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, env={**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"})
    try:
        wait_for(lambda: port_of("SMTP", printed.read_text(encoding="utf-8")) > 0 or process.poll() is not None)
        text = printed.read_text(encoding="utf-8")
        with smtplib.SMTP("127.0.0.1", port_of("SMTP", text), local_hostname="client.example", timeout=10) as client:
            client.sendmail("anna@northwind.example", ["tac@tac.example"], MAIL)
        wait_for(
            lambda: (
                "the fan rattles" in " ".join(str(mail.get_body(("plain",))) for mail in inbox(port_of("IMAP", text), "ccr@tac.example"))
            )
        )
        subjects = [str(mail["Subject"]) for mail in inbox(port_of("IMAP", text), "anna@northwind.example")]
        assert subjects[-1] == "Re: [SR-100003] one more thing"
        wait_for(lambda: "one more thing" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE)
    assert code == 0
