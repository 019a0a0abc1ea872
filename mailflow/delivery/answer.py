"""What an SMTP answer means: whose fault it is, and whether it may pass (RFC 5321 section 4.2, RFC 3463). Pure."""

from __future__ import annotations

from mailflow.delivery.relay import Ambiguous, Outcome, OwnFault, PermanentFailure, TemporaryFailure

# Authentication or TLS is demanded: no recipient can do anything about it (RFC 4954 section 6).
_OWN_CODES = frozenset({530, 534, 535, 538})


def classify(stage: str, code: int, text: str) -> Outcome:
    """The outcome of a refusal at MAIL, RCPT, DATA or DOT."""
    reason = f"{code} {text}"
    begun = stage in {"DATA", "DOT"}
    if code in _OWN_CODES:
        return OwnFault(f"{stage}: {reason}")
    if 400 <= code < 500:
        return TemporaryFailure(reason, before_data=not begun)
    if not 500 <= code < 600:
        # No answer that SMTP knows. After the dot nobody can say what the server did with the mail.
        return Ambiguous(f"{stage}: {reason}") if stage == "DOT" else TemporaryFailure(reason, before_data=not begun)
    if stage == "MAIL" and not (code == 552 or "5.3.4" in text[:6]):
        return OwnFault(f"our sender is refused: {reason}")
    return PermanentFailure(reason)
