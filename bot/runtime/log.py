"""Structured logs, one JSON object a line on standard error.

They carry ids, counts and names of our own, never a message's text, an e-mail, a phone or a token.
"""

import logging
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, TextIO, cast

import structlog

# Joins the log lines, transcript and outbox rows that one request led to.
request_id: ContextVar[str] = ContextVar("request_id", default="")


def configure(level: str = "INFO") -> None:
    """Sets up structlog and the standard library's loggers for this process."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _with_request_id,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    # Rasa's loggers repeat customers' texts.
    for name in ("rasa", "rasa_sdk", "sanic.access"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # httpx logs whole URLs, and a provider's may hold a token.
    logging.getLogger("httpx").setLevel(logging.WARNING)


class _Stderr:
    """Standard error as it is at the time of writing: it may have been replaced or closed since."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _with_request_id(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    current = request_id.get()
    if current:
        event.setdefault("request_id", current)
    return event


def get(name: str) -> Any:
    """A logger; `log.info("what_happened", conversation=12)`."""
    return structlog.get_logger(component=name)
