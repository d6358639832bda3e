"""Messages that say nothing the dialogue core could understand: something that can't be shown, emoji, mere
typing, or a link and nothing else, as people share a product's page. What it is about is asked, and the
product named if orders told of it."""

import re
from urllib.parse import unquote, urlsplit

from bot.assistant.protocol import Assistant, Reply
from bot.conversation.words import signs
from bot.shop.wording.folding import fold
from channels.content import CLIP
from channels.contract import AttachmentKind
from store.conversations import attachments
from store.conversations.conversations import Conversation
from store.conversations.inbox import Waiting
from store.core.database import Connection
from store.products import products

_LINK = re.compile(r"https?://\S{1,2000}", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


def answer(
    connection: Connection, assistant: Assistant, conversation: Conversation, waiting: Waiting, site: str
) -> Reply | None:
    """What is said to such a message; None for all others, for a link that names an order, and for one that
    answers an open question. `site` is the shop's own."""
    language, memory = conversation.language, conversation.memory
    if waiting.text == CLIP:
        return assistant.say("utter_unreadable", language)
    if memory.form is not None:
        return None
    response = None if memory.offer or waiting.press else _unspoken(assistant, waiting)
    if response:
        return assistant.say(response, language, seed=waiting.external_id)
    link = _link(connection, waiting)
    if link is None or _names_order(assistant, link):
        return None
    product = _product(connection, link) if _host(link) == _host(site) else None
    if product:
        return assistant.say("utter_product_link", language, {"product": product})
    return assistant.say("utter_link", language)


def _unspoken(assistant: Assistant, waiting: Waiting) -> str | None:
    """The response to a message of emoji or mere typing."""
    response = signs.emoji(waiting.text)
    if response or not signs.may_be_typing(waiting.text):
        return response
    typing = signs.is_mere_typing(waiting.text, assistant.understand(waiting.text))
    return "utter_no_words" if typing else None


def _link(connection: Connection, waiting: Waiting) -> str | None:
    """The link that a message is; None for one that says something, or sends something else."""
    text = waiting.text.strip()
    if text and not _LINK.fullmatch(text):
        return None
    before = waiting.seq - 1
    found = attachments.of_conversation(connection, waiting.conversation.id, before)
    sent = [one for one in found if one.seq == waiting.seq]
    if text:
        return None if sent else text
    return sent[0].reference if sent and all(one.kind == AttachmentKind.LINK for one in sent) else None


def _names_order(assistant: Assistant, link: str) -> bool:
    return any(one["entity"] == "order_number" for one in assistant.understand(link).entities)


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _product(connection: Connection, link: str) -> str | None:
    """The name of the product whose page it is, by its SKU or name in the address."""
    parts = [unquote(one) for one in urlsplit(link).path.split("/") if one]
    if not parts:
        return None
    page = re.sub(r"\.\w{1,5}$", "", parts[-1])
    words = _words(page)
    for sku, name in products.names(connection):
        said = _words(name)
        if _words(sku) == words or (said and said == words[: len(said)]):
            return name
    return None


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))
