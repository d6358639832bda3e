"""A customer's answer to a question about their case, which goes to the case."""

from datetime import datetime
from typing import Final

from actions import intents
from actions.intents import Intent, Kind
from bot.assistant.protocol import Assistant, Reply
from bot.conversation import courtesy
from store.cases import answering
from store.cases.timeline import By
from store.conversations.conversations import Conversation
from store.conversations.inbox import Waiting
from store.conversations.payload import Payload
from store.core.database import Connection
from store.vocabulary import Actor

MAX_WORDS: Final = 2000  # characters that are kept
_WISHES: Final = frozenset({Kind.TASK, Kind.REQUEST, Kind.QUESTION, Kind.PERSON, Kind.LANGUAGE})


def hear(
    connection: Connection,
    assistant: Assistant,
    conversation: Conversation,
    waiting: Waiting,
    pressed: Payload | None,
    at: datetime,
) -> Reply | None:
    """Takes a message as the answer that a case of the conversation waits for, and thanks for it. None if
    none waits, and for what is clearly something else."""
    if pressed or (case := answering.awaiting(connection, conversation.id)) is None:
        return None
    if waiting.text.strip() and _is_else(assistant, waiting.text):
        return None
    words = " ".join(waiting.text.split())[:MAX_WORDS]
    by = By(Actor.CUSTOMER, f"{conversation.channel}:{conversation.account}:{waiting.external_id}"[:140], at)
    answering.answer(connection, case, words, by)
    return assistant.say("utter_case_photo", conversation.language, {"case": case.number})


def _is_else(assistant: Assistant, text: str) -> bool:
    """Whether a message only greets or thanks, or wants something. What tells of the goods is an answer, also
    where it would begin a case otherwise."""
    meant = courtesy.meaning(assistant, text)
    if meant is None:
        return False
    known = intents.of(meant)
    if known.task in intents.CASES:
        return False
    return known.courtesy or meant == Intent.GREET or known.kind in _WISHES
