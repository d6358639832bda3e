"""The desk's words that come from the server: mails, the ways to close a conversation, and briefings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.shop.layers import Layers
from bot.shop.texts import Texts


class Words(dict[str, str]):
    """Texts by name. One that is missing is its name: an agent can read it, and nobody waits for want of a
    word."""

    def __missing__(self, name: str) -> str:
        return name


@dataclass(frozen=True, slots=True)
class DeskTexts:
    """From data/texts; `mail`, `dispositions` and `desk` are texts by name, by language. The first of
    `languages` stands in for others. `titles`: what customers may want, by language and intent."""

    shop: str
    languages: tuple[str, ...]
    mail: Mapping[str, Mapping[str, str]]
    dispositions: Mapping[str, Mapping[str, str]]
    desk: Mapping[str, Mapping[str, str]]
    titles: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(
        cls,
        texts: Texts,
        shop: str,
        languages: Sequence[str],
        titles: Mapping[str, Mapping[str, str]] | None = None,
    ) -> "DeskTexts":
        return cls(
            " ".join(shop.split()),
            tuple(languages),
            {one: texts.mail[one] for one in languages},
            {one: texts.dispositions[one] for one in languages},
            {one: Words(texts.desk[one]) for one in languages},
            titles or {},
        )

    @classmethod
    def load(cls, home: Path, shop: str, languages: Sequence[str]) -> "DeskTexts":
        """Raises `bot.shop.yaml_source.SourceError`."""
        return cls.of(Texts.load(Layers(home), languages), shop, languages)

    def words(self, language: str) -> dict[str, str]:
        """The short texts of `mail` in a language, filled in."""
        texts = self.mail.get(language) or self.mail[self.languages[0]]
        return {name: text.replace("{shop}", self.shop) for name, text in texts.items()}

    def letter(self, kind: str, language: str, values: Mapping[str, str]) -> tuple[str, str]:
        """A mail's subject and body, filled in. What stands in braces in a value stays as it is."""
        texts = self.mail.get(language) or self.mail[self.languages[0]]
        known = {"shop": self.shop, **values}

        def fill(text: str) -> str:
            return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], match[0]), text)

        # In the file a paragraph is folded into one line.
        body = "\n\n".join(texts[f"{kind}_body"].split("\n"))
        return fill(texts[f"{kind}_subject"]), fill(body) + "\n"

    def word(self, name: str, language: str) -> str | None:
        """A text of the desk's pages, if there is one of that name."""
        return (self.desk.get(language) or self.desk[self.languages[0]]).get(name)

    def closings(self, language: str) -> list[dict[str, str]]:
        """The ways to close a conversation, as id and title."""
        titles = self.dispositions.get(language) or self.dispositions[self.languages[0]]
        return [{"id": name, "title": title} for name, title in titles.items()]

    def wish(self, intent: str, language: str) -> str | None:
        """What a customer wants, as they would press it; None for an intent that is no wish."""
        return self.titles_of(language).get(intent)

    def titles_of(self, language: str) -> Mapping[str, str]:
        return self.titles.get(language) or self.titles.get(self.languages[0], {})
