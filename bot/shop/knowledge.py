"""What the shop's folder says: its facts, questions, answers and texts, read and checked together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from bot.shop import facts as shops
from bot.shop import tone
from bot.shop.desk_texts import DeskTexts
from bot.shop.facts import Shop
from bot.shop.faq import FaqEntry, load_faq
from bot.shop.handoff_rules import unknown_intents
from bot.shop.responses import Responses
from bot.shop.tone import Tone
from bot.shop.yaml_source import SourceError, read


@dataclass(frozen=True)
class Knowledge:
    """All that the shop's folder says."""

    shop: Shop
    faq: tuple[FaqEntry, ...]
    responses: Responses
    desk: DeskTexts
    tones: Mapping[str, Tone] = field(default_factory=dict)

    @classmethod
    def load(cls, home: Path) -> "Knowledge":
        """Raises `bot.shop.yaml_source.SourceError` with all that is wrong in the files."""
        shop = shops.load(home / "shop.yml")
        faq = load_faq(home / "data" / "faq", shop, shop.languages)
        names = [entry.id for entry in faq]
        responses = Responses.load(home / "data" / "responses", shop.languages, names)
        _check_rules(home, shop, names)
        titles = {
            language: {
                **responses.titles[language],
                **{entry.id: entry.question[language] for entry in faq},
            }
            for language in shop.languages
        }
        desk = DeskTexts.load(home, shop.name, shop.languages, titles)
        tones = tone.load(home / "data" / "escalation", shop.languages)
        return cls(shop, faq, responses, desk, tones)


def _check_rules(home: Path, shop: Shop, faq: Sequence[str]) -> None:
    """Raises `SourceError` if a rule of the shop's names an intent that there isn't."""
    if any(rule.intent for rule in shop.handover):
        domain = YAML(typ="safe").load(home / "domain.yml")
        # Rasa takes an intent with settings too, as a block under its name.
        known = {one if isinstance(one, str) else next(iter(one)) for one in domain["intents"]} | {*faq}
        problems = list(unknown_intents(read(home / "shop.yml"), shop.handover, known))
        if problems:
            raise SourceError(problems)
