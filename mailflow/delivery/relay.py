"""What a mail relay must be able to do, and every way in which a try to send can end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took the mail over; `response` is its answer, kept as proof."""

    response: str


@dataclass(frozen=True, slots=True)
class TemporaryFailure:
    """Not taken, worth another try: 4xx, or the connection broke before the final dot.

    `before_data`: it was over before the mail itself was offered. `relay_down`: there was no server to talk to, which says nothing
    about this mail and holds for all others too.
    """

    reason: str
    before_data: bool = True
    relay_down: bool = False


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """Refused for good because of the recipient or of the mail (5xx at RCPT, DATA or the dot; or it cannot be put on the wire)."""

    reason: str


@dataclass(frozen=True, slots=True)
class OwnFault:
    """Our credential, our sender or our TLS settings are refused. Says nothing about the mail: it stays, and somebody is told."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The final dot was sent and no answer came: the mail may have arrived (RFC 1047)."""

    reason: str


Outcome = Sent | TemporaryFailure | PermanentFailure | OwnFault | Ambiguous


class Relay(Protocol):
    """A server that takes mail. `send` may be called several times at once."""

    async def send(
        self,
        envelope_from: str,
        recipient: str,
        raw: bytes,
        on_data: Callable[[], Awaitable[None]] | None = None,
        *,
        envelope_id: str = "",
    ) -> Outcome:
        """Offer one mail to one recipient. `envelope_from` may be empty (null sender).

        `on_data` is awaited after the recipient was accepted and before the mail is offered; what it raises ends the try without
        the mail and comes back to the caller. `envelope_id` returns in delivery status notifications (RFC 3461).
        """
        ...

    async def close(self) -> None:
        """Give up all connections; never raises."""
        ...


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
