"""Who is behind a mail: what sort of sender (IN2, IN7, RFC 3834), by an ordered table of rules, and is it genuine (OUT6, RFC 8601)?

Headers from outside only ever silence automatic answers; none of them changes a case (case 58). An ordinary mail is never a
bounce because of its words alone: it needs the sender of one as well.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from authres import FeatureContext, dmarc
from authres.core import AuthenticationResult

from mailflow.message.model import Authentication, Kind, Mail, Nature
from mailflow.message.words import any_of

_SCANNED, _LONGEST_NOTE = 20_000, 20_000
_LOOKED_AT = 600
"""Characters of the text: who is away says so first."""
_PREFIX = rf"^\W*(?:{any_of('subject', 'answered', 'forwarded')}\s*:\s*)?"
_AWAY_SUBJECT = re.compile(rf"{_PREFIX}\[?\s*{any_of('automatic', 'away_subject')}", re.I)
_AWAY = re.compile(any_of("automatic", "away"), re.I)
_CHALLENGE = re.compile(any_of("automatic", "challenge"), re.I)
_BOUNCE_SUBJECT = re.compile(any_of("bounce", "subject"), re.I)
FAILURE = re.compile(
    rf"\b[45]\d\d[ -#]+\(?#?[45]\.\d{{1,3}}\.\d{{1,3}}|(?:^|\s)#?[45]\.\d{{1,2}}\.\d{{1,2}}(?:\s|$)|{any_of('bounce', 'failure')}", re.I
)
_DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|mailerdaemon|postmaster|post_?master|mail[-_.]?daemon|mdaemon"
    r"|mail[-_.]?delivery[-_.]?(?:subsystem|system)?|maildelivery|delivery|bounces?|bounce[-_.]?(?:handler|notice)?|daemon|mta|mailsystem"
    r"|mail[-_]?system|mail[-_]?admin|email[-_]?admin|smtp[-_]?daemon|smtp|nobody|uucp|courier|mmdf|ims|system|sysadmin"
    r"|double-bounce|mail)(?:[+_-][^@]*)?(?:@|$)",
    re.I,
)
_STRICT_DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|mailerdaemon|post_?master|mail[-_.]?daemon|mdaemon|double-bounce)(?:[+_.\\-][^@]*)?(?:@|$)", re.I
)
_DAEMON_NAME = re.compile(any_of("bounce", "sender_name"), re.I)
_MACHINE = re.compile(
    r"smtp|anti-?virus|gateway|no-?reply"
    r"|(?:^|[._-])(?:ndr|mail|mailer|imss|admin|administrator|system|service|daemon|bounces?|delivery|security)(?:[._-]|@|$)",
    re.I,
)
_RETURNED = re.compile(rf"^(?:> ?)?(?:received: |return-path: |message-id: )|{any_of('bounce', 'returned')}", re.I | re.M)
_STATUS_CODE = re.compile(r"\b5\d\d[ -]#?5\.\d\.\d|\b5\.\d\.\d\b|\b55\d[ -]{1,3}[A-Za-z<]")
_REJECTED = re.compile(r"^Disposition:.{0,80}automatic-action.{0,80};\s*(?:deleted|failed|denied|refused)", re.I | re.M)
_ARRIVED = {"delivered", "relayed", "expanded"}
_REPORTED = {"final-recipient", "original-recipient", "action", "x-actual-recipient", "x-supplementary-info"}
_AUTOREPLY = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-away-message",
)
_LIST = ("list-id", "list-post", "x-mailing-list", "mailing-list", "x-mailman-version", "x-loop-list")


@dataclass(frozen=True, slots=True)
class Look:
    """A mail as the rules look at it, gathered once."""

    mail: Mail
    author: str
    headers: dict[str, str]
    """The first value of each header, the content type in lower case and without quotes."""
    kinds: frozenset[str]
    """The media types of its attachments."""
    actions: frozenset[str]
    """What a delivery report says was done with the mail."""
    text: str
    null_sender: bool
    auto_submitted: str
    """The keyword of Auto-Submitted, '' for `no`."""
    told: bool
    """The subject speaks of a mail that was not delivered."""
    away: bool
    """The subject is that of an automatic answer."""
    daemon: bool
    """The sender bears a name of mail servers."""

    def says_failure(self) -> bool:
        """Tell whether the text says that a mail was not delivered."""
        return FAILURE.search(self.text) is not None

    def is_report(self, kind: str) -> bool:
        """Tell whether the content type names this sort of report."""
        return f"report-type={kind}" in self.headers["content-type"]


def find_nature(mail: Mail, own_addresses: frozenset[str]) -> Nature:
    """Find what sort of sender is behind a mail. `own_addresses` are all addresses of ours, lower case."""
    look = _look_at(mail)
    if look.author in own_addresses:
        return Nature(Kind.ECHO, "sender is an address of ours")
    for kind, name, rule in RULES:
        if mark := rule(look):
            return Nature(kind, f"{name}: {mark}")
    return Nature(Kind.PERSON, "no mark of a machine")


def _look_at(mail: Mail) -> Look:
    headers = dict(reversed(mail.headers))
    headers["content-type"] = headers.get("content-type", "").lower().replace('"', "")
    submitted = headers.get("auto-submitted", "").lower().partition(";")[0].strip()
    author = mail.senders[0] if mail.senders else None
    address, name = (author.address, author.name) if author else ("", "")
    return Look(
        mail,
        address,
        headers,
        frozenset(part.content_type for part in mail.attachments),
        frozenset(value.lower().split(" ")[0] for key, value in mail.report if key == "action"),
        (mail.text or mail.alternative_text)[:_SCANNED],
        any(key == "return-path" and value.replace(" ", "") == "<>" for key, value in mail.headers),
        "" if submitted == "no" else submitted,
        _BOUNCE_SUBJECT.search(mail.subject) is not None,
        _AWAY_SUBJECT.search(mail.subject) is not None,
        bool(_DAEMON.search(address) or _DAEMON_NAME.search(name)),
    )


def is_absence_notice(mail: Mail) -> bool:
    """Tell whether a machine's mail says that its owner is away: by subject, first words, or a header that says vacation (IN7).

    What a helpdesk's machine answers is none.
    """
    beginning = f"{mail.subject}\n{(mail.text or mail.alternative_text)[:_LOOKED_AT]}"
    vacation = "vacation" in mail.header("auto-submitted").lower() or bool(mail.header("x-away-message"))
    return vacation or _AWAY.search(beginning) is not None


def feedback(look: Look) -> str:
    return "feedback-report" if look.is_report("feedback-report") or "message/feedback-report" in look.kinds else ""


def rejection(look: Look) -> str:
    """Find a filter's rejection (Sieve, RFC 5429): it answers with a receipt that says `deleted`, our mail was not taken."""
    receipts = (part.content for part in look.mail.attachments if part.content_type == "message/disposition-notification")
    rejects = look.told and any(_REJECTED.search(content[:_LONGEST_NOTE].decode("latin-1")) for content in receipts)
    return "rejected by the recipient's filter" if rejects else ""


def receipt(look: Look) -> str:
    if look.is_report("disposition-notification"):
        return "report-type=disposition-notification"
    return "message/disposition-notification" if "message/disposition-notification" in look.kinds else ""


def delivery_status(look: Look) -> str:
    is_other = look.is_report("feedback-report") or look.is_report("disposition-notification")
    if is_other or not any(key in _REPORTED for key, _ in look.mail.report):
        return ""
    return "" if look.actions and look.actions <= _ARRIVED else "message/delivery-status"


def delivered(look: Look) -> str:
    return "success report" if look.actions and look.actions <= _ARRIVED else ""


def bounce_by_marks(look: Look) -> str:
    if look.headers.get("x-failed-recipients"):
        return "header X-Failed-Recipients"
    if look.is_report("delivery-status") and (look.told or look.says_failure()):
        return "multipart/report"
    is_told = look.daemon and look.told and not look.headers.get("in-reply-to") and look.says_failure()
    return f"from {look.author}, failure in subject and text" if is_told else ""


def bounce_by_daemon(look: Look) -> str:
    """Find a postmaster whose subject or text speaks of a failure, neither in a vacation notice nor in an answer."""
    name = look.mail.sender.name
    bears_name = _DAEMON_NAME.search(name) and "@" not in look.author
    quoted_name = look.author.startswith('"') and _DAEMON_NAME.search(look.author)
    if look.away or not (_STRICT_DAEMON.search(look.author) or bears_name or quoted_name):
        return ""
    if look.headers.get("in-reply-to"):
        fails = look.told or _STATUS_CODE.search(look.text) is not None
    else:
        fails = look.told or "message/rfc822" in look.kinds or look.says_failure()
    return f"from {look.author or name}" if fails else ""


def bounce_by_null_sender(look: Look) -> str:
    """Find Return-Path <> and both a failure subject and failure words, or a daemon's name with either."""
    if not look.null_sender or look.away or look.auto_submitted == "auto-generated":
        return ""
    if "message/rfc822" in look.kinds and not look.auto_submitted:
        return "Return-Path <> and the returned mail"
    return "Return-Path <>" if look.told + look.daemon + look.says_failure() >= 2 else ""


def bounce_by_machine(look: Look) -> str:
    """Find a gateway with a name of its own: a machine's address, a failure in subject and text, and the mail it returns."""
    if not _MACHINE.search(look.author) or look.mail.in_reply_to or not look.told or not look.says_failure():
        return ""
    returned = "message/rfc822" in look.kinds or _RETURNED.search(look.text)
    return f"from {look.author}, with the returned mail" if returned else ""


def automatic_header(look: Look) -> str:
    if look.auto_submitted:
        return f"Auto-Submitted: {look.auto_submitted}"
    return next((name for name in _AUTOREPLY if look.headers.get(name, "").lower() not in ("", "no", "false")), "")


def automatic_precedence(look: Look) -> str:
    value = look.headers.get("precedence", "").lower().strip()
    says_so = value in ("auto_reply", "auto-reply", "autoreply") or (value in ("bulk", "junk") and not any(map(look.headers.get, _LIST)))
    return f"Precedence: {value}" if says_so else ""


def out_of_office(look: Look) -> str:
    return "out-of-office subject" if look.away else ""


def challenge(look: Look) -> str:
    return "challenge-response" if look.null_sender and _CHALLENGE.search(look.mail.subject) else ""


def suppressed(look: Look) -> str:
    """Find X-Auto-Response-Suppress beside an empty return path: alone it stands on Outlook users' mail too."""
    return "X-Auto-Response-Suppress and Return-Path <>" if look.null_sender and look.headers.get("x-auto-response-suppress") else ""


def mailing_list(look: Look) -> str:
    is_list = look.headers.get("precedence", "").lower().strip() == "list"
    return next(filter(look.headers.get, _LIST), "Precedence: list" if is_list else "")


def null_return_path(look: Look) -> str:
    return "Return-Path <>" if look.null_sender else ""


RULES: tuple[tuple[Kind, str, Callable[[Look], str]], ...] = (
    (Kind.FEEDBACK, "complaint of a mail provider (RFC 5965)", feedback),
    (Kind.BOUNCE, "rejection (RFC 5429)", rejection),
    (Kind.RECEIPT, "read receipt (RFC 8098)", receipt),
    (Kind.BOUNCE, "delivery report (RFC 3464)", delivery_status),
    (Kind.RECEIPT, "delivery confirmed (RFC 3464)", delivered),
    (Kind.BOUNCE, "mark of a bounce", bounce_by_marks),
    (Kind.BOUNCE, "failure notice of a postmaster", bounce_by_daemon),
    (Kind.BOUNCE, "failure notice without return path", bounce_by_null_sender),
    (Kind.BOUNCE, "failure notice of a gateway", bounce_by_machine),
    (Kind.AUTOMATIC, "automatic mail", automatic_header),
    (Kind.AUTOMATIC, "automatic mail", automatic_precedence),
    (Kind.AUTOMATIC, "automatic answer", out_of_office),
    (Kind.AUTOMATIC, "challenge", challenge),
    (Kind.AUTOMATIC, "automatic mail", suppressed),
    (Kind.LIST, "post of a mailing list", mailing_list),
    (Kind.AUTOMATIC, "no return path", null_return_path),
)
"""What it is, the rule's name, and the rule: it returns what made it fit, in words, or '' where it does not."""


_CONTEXT = FeatureContext(dmarc)
_LONGEST = 4000
# Where the sender's own address makes the rest unreadable, a failed test still stands there.
_SAYS_FAIL = re.compile(r"\bdmarc\s{0,5}=\s{0,5}fail\b", re.I)


def read_authentication(mail: Mail, authserv_id: str) -> Authentication:
    """Read the topmost Authentication-Results that carries exactly our authserv-id; the border strips forged ones above it.

    Read from what our own border server stamped (RFC 8601), and from nothing else (OUT6, cases 51 and 53): no signature is verified
    here and no DNS is asked, the border server did that when the mail came in.
    """
    if not authserv_id:
        return Authentication(False, "no border server is configured")
    names = {name for name, _ in mail.headers}
    # Which of several authors the border looked at nobody can tell (case 53). A mail made by hand has no headers to look at.
    if len(mail.senders) != 1 or ("from" not in names and "sender" in names):
        trouble = "the mail has no From" if len(mail.senders) == 1 else f"From names {len(mail.senders)} authors"
        return Authentication(False, trouble, failed=True)
    for name, value in mail.headers:
        # Microsoft 365 starts with a result at once, without an id
        words = value.partition(";")[0].split() if name == "authentication-results" else []
        if words and "=" not in words[0] and words[0].lower().strip('"') == authserv_id.lower():
            found = _verdict(mail.senders[0].domain, value)
            return found if found.genuine else replace(found, failed=found.failed or bool(_SAYS_FAIL.search(value[:_LONGEST])))
    return Authentication(False, f"no Authentication-Results of {authserv_id}")


def _verdict(author: str, value: str) -> Authentication:
    """Read what the results say of the author's domain: who fails, or is not the author that the border saw, did not write the mail."""
    try:
        results: list[AuthenticationResult] = _CONTEXT.parse("Authentication-Results: " + value[:_LONGEST]).results
    # the parser raises its own SyntaxError, RecursionError on nested comments and more: unreadable is not genuine
    except Exception as error:
        return Authentication(False, f"Authentication-Results cannot be read ({type(error).__name__})")
    policies = [one for one in results if one.method == "dmarc"]
    own = _spelled_out(author)
    for one in policies:
        domain = _property(one, "header", "from").lower().rpartition("@")[2].rstrip(".")
        seen = _spelled_out(domain)
        # two domains of which neither is the other or below it: some borders name the domain whose policy they found
        is_other = bool(domain) and not f".{seen}".endswith(f".{own}") and not f".{own}".endswith(f".{seen}")
        if one.result != "pass":
            return Authentication(False, f"dmarc={one.result} header.from={domain}", failed=one.result == "fail" or is_other)
        if not domain or seen != own:
            return Authentication(False, f"dmarc=pass for {domain or 'no domain'}, but From is of {author}", failed=is_other)
    if policies:
        return Authentication(True, f"dmarc=pass header.from={author}")
    for one in results:
        if one.method == "auth" and one.result == "pass":
            login = _property(one, "smtp", "auth").lower()
            if "@" in login and login.rpartition("@")[2] != author:
                return Authentication(False, f"auth=pass for {login}, but From is of {author}")
            return Authentication(True, f"auth=pass{' for ' + login if login else ''}")
    summary = ", ".join(f"{one.method}={one.result}" for one in results[:6]) or "none"
    return Authentication(False, f"neither dmarc=pass nor auth=pass: {summary}")


def _spelled_out(domain: str) -> str:
    """Spell out a domain's `xn--` labels (RFC 3492); nothing is mapped, so that one domain never becomes another."""
    labels = domain.split(".")
    for at, label in enumerate(labels):
        with contextlib.suppress(UnicodeError):
            labels[at] = label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
    return ".".join(labels)


def _property(result: AuthenticationResult, kind: str, name: str) -> str:
    return next((str(one.value) for one in result.properties if one.type == kind and one.name == name), "")
