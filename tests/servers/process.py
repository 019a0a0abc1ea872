"""Starting real servers for tests: programs by Debian package, free ports, an unprivileged user where we are root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class ServerMissing(Exception):
    """A server program is not installed. The message names the Debian package."""


def find_program(name: str, package: str, *folders: str) -> str:
    """Path of a program on PATH, in sbin or in `folders`. Raises `ServerMissing`: a test without its server fails, it is not skipped."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", *folders])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerMissing(f"{name} is not installed; run: apt-get install {package}")
    return found


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_user(preferred: str) -> str:
    """The account a server runs as: `preferred` when we are root, else our own."""
    return preferred if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


@contextmanager
def server_folder(prefix: str, owner: str) -> Iterator[Path]:
    """A short-named temporary folder (UNIX socket paths end at 107 octets) that belongs to `owner`."""
    folder = Path(tempfile.mkdtemp(prefix=f"mf-{prefix}-", dir="/tmp"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, owner, pwd.getpwnam(owner).pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user(owner: str, command: Sequence[str]) -> list[str]:
    """`command` run as `owner`, ending with its parent even when that is killed."""
    setpriv = [find_program("setpriv", "util-linux"), "--pdeathsig", "TERM"]
    if os.geteuid() == 0 and owner != "root":
        entry = pwd.getpwnam(owner)
        setpriv += [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    return [*setpriv, *command]


def start(command: Sequence[str], log: Path, *, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a server in the foreground with its output in `log`."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd or "/", start_new_session=True
        )


def stop(process: subprocess.Popen[bytes], patience: float = 5.0, *, group: bool = False) -> None:
    """End a server that we started, with `group` its children too; by force when it does not listen."""
    if group:
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, patience: float = 20.0) -> None:
    """Wait until something accepts connections on 127.0.0.1:`port`. Raises with the server's own log when it died."""

    def accepts() -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    deadline = time.monotonic() + patience
    while not accepts():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server on port {port} did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.02)


def wait_until(condition: Callable[[], bool], patience: float = 10.0, what: str = "the condition") -> float:
    """Wait until `condition()` holds; seconds it took. Raises AssertionError after `patience` seconds."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > patience:
            raise AssertionError(f"{what} did not hold within {patience} s")
        time.sleep(0.01)
    return time.monotonic() - begun
