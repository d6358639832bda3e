"""Tells customers what has become of their case: in the conversation in which it began, else by mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.conversation.outgoing import Outgoing
from store.cases.cases import Case
from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core import mails
from store.core.database import Connection
from store.vocabulary import Author


class Told(StrEnum):
    """How a customer was told; `nobody`: they can't be reached by us, and a person has to."""

    CONVERSATION = "conversation"
    MAIL = "mail"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class CaseNews:
    """Says what stands in the store, in fixed sentences. `shop`: its name."""

    outgoing: Outgoing
    shop: str

    def hold(self, connection: Connection, case: Case) -> Conversation | None:
        """The case's conversation, locked. Before the case itself is: whoever comes from a conversation takes
        them in this order too."""
        return conversations.lock(connection, case.conversation_id) if case.conversation_id else None

    def tell(
        self,
        connection: Connection,
        case: Case,
        conversation: Conversation | None,
        response: str,
        key: str,
        at: datetime,
        **facts: Any,
    ) -> Told:
        """Says a sentence about a case. `conversation`: of `hold`. `key`: what is told once only, if by
        mail."""
        known: Mapping[str, Any] = {"case": case.number, **facts}
        if conversation and self.outgoing.tell(
            connection, conversation, Author.SYSTEM, response, facts=known
        ):
            return Told.CONVERSATION
        if "@" not in case.contact:
            return Told.NOBODY
        said = self.outgoing.assistant.say(response, case.language, known).text
        mails.add(
            connection,
            f"case:{case.id}:{key}"[:120],
            case.contact,
            f"{self.shop}: {case.number}",
            f"{said}\n",
            at=at,
        )
        return Told.MAIL
