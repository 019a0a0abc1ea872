"""A self-signed certificate for loopback servers."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import find_program


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM form; valid for `localhost` and 127.0.0.1."""

    certificate: Path
    key: Path

    def client_context(self) -> ssl.SSLContext:
        """A verifying context that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


LOOPBACK_NAMES = "DNS:localhost,IP:127.0.0.1"


def make_certificate(folder: Path, names: str = LOOPBACK_NAMES) -> Certificate:
    """Write `server.pem` and `server.key` into `folder`."""
    certificate, key = folder / "server.pem", folder / "server.key"
    command = [find_program("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    key.chmod(0o644)
    return Certificate(certificate, key)
