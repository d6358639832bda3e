"""What a customer asks of a product, answered from the store."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import session
from actions.facts import product_facts
from actions.facts.product_facts import Aspect
from actions.intents import Intent
from store.products import products
from store.products.products import Product

MAX_CHOICES = 5


class AskProduct(Action):
    """Answers about the product that the message means, which slot `product` then holds; asks which of
    several; or says that it isn't known."""

    def name(self) -> str:
        return "action_ask_product"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        given = tracker.latest_message.get("entities") or []
        skus = [str(one["value"]) for one in given if one["entity"] == "product"]
        asked = " ".join(str(one["value"]) for one in given if one["entity"] == "aspects").split()
        aspects = [aspect for aspect in Aspect if aspect in asked]
        language = (tracker.latest_message.get("metadata") or {}).get("language", "")
        with session.transaction() as connection:
            found = [one for sku in skus[:MAX_CHOICES] if (one := products.find(connection, sku))]
        if not found:
            dispatcher.utter_message(response="utter_product_unknown")
            return [SlotSet("product", None)]
        if len(found) > 1:
            choices = [_named(product, aspects, language) for product in found]
            dispatcher.utter_message(response="utter_choose_product", choices=choices)
            return [SlotSet("product", None)]
        (product,) = found
        parts, known = product_facts.answer(product, aspects, language)
        choices = [] if not known else product_facts.next_questions(product, aspects)
        dispatcher.utter_message(
            response="utter_product" if known else "utter_product_partly_known",
            parts=parts,
            choices=[*choices, {"intent": Intent.HUMAN_AGENT}],
        )
        return [SlotSet("product", {"sku": product.sku})]


def _named(product: Product, aspects: list[Aspect], language: str) -> dict[str, Any]:
    return product_facts.choice(product.sku, aspects, title=product.called(language))
