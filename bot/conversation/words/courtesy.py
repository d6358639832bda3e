"""What a text means where no turn is taken: whether it wants something, or is only polite."""

from actions import intents
from bot.assistant.decision import decide
from bot.assistant.protocol import Assistant

CLEAR = 0.6  # the confidence with which words mean what they seem to


def meaning(assistant: Assistant, text: str) -> str | None:
    """The intent of a text, if it is clear."""
    understood = assistant.understand(text)
    intent, confidence = decide(understood.ranking, text, understood.entities)
    return intent if confidence >= CLEAR else None


def is_courtesy(assistant: Assistant, text: str) -> bool:
    """Whether a text is thanks or a farewell and nothing more, so that nobody waits for an answer to it."""
    if not text.strip() or "?" in text:
        return False
    found = meaning(assistant, text)
    return found is not None and intents.of(found).courtesy
