"""What the desk answers when it refuses a request: one family, rendered in `bot.desk.api.http`."""

from collections.abc import Mapping
from math import ceil


class DeskError(Exception):
    """A refused request. `code` is for programs; `message` is safe to show and says what to do. `more`
    stands beside them in the answer, such as the name of the agent who has the conversation."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        more: Mapping[str, object] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.more = dict(more or {})
        self.retry_after = retry_after  # seconds until it is worth trying again

    def body(self) -> dict[str, object]:
        return {"error": {"code": self.code, "message": self.message, **self.more}}

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(max(1, ceil(self.retry_after)))}


def bad_request(field: str, what: str) -> DeskError:
    """400: `what` to write in `field`."""
    return DeskError(400, "bad_request", f"{field}: {what}", more={"field": field})


def not_found(what: str) -> DeskError:
    """404: `what` is not there."""
    return DeskError(404, "not_found", f"There is no such {what}.")


def locked(seconds: float) -> DeskError:
    """429: too many wrong tries to sign in."""
    return DeskError(429, "locked", "Too many tries. Wait as long as Retry-After says.", retry_after=seconds)


class Taken(DeskError):
    """Somebody else, `agent`, has the conversation."""

    def __init__(self, agent: str | None) -> None:
        super().__init__(409, "taken", f"{agent or 'Somebody'} has this conversation.", more={"agent": agent})


class WrongState(DeskError):
    """The conversation's owner forbids it; `agent` has it, if anybody."""

    def __init__(self, what: str, agent: str | None = None) -> None:
        super().__init__(409, "wrong_state", what, more={"agent": agent})
