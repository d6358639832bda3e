"""Puts the product's own files into the wheel: `bot.product` finds them there."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = (
    "config.yml",
    "domain.yml",
    "endpoints.yml",
    "shop.yml",
    "web",
    "data/cases",
    "data/consent",
    "data/follow_ups",
    "data/escalation",
    "data/faq",
    "data/guides",
    "data/nlu",
    "data/products",
    "data/responses",
    "data/rights.yml",
    "data/rules.yml",
    "data/texts",
    "data/translations.lock",
)


class ProductFiles(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # An editable installation reads those of the checkout.
        if version != "editable":
            build_data["force_include"].update({name: f"bot/product_files/{name}" for name in FILES})
