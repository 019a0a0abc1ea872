"""Whether a machine's mail only says that somebody is away (IN7). What a helpdesk's machine answers is none."""

from __future__ import annotations

import re

from mailflow.message.model import Mail

_AWAY = re.compile(
    r"out[\s-]of[\s-](?:the[\s-])?office|\booo\b|away from (?:the |my )?(?:office|desk)"
    r"|\bon (?:annual |sick |maternity |parental )?(?:vacation|holiday|leave)\b|\bvacation\b"
    r"|(?:i am|i'm|i will be) (?:currently |presently )?(?:away|absent|unavailable|out of)"
    r"|limited access to (?:my )?e-?mail"
    r"|poza biurem|nieobecn|na urlopie|urlopu?\b|abwesen|nicht im (?:haus|büro)|im urlaub"
    r"|(?:je suis|serai) absent|en congé|fuera de (?:la )?oficina|vacaciones"
    r"|休假|不在办公室|外出(?:办公|期间)|出差期间|年假",
    re.IGNORECASE,
)
_LOOKED_AT = 600
"""Characters of the text: who is away says so first."""


def is_absence_notice(mail: Mail) -> bool:
    """For mail that a machine sent: the subject or the first words say that its owner is away, or a header says vacation."""
    told = f"{mail.subject}\n{(mail.text or mail.alternative_text)[:_LOOKED_AT]}"
    vacation = "vacation" in mail.header("auto-submitted").lower() or bool(mail.header("x-away-message"))
    return vacation or _AWAY.search(told) is not None
