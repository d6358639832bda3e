"""Comments on the page in, answers below them out. docs/channels/facebook.md says how it is set up."""

from collections.abc import Sequence
from typing import Literal

from sanic import Blueprint

from channels.contract import Attachment, Event, FetchError, Gateway, Outbound, SendError
from channels.facebook.api import Comments
from channels.facebook.config import FacebookConfig
from channels.facebook.parse import CHANNEL, parse, thread_of
from channels.public import Invited
from channels.splitting import Capabilities, Pace, Part, utf16_units

MAX_TEXT = 8000  # of a comment
PRIVATE = "messenger"  # where a talk goes on in private


class FacebookChannel:
    """Satisfies `channels.public.PublicChannel`."""

    name = CHANNEL
    carrier = PRIVATE

    def __init__(self, config: FacebookConfig) -> None:
        self.config = config
        self.account = config.page.page_id
        # Meta takes what looks like a program's work for spam: a person's pace is enough.
        self.capabilities = Capabilities(
            text=MAX_TEXT,
            measure=utf16_units,
            account_pace=Pace(5, 1),
            address_pace=Pace(2, 0.2),
            assistant=config.assistant,
        )
        self._comments: Comments | None = None

    def blueprint(self, gateway: Gateway) -> Blueprint | None:
        """None: Meta delivers all that happens on a page to one address, Messenger's."""
        return None

    def read(self, body: bytes) -> Sequence[Event]:
        return parse(body, self.account)

    async def start(self, gateway: Gateway) -> None:
        self._comments = Comments(self.config.page)

    async def stop(self) -> None:
        if self._comments:
            await self._comments.graph.close()

    async def send(self, message: Outbound, part: Part) -> str | None:
        return await self._api().reply(thread_of(message.address), part.text)

    async def invite(self, comment: str, text: str) -> Invited:
        person, mid = await self._api().invite(comment, text)
        return Invited(PRIVATE, person, mid)

    async def hide(self, comment: str, *, hidden: bool) -> None:
        await self._api().hide(comment, hidden=hidden)

    async def signal(self, address: str, what: Literal["seen", "typing"]) -> None:
        """Nothing: comments show neither."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        if not self._comments:
            raise FetchError("the channel is not started")
        return await self._comments.graph.fetch(attachment.reference, limit)

    def _api(self) -> Comments:
        if not self._comments:
            raise SendError("the channel is not started")
        return self._comments
