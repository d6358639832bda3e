"""Takes updates into the program, from the webhook or from polling."""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from channels.contract import AccountRefused, Fault, Gateway
from channels.telegram.api import TelegramApi
from channels.telegram.errors import TOKEN_REFUSED
from channels.telegram.parse import Parsed, parse

_log = logging.getLogger("aftercare.channels.telegram")

REMEMBERED = 1000  # groups, marked messages

Thing = TypeVar("Thing")


class Updates:
    """Parses updates, stores what they bring, and only then does what is expected of a bot."""

    def __init__(self, gateway: Gateway, api: TelegramApi) -> None:
        self._gateway = gateway
        self._api = api
        self._left = _Known[int]()
        self._marked = _Known[tuple[int, int]]()

    async def take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Returns when all of it is stored; raises what the store raises."""
        parsed = [parse(update, self._api.config.account) for update in updates]
        events = [event for one in parsed for event in one.events]
        if events:
            await self._gateway.take(events)
        for one in parsed:
            self._respond(one)

    async def refused(self) -> None:
        """Tells that Telegram doesn't accept our token: nobody is heard until the owner mends it."""
        account = self._api.config.account
        try:
            await self._gateway.take([AccountRefused("telegram", account, Fault.CREDENTIALS, TOKEN_REFUSED)])
        except Exception as error:
            _log.error("telegram: that the token is refused can't be noted: %s", type(error).__name__)

    def _respond(self, parsed: Parsed) -> None:
        if parsed.query:
            self._api.answer(parsed.query)
        # Of two buttons that were pressed one after the other, the first is the choice.
        if parsed.chosen and self._marked.add((parsed.chosen.chat_id, parsed.chosen.message_id)):
            self._api.mark(parsed.chosen)
        if parsed.leave is not None and self._left.add(parsed.leave):
            self._api.leave(parsed.leave)


class _Known(Generic[Thing]):
    """What was dealt with lately. This process remembers: another one does it once more at worst."""

    def __init__(self) -> None:
        self._things: OrderedDict[Thing, None] = OrderedDict()

    def add(self, thing: Thing) -> bool:
        """Whether it is new."""
        new = thing not in self._things
        self._things[thing] = None
        if len(self._things) > REMEMBERED:
            self._things.popitem(last=False)
        return new
