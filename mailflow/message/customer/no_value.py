"""Values that state nothing: `n/a`, `unknown yet, I will ask`, `brak`, `暂无` (IN5)."""

from __future__ import annotations

import re

FIELDS = frozenset(
    [
        "name",
        "company",
        "telephone",
        "fax",
        "email",
        "purchase_order",
        "contract",
        "model",
        "serial",
        "software_version",
        "site_address",
        "symptoms",
        "priority",
    ]
)
"""Facts whose absence is no statement; `Impact: none` and `Data removed: no` are."""
_NUMBERS = frozenset(("serial", "contract", "purchase_order", "telephone", "fax"))
"""Without a digit these are nothing where they begin with such a word."""
_NONE = (
    r"n\s?[./]?\s?a\.?|n\.? ?d\.?|none|no|nil|null|not?thing|empty|unknown|unk|not (?:yet )?(?:known|available|applicable"
    r"|sure|given|specified)"
    r"|tb[adc]|to be (?:advised|announced|confirmed|defined|determined|provided|filled in)|(?:i )?(?:do not"
    r"|don['’]?t) (?:know|have)(?: it| one| any)?"
    r"|no idea|(?:will follow|follows|see|as) (?:below|above)|below|above|will follow"
    r"|brak(?: danych| umowy| numeru)?|nie dotyczy|nie wiem|nie znam|nie mamy?|niezna[nj][yae]|do (?:ustalenia|uzupełnienia)|nie ma"
    r"|(?:patrz |jak |zob\. )?(?:poniżej|powyżej|niżej)"
    r"|kein[er]?|unbekannt|nicht (?:bekannt|vorhanden|zutreffend)|entfällt|k\.? ?a\.?|weiß nicht|folgt|noch (?:offen"
    r"|unbekannt)|(?:siehe|s\.) (?:unten|oben)"
    r"|aucun[e]?|néant|inconnue?s?|non (?:connue?|disponible)|sans objet|s\.?o\.?|je ne sais pas|(?:voir )?ci-dess(?:ous|us)"
    r"|ningun[oa]|desconocid[oa]|no (?:aplica|disponible|lo sé|sé)"
    r"|暂?无|暂时没有|没有|不知道|不清楚|未知|不详|待(?:定|查|确认|补充|提供)|不适用|空|(?:见|如)(?:下|下文|上|上文|下面|上面)|没"
)
_LATER = (
    r"yet|so far|at the moment|currently|for now|right now|still|sorry|please (?:advise|tell)|(?:but )?(?:i|we)(?:['’]ll"
    r"| will| have to| am| are| must)\b.{0,60}"
    r"|jeszcze|na razie|obecnie|(?:sprawdz|podam|dośl|zapyt|ustal)\w{0,6}.{0,40}|noch|derzeit|zurzeit|momentan|(?:ich|wir"
    r"|wird|werde)\b.{0,60}"
    r"|pour l['’]instant|encore|actuellement|je\b.{0,60}|稍后.{0,20}|目前|(?:我|我们).{0,30}|请.{0,20}|待.{0,10}"
)
_NO_VALUE = re.compile(rf"(?:{_NONE})(?:[\s,.;:()，。；！!?？–—-]+(?:{_LATER}))*[\s,.;:()，。；！!?？–—-]*", re.I)
_BEGINS = re.compile(rf"(?:{_NONE})(?![^\W_a-z])(?![A-Za-z0-9])", re.I)
_MARKS_ONLY = re.compile(r"[\W_]*|x{1,5}", re.I)
_LONGEST = 120


def is_no_value(field: str, value: str) -> bool:
    """Whether what stands behind a field's name says that there is none, or that it is not known."""
    plain = value.strip(" \t*_'\"()[]<>")
    if field not in FIELDS or len(plain) > _LONGEST:
        return False
    if not value.strip() or _MARKS_ONLY.fullmatch(plain):
        return bool(value.strip())
    if field in _NUMBERS and not any(map(str.isdigit, plain)) and _BEGINS.match(plain):
        return True
    return bool(_NO_VALUE.fullmatch(plain))
