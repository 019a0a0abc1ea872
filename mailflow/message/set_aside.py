"""Attachments that are kept and not sent on (IN9): what runs when somebody opens it, and what makes a mail too large to arrive."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO

from mailflow.message.model import Attachment

SENT_ON = 20 * 1024 * 1024
"""Bytes of attachments that are sent on; larger mails are refused by many servers."""

SIGNATURE_PICTURE = 50 * 1024
"""Bytes up to which a picture within the text is taken for a signature's logo; a phone's photo is larger."""

_RUNS = re.compile(
    r"\.(?:exe|com|scr|pif|cpl|msi|msix|msp|dll|sys|bat|cmd|ps1|psm1|vbs|vbe|js|jse|mjs|wsf|wsh|wsc|hta|jar|jnlp|lnk|url|scf|reg|inf|chm|hlp"
    r"|appx|apk|app|dmg|iso|img|vhdx?|xll|xla|xlam|docm|dotm|xlsm|xltm|xlsb|pptm|potm|ppsm|ppam|one|command|desktop)"
    r"[\s.\u200b\u202c]*$",
    re.I,
)
_OVERRIDE = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn a name around, so that `gpj.exe` is read as `exe.jpg`."""
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"L\x00\x00\x00\x01\x14\x02\x00", b"#!")
_MACROS = "vbaproject.bin"
_MOST_NAMES, _FEW_NAMES = 2000, 3


def is_signature_picture(attachment: Attachment) -> bool:
    """Tell a logo within the text, which nobody attached on purpose."""
    return attachment.embedded and len(attachment.content) < SIGNATURE_PICTURE


def is_suspicious(attachment: Attachment) -> bool:
    """Tell what runs when opened: by its name as a mail client would open it, or by its first bytes, whatever the mail calls it."""
    name = attachment.name or ""
    return (
        bool(_OVERRIDE.search(name) or _RUNS.search(name)) or attachment.content.startswith(_PROGRAMS) or _holds_danger(attachment.content)
    )


def _holds_danger(content: bytes) -> bool:
    """Tell a document with macros, or a small zip with a program in it; logs of devices come in large ones. Nothing is unpacked."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()[:_MOST_NAMES]
    # zipfile raises its own error and many more on hostile bytes; what cannot be listed is not vouched for
    except Exception:
        return True
    if any(name.lower().endswith(_MACROS) for name in names):
        return True
    return len(names) <= _FEW_NAMES and any(_RUNS.search(name) for name in names)


def divide(attachments: Sequence[Attachment]) -> tuple[tuple[Attachment, ...], tuple[Attachment, ...]]:
    """Divide attachments: (what may be sent on to people, what is set aside), each in the order of the mail."""
    room = SENT_ON
    on: list[Attachment] = []
    aside: list[Attachment] = []
    for attachment in attachments:
        fits = len(attachment.content) <= room and not is_suspicious(attachment)
        (on if fits else aside).append(attachment)
        room -= len(attachment.content) if fits else 0
    return tuple(on), tuple(aside)
