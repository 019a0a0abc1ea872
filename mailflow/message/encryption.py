"""Is a mail one that cannot be read here (IN9)? Signed mail can be read, whatever program signed it."""

from __future__ import annotations

import re

from mailflow.message.model import Mail

SMIME_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_PGP_BEGINS = re.compile(r"^[ \t]{0,8}-----BEGIN PGP MESSAGE-----[ \t]*$", re.M)
_PGP_ENDS = re.compile(r"^[ \t]{0,8}-----END PGP MESSAGE-----[ \t]*$", re.M)
_PGP_FILE = b"-----BEGIN PGP MESSAGE-----"
_FEW_LETTERS = 20
_HEAD = 40
_ENVELOPED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))
_OTHER_CONTENT = (bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("060b2a864886f70d0109100109"))
"""Object identifiers that open a CMS file: (authenticated) enveloped data; signed and compressed data (RFC 5652, 5083, 3274)."""


def is_encrypted(mail: Mail) -> bool:
    """True for PGP/MIME (RFC 3156), also taken apart by a server, for a PGP message as text, and S/MIME enveloped data (RFC 8551)."""
    return mail.encrypted or _holds_pgp(mail.text) or _holds_pgp(mail.alternative_text) or _is_taken_apart(mail)


def is_enveloped(content: bytes, smime_type: str) -> bool:
    """Is an S/MIME file encrypted? The file itself says it; where it is not whole the parameter `smime-type` does."""
    head = content[:_HEAD]
    if any(one in head for one in _ENVELOPED):
        return True
    return not any(one in head for one in _OTHER_CONTENT) and smime_type not in ("signed-data", "certs-only", "compressed-data")


def _holds_pgp(text: str) -> bool:
    """An armoured message with its end; one behind quotation marks was somebody else's."""
    begin = _PGP_BEGINS.search(text)
    return bool(begin and _PGP_ENDS.search(text, begin.end()))


def _is_taken_apart(mail: Mail) -> bool:
    """Some servers turn multipart/encrypted into multipart/mixed; the parts are the same."""
    if any(part.content_type == "application/pgp-encrypted" for part in mail.attachments):
        return True
    says_nothing = sum(map(str.isalpha, f"{mail.text}{mail.alternative_text}"[:2000])) < _FEW_LETTERS
    return says_nothing and any(part.content[:400].lstrip().startswith(_PGP_FILE) for part in mail.attachments)
