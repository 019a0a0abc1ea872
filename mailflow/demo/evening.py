"""One evening at the theatre: stage, story, programme. What went wrong is told in one line, and the mails so far are kept."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from rich.console import Console
from rich.text import Text
from structlog.typing import Processor

from mailflow.demo.album import PAGE_NAME, write_album
from mailflow.demo.cast import PEOPLE
from mailflow.demo.imap_server import HOST
from mailflow.demo.narrator import Narrator
from mailflow.demo.play import ZONE, Play
from mailflow.demo.stage import PASSWORD, Stage, StoryFailed
from mailflow.demo.story import START, tell_story
from mailflow.store import case as case_rows

LOG = "mailflow.log"
PLAIN: tuple[Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.format_exc_info,
    structlog.processors.LogfmtRenderer(key_order=["level", "event"], bool_as_flag=False),
)


def run_demo(out: Path, keep: bool) -> int:
    """Play the story, print it, write every mail and an index.html into `out`. 0 when it ended as told, else 1.

    With `keep` the servers stay up until Ctrl-C.
    """
    console = Console(highlight=False)
    out.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mailflow-demo-") as folder, _logs_in(out / LOG):
        stage = Stage(Path(folder), START, keep=keep)
        narrator = Narrator(console, ZONE)
        play = Play(stage, narrator)
        console.print(Text.assemble(("mailflow demo", "bold"), ("  every mail is really sent and received, on this machine only", "dim")))

        def story() -> None:
            tell_story(play)
            with stage.database.read() as c:
                narrator.sum_up(play.letters, case_rows.list_cases(c), time.monotonic() - begun)
            write_album(out, play.letters, ZONE)
            if keep:
                _tell_where(console, stage)

        def go_on() -> None:
            if play.listen():
                write_album(out, play.letters, ZONE)

        try:
            stage.perform(story, go_on if keep else None)
        except StoryFailed as failed:
            write_album(out, play.letters, ZONE)
            console.print(Text(f"\nThe story broke off: {failed}. See {out / LOG}.", style="bold red"))
            return 1
        console.print(Text(f"\nEvery mail, as people saw it: {out / PAGE_NAME}", style="bold"))
        return 0


def _tell_where(console: Console, stage: Stage) -> None:
    """How to play along with a mail client of one's own."""
    lines = [
        "The servers stay up until Ctrl-C, and the page grows with every mail. Play along:",
        f"IMAP  {HOST}:{stage.post.imap_port}  no TLS, password {PASSWORD}, user one of {', '.join(person.address for person in PEOPLE)}",
        f"SMTP  {HOST}:{stage.post.smtp_port}  no TLS, no log-in; write to tac@tac.example or answer any letter",
    ]
    console.print(Text("\n" + "\n".join(lines), style="bold"))


@contextmanager
def _logs_in(path: Path) -> Iterator[None]:
    """What daemon and servers log goes to a file, so that the story can be read."""
    before, root = structlog.get_config(), logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    with path.open("w", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        root.handlers = [handler]
        root.setLevel(logging.WARNING)
        structlog.configure(processors=PLAIN, logger_factory=structlog.PrintLoggerFactory(file), cache_logger_on_first_use=False)
        try:
            yield
        finally:
            root.handlers, root.level = handlers, level
            structlog.configure(**before)
