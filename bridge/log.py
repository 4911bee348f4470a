"""Logs: structlog JSON lines on stdout, readable colours in a terminal, numbers masked.

Fixed message text, values in named fields; speech and transcripts never get here. Masking
is a safety net under that rule, not a licence to log numbers.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

PHONE = re.compile(r"(?<![\w+])(?!\d{4}-\d\d-\d\d)\+?\d(?:[\s().-]{0,2}\d){6,14}(?!\w)")
PLAIN_NUMBERS = frozenset({"port", "timestamp", "pid"})


def set_up_logs(log_format: str, level: str, stream: TextIO | None = None) -> None:
    """Configure structlog and the standard library's loggers.

    `log_format`: json, console or auto; `stream`: None for stdout.
    """
    stream = stream or sys.stdout
    console = log_format == "console" or (log_format == "auto" and stream.isatty())
    before: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Before masking: an exception's text may quote a number. Without local variables, which would.
        structlog.processors.format_exc_info,
        mask_numbers,
    ]
    render = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their lines name URLs, bodies or numbers; what matters of them is in our own lines.
    for noisy in ("websockets", "aiohttp.access", "googleapiclient", "twilio", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")


def mask_numbers(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace whatever looks like a telephone number, at any depth, by its last two digits."""
    return {key: value if key in PLAIN_NUMBERS else masked(value) for key, value in event.items()}


def masked(value: Any) -> Any:
    """`value` with telephone numbers masked: "+12025550143" becomes "…43"."""
    if isinstance(value, str):
        return PHONE.sub(lambda found: "…" + re.sub(r"\D", "", found.group())[-2:], value)
    if isinstance(value, dict):
        return {key: masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value
