"""What the shop's folder says: its facts, questions, answers and texts, read and checked together."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ruamel.yaml import YAML

from bot import product
from bot.shop import facts as shops
from bot.shop import laws, tone
from bot.shop.desk_texts import DeskTexts
from bot.shop.facts import Shop
from bot.shop.faq import FaqEntry, load_faq
from bot.shop.guides.guide_shelf import Shelf
from bot.shop.handoff_rules import unknown_intents
from bot.shop.layers import Layers
from bot.shop.page_texts import PageTexts
from bot.shop.responses import Responses
from bot.shop.texts import Texts
from bot.shop.tone import Tone
from bot.shop.yaml_source import Problem, SourceError, read
from store.cases.law.rules import Laws

Read = TypeVar("Read")


@dataclass(frozen=True)
class Knowledge:
    """All that the shop's folder says. `notes`: what its owner should know, though nothing is wrong."""

    shop: Shop
    faq: tuple[FaqEntry, ...]
    responses: Responses
    desk: DeskTexts
    tones: Mapping[str, Tone] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)
    laws: Laws = field(default_factory=lambda: Laws({}, {}))
    guides: Shelf = field(default_factory=Shelf)
    notes: tuple[Problem, ...] = ()

    @property
    def pages(self) -> PageTexts:
        return PageTexts.of(self.texts, self.shop)

    @classmethod
    def load(cls, home: Path) -> "Knowledge":
        """Raises `bot.shop.yaml_source.SourceError` with all that is wrong in the files."""
        shop = shops.load(home / "shop.yml")
        layers = Layers(home)
        problems = [one for kind in ("responses", "texts", "escalation") for one in layers.strays(kind)]

        def reading(what: Callable[[], Read]) -> Read | None:
            try:
                return what()
            except SourceError as error:
                problems.extend(error.problems)
                return None

        faq = reading(lambda: load_faq(home / "data" / "faq", shop, shop.languages))
        names = [entry.id for entry in faq or ()]
        responses = reading(lambda: Responses.load(layers, shop.languages, names)) if faq else None
        texts = reading(lambda: Texts.load(layers, shop.languages))
        tones = reading(lambda: tone.load(layers, shop.languages))
        law = reading(lambda: laws.load(home))
        guides = reading(lambda: Shelf.load(layers, shop.languages))
        if faq:
            problems.extend(_wrong_rules(home, shop, names))
        if problems or faq is None or responses is None or texts is None or tones is None:
            raise SourceError(problems)
        if law is None or guides is None:
            raise SourceError(problems)
        titles = {
            language: {
                **responses.titles[language],
                **{entry.id: entry.question[language] for entry in faq},
            }
            for language in shop.languages
        }
        desk = DeskTexts.of(texts, shop.name, shop.languages, titles)
        return cls(shop, faq, responses, desk, tones, texts, law, guides, tuple(sorted(layers.notes)))


def intents(home: Path, faq: Collection[str]) -> frozenset[str]:
    """What customers may want: the product's intents and the FAQ's."""
    declared = YAML(typ="safe").load(product.of(home) / "domain.yml")["intents"]
    # Rasa takes an intent with settings too, as a block under its name.
    return frozenset(one if isinstance(one, str) else next(iter(one)) for one in declared) | {*faq}


def _wrong_rules(home: Path, shop: Shop, faq: Sequence[str]) -> list[Problem]:
    """Rules of the shop's that name an intent that there isn't."""
    if not any(rule.intent for rule in shop.handover):
        return []
    return list(unknown_intents(read(home / "shop.yml"), shop.handover, intents(home, faq)))
