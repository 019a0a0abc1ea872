"""The log on standard error: one JSON object a line, with the syslog priority in front where journald reads it (sd-daemon(3))."""

from __future__ import annotations

import logging
import sys

import structlog

from mailflow.cli.output import is_under_systemd, prioritised, to_json

PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}

CHATTY = ("apscheduler", "imapclient", "aiosmtplib", "alembic", "asyncio", "mail.log")
"""Libraries whose information is not about mail, or holds more of it than a log should."""


def log_to_stderr(level: int = logging.WARNING) -> None:
    """Send structlog's and the standard library's records the same way. Without it structlog would write into the data."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    json_line = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda record, **_: to_json(record)),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Prioritised(json_line) if is_under_systemd() else json_line)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class _Prioritised(logging.Formatter):
    """`<N>` before every line; without it journald takes errors for information."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return prioritised(self._inner.format(record), PRIORITIES.get(record.levelno, 5))
