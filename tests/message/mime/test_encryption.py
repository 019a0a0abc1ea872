"""Mail that cannot be read here (IN9); signed mail can."""

from __future__ import annotations

import base64

import pytest

from mailflow.message.mime.body import is_encrypted
from mailflow.message.mime.parse import parse_mail

HEAD = b"From: anna@customer.example\nTo: tac@tac.example\nSubject: x\nMIME-Version: 1.0\n"
ARMOUR = b"-----BEGIN PGP MESSAGE-----\n\nhQEMA5\n-----END PGP MESSAGE-----\n"
ENVELOPED = bytes.fromhex("3082025a06092a864886f70d010703a082024b") + b"x" * 50
SIGNED = bytes.fromhex("3082025a06092a864886f70d010702a082024b") + b"x" * 50


def smime(content: bytes, parameters: bytes = b"") -> bytes:
    return (
        HEAD + b'Content-Type: application/pkcs7-mime; name="smime.p7m"' + parameters + b"\nContent-Transfer-Encoding: base64\n\n"
    ) + base64.encodebytes(content)


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    return HEAD + b"Content-Type: multipart/" + kind + b'; boundary="b"\n\n--b\n' + b"\n--b\n".join(parts) + b"\n--b--\n"


VERSION = b"Content-Type: application/pgp-encrypted\n\nVersion: 1\n"
CIPHER = b'Content-Type: application/octet-stream; name="encrypted.asc"\n\n' + ARMOUR
TEXT = b"Content-Type: text/plain\n\nOur router does not start since this morning.\n"

ENCRYPTED = {
    "PGP/MIME": mixed(VERSION, CIPHER, kind=b"encrypted; protocol=application/pgp-encrypted"),
    "PGP/MIME taken apart by a server": mixed(b"Content-Type: text/plain\n\n", VERSION, CIPHER),
    "only a PGP file": mixed(b"Content-Type: text/plain\n\n", CIPHER),
    "PGP as text": HEAD + b"\n" + ARMOUR,
    "PGP as text below a greeting": HEAD + b"\nHello,\n\n" + ARMOUR,
    "PGP in HTML": HEAD + b"Content-Type: text/html\n\n<pre>" + ARMOUR + b"</pre>",
    "S/MIME": smime(ENVELOPED, b"; smime-type=enveloped-data"),
    "S/MIME that does not name its type": smime(ENVELOPED),
    "S/MIME authenticated": smime(bytes.fromhex("3080060b2a864886f70d0109100117a080") + b"x", b"; smime-type=authEnveloped-data"),
    "S/MIME of the old name": smime(ENVELOPED).replace(b"pkcs7-mime", b"x-pkcs7-mime"),
}
READABLE = {
    "plain text": HEAD + b"\nhello\n",
    "PGP/MIME signed": mixed(TEXT, b"Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n", kind=b"signed"),
    "PGP signed text": HEAD
    + b"\n-----BEGIN PGP SIGNED MESSAGE-----\n\nhello\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n",
    "S/MIME signed, clear": mixed(TEXT, b'Content-Type: application/pkcs7-signature; name="smime.p7s"\n\nAAEC\n', kind=b"signed"),
    "S/MIME signed, opaque": smime(SIGNED, b"; smime-type=signed-data"),
    "S/MIME signed, opaque, type not named": smime(SIGNED),
    "certificates only": smime(b"short", b"; smime-type=certs-only"),
    "PGP message behind quotation marks": HEAD
    + b"\nI cannot read this:\n\n"
    + b"".join(b"> " + line + b"\n" for line in ARMOUR.split(b"\n")),
    "text that speaks of it": HEAD + b"\nWhat does -----BEGIN PGP MESSAGE----- mean?\n",
    "text with a PGP file": mixed(TEXT, CIPHER),
    "a beginning without an end": HEAD + b"\n-----BEGIN PGP MESSAGE-----\n\nhello\n",
}


@pytest.mark.parametrize("name", ENCRYPTED)
def test_an_encrypted_mail_is_known_as_such(name: str) -> None:
    assert is_encrypted(parse_mail(ENCRYPTED[name]))


@pytest.mark.parametrize("name", READABLE)
def test_a_mail_that_can_be_read_is_not_encrypted(name: str) -> None:
    assert not is_encrypted(parse_mail(READABLE[name]))
