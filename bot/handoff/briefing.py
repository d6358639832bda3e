"""A request's packet in words, for the agent who takes over."""

from collections.abc import Iterable, Iterator, Mapping

from babel.dates import format_date

from bot.shop.desk_texts import DeskTexts
from store.handoffs.packets import Packet, PacketOrder
from store.vocabulary import OrderState

LAST_NOTED = 5

# No day is expected of these any more.
_ARRIVED = frozenset({OrderState.DELIVERED, OrderState.CANCELLED, OrderState.RETURNED})


def last_words(packet: Packet) -> str:
    """The customer's last words, quoted."""
    return _quoted(packet.said[-3:])


def _quoted(texts: Iterable[str]) -> str:
    return " / ".join(f"“{text}”" for text in texts)


def briefing(texts: DeskTexts, packet: Packet, language: str | None = None) -> str:
    """A request's packet as one paragraph, in a language of the desk's or the shop's first one."""
    if language is None or language not in texts.desk:
        language = texts.languages[0]
    return paragraph(packet, texts.desk[language], texts.titles_of(language), language)


def paragraph(packet: Packet, words: Mapping[str, str], titles: Mapping[str, str], language: str) -> str:
    """All in one paragraph: `words` are the desk's in `language`, `titles` those of wishes by intent."""
    return " ".join(_sentence(part) for part in _parts(packet, words, titles, language) if part)


def _parts(
    packet: Packet, words: Mapping[str, str], titles: Mapping[str, str], language: str
) -> Iterator[str]:
    yield words.get(f"reason_{packet.reason}", packet.reason)
    title = titles.get(packet.intent)
    if title:
        yield f"{words['wish']}: {title}"
    yield f"{words['identity']}: {', '.join(_identity(packet, words))}"
    if packet.order:
        yield f"{words['order']} {', '.join(_order(packet.order, words, language))}"
    if packet.mood:
        yield f"{words['mood']}: {words['mood_' + packet.mood].lower()}"
    if packet.also:
        channels = (words.get(f"channel_{channel}", channel) for channel in packet.also)
        yield f"{words['linked']}: {', '.join(channels)}"
    if packet.tried:
        yield f"{words['tried']}: “{packet.tried[-1]}”"
    if packet.said:
        yield f"{words['last_words_said']}: {last_words(packet)}"
    if packet.noted:
        yield f"{words['noted_since']}: {_quoted(packet.noted[-LAST_NOTED:])}"


def _identity(packet: Packet, words: Mapping[str, str]) -> Iterator[str]:
    if packet.customer:
        yield packet.customer
    if not packet.proven:
        yield words["not_proven"].lower()
    else:
        yield words.get(f"proof_{packet.proven_by}", words["proven"]).lower()
    if packet.contact:
        yield packet.contact
    if packet.locked:
        yield words["locked"].lower()


def _order(order: PacketOrder, words: Mapping[str, str], language: str) -> Iterator[str]:
    yield f"{order.number}: {words.get('order_' + order.state, order.state).lower()}"
    parcel = " ".join(filter(None, (order.carrier, order.tracking_number)))
    if parcel:
        yield parcel
    if order.expected_on and order.state not in _ARRIVED:
        day = format_date(order.expected_on, "medium", locale=language)
        yield words["expected_on"].replace("{date}", day)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "”")) else f"{text}."
