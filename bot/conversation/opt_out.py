"""STOP, START and HELP: what is answered, and in which language."""

from collections.abc import Collection

from channels.contract import CommandName
from store.conversations.conversations import Conversation

RESPONSES = {
    CommandName.STOP: "utter_messages_stopped",
    CommandName.RESUME: "utter_messages_resumed",
    CommandName.HELP: "utter_messages_help",
}
ANSWERED = "answered"  # by the provider
# People of any language send these. Russian is none of ours; Kazakh is read by most who write it.
_COMMON = {"en": "en", "ru": "kk"}


def language(conversation: Conversation, word: str, offered: Collection[str]) -> str:
    """The language to answer a keyword in: the word's; but a talk that has begun keeps its own where the word
    is common to all. `word` is the code of the keyword's language, `offered` are the shop's."""
    if word in _COMMON and conversation.memory.begun:
        return conversation.language
    meant = _COMMON.get(word, word)
    return meant if meant in offered else conversation.language
