"""What can't be done with a conversation as things stand."""

from bot.runtime.http.refusals import Conflict


class Taken(Conflict):
    """Somebody else, `agent`, has the conversation."""

    code = "taken"

    def __init__(self, agent: str | None) -> None:
        super().__init__(f"{agent or 'Somebody'} has this conversation.", more={"agent": agent})


class WrongState(Conflict):
    """The conversation's owner forbids it; `agent` has it, if anybody."""

    code = "wrong_state"

    def __init__(self, what: str, agent: str | None = None) -> None:
        super().__init__(what, more={"agent": agent})
