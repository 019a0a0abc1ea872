"""Is the sender genuine? Read from what our own border server stamped (RFC 8601), and from nothing else (OUT6, cases 51 and 53).

No signature is verified here and no DNS is asked: the border server did that when the mail came in.
"""

from __future__ import annotations

from typing import Any

from authres import FeatureContext, dmarc

from mailflow.message.model import Authentication, Mail

_CONTEXT = FeatureContext(dmarc)
_LONGEST = 4000


def read_authentication(mail: Mail, authserv_id: str) -> Authentication:
    """The verdict of the topmost Authentication-Results that carries exactly our authserv-id; the border strips forged ones above it."""
    if not authserv_id:
        return Authentication(False, "no border server is configured")
    if len(mail.senders) != 1:
        return Authentication(False, f"From names {len(mail.senders)} authors")
    for value in mail.all_headers("authentication-results"):
        if _server(value) == authserv_id.lower():
            return _verdict(mail, value)
    return Authentication(False, f"no Authentication-Results of {authserv_id}")


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
    for one in policies:
        domain = str(_property(one, "header", "from") or "").lower().rpartition("@")[2]
        if one.result != "pass":
            return Authentication(False, f"dmarc={one.result} header.from={domain}", failed=one.result == "fail")
        if not domain or domain != mail.sender.domain:
            return Authentication(False, f"dmarc=pass for {domain or 'no domain'}, but From is of {mail.sender.domain}")
    return Authentication(True, f"dmarc=pass header.from={mail.sender.domain}")


def _property(result: Any, kind: str, name: str) -> str | None:
    return next((str(one.value) for one in result.properties if one.type == kind and one.name == name), None)
