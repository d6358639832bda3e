"""Whether a message that may be about a product is, and isn't rather what it sounds like."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from actions import intents
from actions.facts.product_facts import Aspect
from actions.intents import Intent, Kind

# What sounds like another wish, and names a product, must be this clear to be no question about the product.
CLEAR_ABOVE: Final = 0.6
# What follows a question about a product is about it too, unless it is this clearly something else.
FOLLOWS_BELOW: Final = 0.7
MAX_FOLLOWING: Final = 6  # words of what follows, or beside a name in what sounds like a question about it
MAX_BESIDE: Final = 3  # words beside a name that asks nothing

# Questions about products, and what of one they mostly ask.
IMPLIED: Final[Mapping[str, Aspect]] = {
    "faq_product_availability": Aspect.STOCK,
    Intent.PRODUCT_HELP: Aspect.CARE,
}


class How(StrEnum):
    """How a message says which product it is about."""

    NAMED = "named"
    PARTLY = "partly"  # "the lamp", of a bedside lamp
    SAME = "same"  # as the message before
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message may ask of products: `skus`, of which it means one, and `aspects`, empty where it only
    names them. `elsewhere`: it has words of another question. `words`: how many stand beside the name."""

    how: How
    skus: tuple[str, ...]
    aspects: tuple[Aspect, ...]
    elsewhere: bool = False
    words: int = 0

    def is_meant(self, intent: str, confidence: float) -> bool:
        """Whether it asks that, though it sounds like `intent`."""
        if self.elsewhere:
            return False
        kind = intents.of(intent).kind
        unclear = kind is Kind.UNCLEAR
        known = intent in IMPLIED
        short = self.words <= MAX_FOLLOWING
        loose = known or unclear or confidence < CLEAR_ABOVE
        surely = known and confidence >= CLEAR_ABOVE
        if self.how is How.NAMED and self.aspects:
            # "Price" sounds like an offer.
            return loose or kind in (Kind.CHAT, Kind.QUESTION) or intent == Intent.DISCOUNT_CODE
        if self.how is How.NAMED:
            return not self.words or (loose and self.words <= MAX_BESIDE) or (surely and short)
        if self.how is How.PARTLY:
            return loose and bool(self.aspects)
        if self.how is How.SAME:
            vague = Aspect.GENERAL in self.aspects and self.words > MAX_BESIDE
            return surely or (short and (unclear or (confidence < FOLLOWS_BELOW and not vague)))
        # The page with the manuals says no price, and goods are the shop's business.
        unknown = unclear or intent == Intent.PRODUCT_HELP
        return unknown and short and self.aspects == (Aspect.PRICE,)

    def entities(self, intent: str) -> list[dict[str, Any]]:
        """The same for the actions. Where no word says what is asked, what it sounds like does."""
        implied = IMPLIED.get(intent)
        aspects = self.aspects or ((implied,) if implied and self.words > MAX_BESIDE else ())
        found = [{"entity": "product", "value": sku} for sku in self.skus]
        return [*found, {"entity": "aspects", "value": " ".join(aspects)}]


def kept(slot: Any, intent: str, turns: int) -> dict[str, Any] | None:
    """What remains of the slot `product` after a message: a wish about something else ends the talk about a
    product, other words do after so many `turns`."""
    kind = intents.of(intent).kind
    other = kind in (Kind.TASK, Kind.PERSON) or (kind is Kind.REQUEST and intent != Intent.ASK_PRODUCT)
    if not isinstance(slot, dict) or other:
        return None
    ago = int(slot.get("turns") or 0) + 1
    return {**slot, "turns": ago} if ago <= turns else None
