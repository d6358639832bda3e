"""Takes updates into the program, from the webhook or from polling."""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from channels.contract import AccountRefused, Command, CommandName, Event, Fault, Gateway, Inbound
from channels.telegram.api import TelegramApi
from channels.telegram.errors import TOKEN_REFUSED
from channels.telegram.parse import Parsed, parse

_log = logging.getLogger("aftercare.channels.telegram")

REMEMBERED = 1000  # albums, groups

_UNANSWERED = Command(CommandName.QUIET)


class Updates:
    """Parses updates, stores what they bring, and only then does what is expected of a bot."""

    def __init__(self, gateway: Gateway, api: TelegramApi) -> None:
        self._gateway = gateway
        self._api = api
        self._albums: OrderedDict[str, str] = OrderedDict()  # album -> its first message
        self._left: OrderedDict[int, None] = OrderedDict()

    async def take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Returns when all of it is stored; raises what the store raises."""
        parsed = [parse(update, self._api.config.account) for update in updates]
        events = [event for one in parsed for event in self._events(one)]
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

    def _events(self, parsed: Parsed) -> tuple[Event, ...]:
        """Its events; of an album, the photos without words that come after the first are not answered
        again. This process remembers: another one answers once more at worst."""
        if parsed.album is None:
            return parsed.events
        return tuple(
            replace(event, command=_UNANSWERED)
            if isinstance(event, Inbound) and self._follows(parsed.album, event) and not event.text
            else event
            for event in parsed.events
        )

    def _follows(self, album: str, message: Inbound) -> bool:
        # By the message's id: the first one may be delivered twice.
        this = message.message_id or message.external_id
        first = self._albums.setdefault(album, this)
        if len(self._albums) > REMEMBERED:
            self._albums.popitem(last=False)
        return first != this

    def _respond(self, parsed: Parsed) -> None:
        if parsed.query:
            self._api.answer(parsed.query)
        if parsed.chosen:
            self._api.mark(parsed.chosen)
        if parsed.leave is not None and parsed.leave not in self._left:
            self._left[parsed.leave] = None
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
            self._api.leave(parsed.leave)
