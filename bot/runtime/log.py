"""Structured logs, one JSON object a line on standard error, whoever writes: we, a library, a crash.

They carry ids, counts and names of our own, never a message's text, an e-mail, a phone or a token. An
exception is told by its kind and where it came from, and by its text only where that can hold no value of a
customer's.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

# Joins the log lines, transcript and outbox rows that one request led to.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# Kinds of exceptions whose text is made of the program's own names and of the system's words.
_OUTSPOKEN = (ArithmeticError, AssertionError, AttributeError, ImportError, NameError, OSError, TypeError)
_OURS = ("actions.", "bot.", "channels.", "store.")
_MAX_TEXT = 300  # characters of an exception's text, or of a library's message

# What may stand in a library's message: addresses with what follows in them, e-mails, phones and other long
# numbers, and long random words.
_SCRUBBED = (
    (re.compile(r"(https?://[^\s/?#'\"]+)[^\s'\"]*"), r"\1/…"),
    (re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+"), "…@…"),
    (re.compile(r"\+?\d[\d \-]{5,}\d"), "…"),
    (re.compile(r"\b(?=\w*\d)[\w-]{24,}\b"), "…"),
)


def configure(level: str = "INFO") -> None:
    """Sets up structlog, the standard library's loggers and the hooks for crashes of this process."""
    common: list[Any] = [
        structlog.stdlib.add_log_level,
        _with_request_id,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_exception,
    ]
    render = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*common, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(cast(TextIO, _Stderr()))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_of_a_library, *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
            # Else the record's exception would be formatted once more, as it is.
            keep_exc_info=False,
            keep_stack_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    # A library's own handlers would write a second, plain line.
    for name in ("sanic.root", "sanic.error", "sanic.server", "sanic.websockets", "py.warnings"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    # Rasa's loggers repeat customers' texts.
    for name in ("rasa", "rasa_sdk", "sanic.access"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # httpx logs whole URLs, and a provider's may hold a token.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    sys.excepthook = _crashed
    threading.excepthook = lambda crash: _crashed(
        crash.exc_type, crash.exc_value or crash.exc_type(), crash.exc_traceback
    )


def get(name: str) -> Any:
    """A logger; `log.info("what_happened", conversation=12)`."""
    return structlog.get_logger(component=name)


def told(error: BaseException) -> str:
    """An exception as it may be logged: its kind, and its text where that holds nothing of a customer's."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    # Of a database error, the number that its manual explains.
    driver = getattr(error, "orig", error)
    number = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None)
    if number:
        return f"{kind} ({number})"
    if not isinstance(error, _OUTSPOKEN) and not kind.startswith(_OURS):
        return kind
    text = scrubbed(str(error))
    return f"{kind}: {text}" if text else kind


def scrubbed(text: str) -> str:
    """The first line of a text without what may be a customer's or secret."""
    line = text.strip().partition("\n")[0]
    for pattern, instead in _SCRUBBED:
        line = pattern.sub(instead, line)
    return line[:_MAX_TEXT]


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


def _with_exception(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = _chain(error)
    return event


def _chain(error: BaseException) -> list[dict[str, Any]]:
    """An exception and what led to it, the last first: what it is, and where it passed by."""
    found = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        frames = traceback.extract_tb(one.__traceback__)
        found.append(
            {"error": told(one), "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}
        )
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found


def _of_a_library(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A record of the standard library's, with what others' loggers may repeat taken out."""
    record: logging.LogRecord = event["_record"]
    event["component"] = record.name
    event["event"] = scrubbed(str(event["event"]))
    if record.exc_info:
        event["exc_info"] = record.exc_info
    return event


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    get("process").critical("crashed", exc_info=error)
