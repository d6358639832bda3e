"""What an error of the Bot API means for a message, a file or a set-up."""

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from channels.contract import MAX_WAIT, Fault, FetchError, SendError
from channels.unsent import UNSENT

TOKEN_REFUSED = "Telegram refuses the token (TELEGRAM_TOKEN)"

# Telegram's words for a chat that isn't there (any more).
_NOBODY = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")


def send_error(error: TelegramError) -> SendError:
    """What became of a message."""
    if isinstance(error, RetryAfter):
        return SendError("Telegram asks to wait", retry_after=seconds_to_wait(error))
    if isinstance(error, Forbidden):
        return SendError(_said(error), unreachable=True)
    if isinstance(error, InvalidToken | EndPointNotFound):
        return SendError(TOKEN_REFUSED, account=True, fault=Fault.CREDENTIALS)
    if isinstance(error, ChatMigrated):
        return SendError("the chat has become another group", permanent=True)
    # BadRequest is a NetworkError to the library, so it comes first.
    if isinstance(error, BadRequest):
        gone = any(words in error.message.lower() for words in _NOBODY)
        return SendError(_said(error), permanent=True, unreachable=gone)
    if isinstance(error, Conflict):
        return SendError(_said(error))
    if isinstance(error, NetworkError):
        return _network(error)
    # An answer of success that can't be read.
    return SendError("Telegram's answer can't be read", unknown=True)


def fetch_error(error: TelegramError) -> FetchError:
    """Whether a file may still be had."""
    if isinstance(error, BadRequest):
        if "too big" in error.message.lower():
            return FetchError(_said(error), refused=True)
        # "wrong file_id or the file is temporarily unavailable" doesn't tell which.
        return FetchError(_said(error), permanent="temporarily" not in error.message)
    return FetchError(type(error).__name__, permanent=isinstance(error, Forbidden))


def explain(error: TelegramError) -> str:
    """The error for a person who sets the channel up."""
    if isinstance(error, InvalidToken | EndPointNotFound):
        return "Telegram refuses the token: copy TELEGRAM_TOKEN from @BotFather again"
    if isinstance(error, NetworkError) and not isinstance(error, BadRequest):
        cause = error.__cause__
        what = type(cause).__name__ if isinstance(cause, httpx.HTTPError) else "it answers with an error"
        return f"Telegram can't be reached ({what}): try again, or look at TELEGRAM_API_URL"
    return f"Telegram says: {_said(error)}"


def seconds_to_wait(error: RetryAfter) -> float:
    """The library gives seconds, or a timedelta where PTB_TIMEDELTA is set; an hour at most."""
    wait = error.retry_after
    seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
    return min(MAX_WAIT, max(0.0, seconds))


def _network(error: NetworkError) -> SendError:
    cause = error.__cause__
    if isinstance(cause, httpx.HTTPError):
        return SendError(type(cause).__name__, unknown=not isinstance(cause, UNSENT))
    # An answer of 5xx: Telegram did not take the message; only a gateway that gave up waiting can't know.
    late = "gateway time" in error.message.lower()
    return SendError("Telegram answers with an error of its own", unknown=late)


def _said(error: TelegramError) -> str:
    return error.message[:150]
