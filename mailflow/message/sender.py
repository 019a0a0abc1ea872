"""Is the sender genuine? Read from what our own border server stamped (RFC 8601), and from nothing else (OUT6, cases 51 and 53).

No signature is verified here and no DNS is asked: the border server did that when the mail came in.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from authres import FeatureContext, dmarc

from mailflow.message.model import Authentication, Mail

_CONTEXT = FeatureContext(dmarc)
_LONGEST = 4000
# Where the sender's own address makes the rest unreadable, a failed test still stands there.
_SAYS_FAIL = re.compile(r"\bdmarc\s{0,5}=\s{0,5}fail\b", re.I)


def read_authentication(mail: Mail, authserv_id: str) -> Authentication:
    """The verdict of the topmost Authentication-Results that carries exactly our authserv-id; the border strips forged ones above it."""
    if not authserv_id:
        return Authentication(False, "no border server is configured")
    if trouble := _unclear_author(mail):
        # Which of them the border looked at nobody can tell: none of them is taken for the writer (case 53).
        return Authentication(False, trouble, failed=True)
    for value in mail.all_headers("authentication-results"):
        if _server(value) == authserv_id.lower():
            found = _verdict(mail, value)
            return found if found.genuine else replace(found, failed=found.failed or bool(_SAYS_FAIL.search(value[:_LONGEST])))
    return Authentication(False, f"no Authentication-Results of {authserv_id}")


def _unclear_author(mail: Mail) -> str:
    """Why From does not say who wrote the mail, '' where it does. A mail made by hand has no headers to look at."""
    if len(mail.senders) != 1:
        return f"From names {len(mail.senders)} authors"
    names = [name for name, _ in mail.headers]
    return "the mail has no From" if "from" not in names and "sender" in names else ""


def _server(value: str) -> str:
    """The authserv-id, '' where the header starts with a result at once (Microsoft 365 does that)."""
    words = value.partition(";")[0].split()
    return words[0].lower().strip('"') if words and "=" not in words[0] else ""


def _verdict(mail: Mail, value: str) -> Authentication:
    try:
        results: list[Any] = _CONTEXT.parse("Authentication-Results: " + value[:_LONGEST]).results
    # the parser raises its own SyntaxError, RecursionError on nested comments and more: unreadable is not genuine
    except Exception as error:
        return Authentication(False, f"Authentication-Results cannot be read ({type(error).__name__})")
    policies = [one for one in results if one.method == "dmarc"]
    if policies:
        return _by_dmarc(mail, policies)
    for one in results:
        if one.method == "auth" and one.result == "pass":
            login = str(_property(one, "smtp", "auth") or "").lower()
            if "@" in login and login.rpartition("@")[2] != mail.sender.domain:
                return Authentication(False, f"auth=pass for {login}, but From is of {mail.sender.domain}")
            return Authentication(True, f"auth=pass{' for ' + login if login else ''}")
    told = ", ".join(f"{one.method}={one.result}" for one in results[:6]) or "none"
    return Authentication(False, f"neither dmarc=pass nor auth=pass: {told}")


def _by_dmarc(mail: Mail, policies: list[Any]) -> Authentication:
    """Who fails the test, or is not the author that the border saw, did not write the mail."""
    for one in policies:
        domain = str(_property(one, "header", "from") or "").lower().rpartition("@")[2].rstrip(".")
        is_other = _are_strangers(domain, mail.sender.domain)
        if one.result != "pass":
            return Authentication(False, f"dmarc={one.result} header.from={domain}", failed=one.result == "fail" or is_other)
        if not domain or _spelled_out(domain) != _spelled_out(mail.sender.domain):
            told = f"dmarc=pass for {domain or 'no domain'}, but From is of {mail.sender.domain}"
            return Authentication(False, told, failed=is_other)
    return Authentication(True, f"dmarc=pass header.from={mail.sender.domain}")


def _are_strangers(one: str, other: str) -> bool:
    """Two domains of which neither is the other or below it: some borders name the domain whose policy they found."""
    first, second = (f".{_spelled_out(domain)}" for domain in (one, other))
    return bool(one) and not first.endswith(second) and not second.endswith(first)


def _spelled_out(domain: str) -> str:
    """A domain with its `xn--` labels as they are read (RFC 3492); nothing is mapped, so that one domain never becomes another."""
    return ".".join(_label(label) for label in domain.split("."))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _property(result: Any, kind: str, name: str) -> str | None:
    return next((str(one.value) for one in result.properties if one.type == kind and one.name == name), None)
