"""What the Graph API does with comments.

https://developers.facebook.com/docs/graph-api/reference/comment and
https://developers.facebook.com/docs/messenger-platform/discovery/private-replies name the requests.
"""

from channels.contract import SendError
from channels.facebook.errors import private_refusal
from channels.meta.config import PageConfig
from channels.meta.graph import MARK, Graph
from channels.meta.values import id_of


class Comments:
    """A page's comments; belongs to the loop on which it is made. All raise `SendError`."""

    def __init__(self, config: PageConfig) -> None:
        self._page_id = config.page_id
        self.graph = Graph(config)

    async def reply(self, comment: str, text: str) -> str | None:
        """Answers below a comment; the answer's id."""
        return id_of(await self.graph.call(f"{comment}/comments", {"message": text}), "id") or None

    async def hide(self, comment: str, *, hidden: bool) -> None:
        """Hides a comment, or shows it again."""
        await self.graph.call(comment, {"is_hidden": hidden})

    async def invite(self, comment: str, text: str) -> tuple[str, str | None]:
        """Answers a comment's author in private: the author's id in Messenger, and the message's."""
        body = {"recipient": {"comment_id": comment}, "message": {"text": text, "metadata": MARK}}
        try:
            told = await self.graph.call(f"{self._page_id}/messages", body)
        except SendError as error:
            raise private_refusal(error) from None
        person = id_of(told, "recipient_id")
        if not person:
            raise SendError("Meta doesn't tell whom the private reply went to", unknown=True)
        return person, id_of(told, "message_id") or None
