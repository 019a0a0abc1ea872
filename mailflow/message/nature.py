"""What sort of sender is behind a mail: an ordered table of named rules, the first that fits decides (IN2, IN7, RFC 3834).

Headers from outside only ever silence automatic answers; none of them changes a case (case 58). An ordinary mail is never a
bounce because of its words alone: it needs the sender of one as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailflow.message.model import Kind, Mail, Nature
from mailflow.message.phrases import (
    BOUNCE_SUBJECT,
    CHALLENGE,
    DAEMON,
    DAEMON_NAME,
    FAILURE,
    MACHINE,
    OUT_OF_OFFICE,
    REJECTED,
    RETURNED,
    STATUS_CODE,
    STRICT_DAEMON,
)

_SCANNED = 20_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table. `found` returns what made it fit, in words, or '' where it does not."""

    kind: Kind
    name: str
    found: Callable[[Mail], str]


def find_nature(mail: Mail, own_addresses: frozenset[str]) -> Nature:
    """The verdict on a mail. `own_addresses` are all addresses of ours, lower case."""
    if mark := _own(mail, own_addresses):
        return Nature(Kind.ECHO, mark)
    for rule in RULES:
        if mark := rule.found(mail):
            return Nature(rule.kind, f"{rule.name}: {mark}" if mark != rule.name else mark)
    return Nature(Kind.PERSON, "no mark of a machine")


def is_automatic(nature: Nature) -> bool:
    """Sent by a machine of its own accord or in answer to us; not a bounce, list post, receipt, echo or feedback report."""
    return nature.kind is Kind.AUTOMATIC


def _own(mail: Mail, own_addresses: frozenset[str]) -> str:
    return "sender is an address of ours" if mail.sender.address in own_addresses else ""


def _auto_submitted(mail: Mail) -> str:
    value = mail.header("auto-submitted").lower().partition(";")[0].strip()
    return "" if value in ("", "no") else value


def _content_type(mail: Mail) -> str:
    return mail.header("content-type").lower().replace('"', "")


def _null_sender(mail: Mail) -> bool:
    return any(value.replace(" ", "") == "<>" for value in mail.all_headers("return-path"))


def _local(mail: Mail) -> str:
    return mail.sender.address


def _delivery_status(mail: Mail) -> str:
    kind = _content_type(mail)
    if "report-type=feedback-report" in kind or "report-type=disposition-notification" in kind:
        return ""
    if not any(
        key in ("final-recipient", "original-recipient", "action", "x-actual-recipient", "x-supplementary-info") for key, _ in mail.report
    ):
        return ""
    actions = {value.lower().split(" ")[0] for key, value in mail.report if key == "action"}
    return "" if actions and actions <= {"delivered", "relayed", "expanded"} else "message/delivery-status"


def _rejection(mail: Mail) -> str:
    """A filter of the recipient's (Sieve reject, RFC 5429) answers with a receipt that says `deleted`: our mail was not taken."""
    notes = (
        part.content[:20_000].decode("latin-1") for part in mail.attachments if part.content_type == "message/disposition-notification"
    )
    return (
        "rejected by the recipient's filter" if BOUNCE_SUBJECT.search(mail.subject) and any(REJECTED.search(note) for note in notes) else ""
    )


def _receipt(mail: Mail) -> str:
    if "report-type=disposition-notification" in _content_type(mail):
        return "report-type=disposition-notification"
    return "message/disposition-notification" if _part(mail, "message/disposition-notification") else ""


def _part(mail: Mail, kind: str) -> bool:
    return any(part.content_type == kind for part in mail.attachments)


def _feedback(mail: Mail) -> str:
    if "report-type=feedback-report" in _content_type(mail) or _part(mail, "message/feedback-report"):
        return "feedback-report"
    return ""


def _delivered(mail: Mail) -> str:
    actions = {value.lower().split(" ")[0] for key, value in mail.report if key == "action"}
    return "success report" if actions and actions <= {"delivered", "relayed", "expanded"} else ""


def _failure_words(mail: Mail) -> bool:
    return bool(FAILURE.search((mail.text or mail.alternative_text)[:_SCANNED]))


def _bounce_by_daemon(mail: Mail) -> str:
    """The postmaster writes, the subject or the text speaks of a failure, and it is neither a vacation notice nor an answer."""
    named = DAEMON_NAME.search(mail.sender.name) and "@" not in mail.sender.address
    daemon = (
        STRICT_DAEMON.search(_local(mail)) or named or (mail.sender.address.startswith('"') and DAEMON_NAME.search(mail.sender.address))
    )
    if not daemon or OUT_OF_OFFICE.search(mail.subject):
        return ""
    told = BOUNCE_SUBJECT.search(mail.subject)
    if mail.header("in-reply-to") and not told:
        told = STATUS_CODE.search((mail.text or mail.alternative_text)[:_SCANNED])
    elif not told and (_failure_words(mail) or _part(mail, "message/rfc822")):
        return f"from {mail.sender.address or mail.sender.name}"
    return f"from {mail.sender.address or mail.sender.name}" if told else ""


def _bounce_by_machine(mail: Mail) -> str:
    """A gateway with a name of its own: a machine's address, a failure in subject and text, and the mail it returns."""
    if not MACHINE.search(_local(mail)) or mail.in_reply_to or not BOUNCE_SUBJECT.search(mail.subject) or not _failure_words(mail):
        return ""
    returned = _part(mail, "message/rfc822") or RETURNED.search((mail.text or mail.alternative_text)[:_SCANNED])
    return f"from {mail.sender.address}, with the returned mail" if returned else ""


def _bounce_by_null_sender(mail: Mail) -> str:
    """Return-Path <> and both a failure subject and failure words, or the sender's name of a daemon with either."""
    if not _null_sender(mail) or OUT_OF_OFFICE.search(mail.subject) or _auto_submitted(mail) == "auto-generated":
        return ""
    if _part(mail, "message/rfc822") and not _auto_submitted(mail):
        return "Return-Path <> and the returned mail"
    evidence = (
        bool(BOUNCE_SUBJECT.search(mail.subject)),
        _failure_words(mail),
        bool(DAEMON.search(_local(mail)) or DAEMON_NAME.search(mail.sender.name)),
    )
    return "Return-Path <>" if sum(evidence) >= 2 else ""


def _bounce_by_marks(mail: Mail) -> str:
    if mail.header("x-failed-recipients"):
        return "header X-Failed-Recipients"
    kind = _content_type(mail)
    if "report-type=delivery-status" in kind and (BOUNCE_SUBJECT.search(mail.subject) or _failure_words(mail)):
        return "multipart/report"
    if (
        (DAEMON.search(_local(mail)) or DAEMON_NAME.search(mail.sender.name))
        and BOUNCE_SUBJECT.search(mail.subject)
        and _failure_words(mail)
        and not mail.header("in-reply-to")
    ):
        return f"from {mail.sender.address}, failure in subject and text"
    return ""


def _automatic_header(mail: Mail) -> str:
    if mark := _auto_submitted(mail):
        return f"Auto-Submitted: {mark}"
    for name in (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-response",
        "x-autoreply-from",
        "x-mail-autoreply",
        "x-away-message",
    ):
        if (value := mail.header(name)) and value.lower() not in ("no", "false"):
            return name
    return ""


def _precedence(mail: Mail) -> str:
    return mail.header("precedence").lower().strip()


def _automatic_precedence(mail: Mail) -> str:
    value = _precedence(mail)
    if value in ("auto_reply", "auto-reply", "autoreply"):
        return f"Precedence: {value}"
    return f"Precedence: {value}" if value in ("bulk", "junk") and not _list_header(mail) else ""


def _out_of_office(mail: Mail) -> str:
    return "out-of-office subject" if OUT_OF_OFFICE.search(mail.subject) else ""


def _challenge(mail: Mail) -> str:
    if _null_sender(mail) and CHALLENGE.search(mail.subject):
        return "challenge-response"
    return ""


def _suppressed(mail: Mail) -> str:
    """X-Auto-Response-Suppress stands on Outlook users' mail too: it counts only beside an empty return path."""
    if not mail.header("x-auto-response-suppress") or not _null_sender(mail):
        return ""
    return "X-Auto-Response-Suppress and Return-Path <>"


def _list_header(mail: Mail) -> str:
    for name in ("list-id", "list-post", "x-mailing-list", "mailing-list", "x-mailman-version", "x-loop-list"):
        if mail.header(name):
            return name
    return ""


def _list(mail: Mail) -> str:
    return _list_header(mail) or ("Precedence: list" if _precedence(mail) == "list" else "")


def _null_return_path(mail: Mail) -> str:
    return "Return-Path <>" if _null_sender(mail) else ""


RULES: tuple[Rule, ...] = (
    Rule(Kind.FEEDBACK, "complaint of a mail provider (RFC 5965)", _feedback),
    Rule(Kind.BOUNCE, "rejection (RFC 5429)", _rejection),
    Rule(Kind.RECEIPT, "read receipt (RFC 8098)", _receipt),
    Rule(Kind.BOUNCE, "delivery report (RFC 3464)", _delivery_status),
    Rule(Kind.RECEIPT, "delivery confirmed (RFC 3464)", _delivered),
    Rule(Kind.BOUNCE, "mark of a bounce", _bounce_by_marks),
    Rule(Kind.BOUNCE, "failure notice of a postmaster", _bounce_by_daemon),
    Rule(Kind.BOUNCE, "failure notice without return path", _bounce_by_null_sender),
    Rule(Kind.BOUNCE, "failure notice of a gateway", _bounce_by_machine),
    Rule(Kind.AUTOMATIC, "automatic mail", _automatic_header),
    Rule(Kind.AUTOMATIC, "automatic mail", _automatic_precedence),
    Rule(Kind.AUTOMATIC, "automatic answer", _out_of_office),
    Rule(Kind.AUTOMATIC, "challenge", _challenge),
    Rule(Kind.AUTOMATIC, "automatic mail", _suppressed),
    Rule(Kind.LIST, "post of a mailing list", _list),
    Rule(Kind.AUTOMATIC, "no return path", _null_return_path),
)
