"""Which language a message is in when it is none of the shop's (docs/decisions/0008)."""

import re
import unicodedata
from collections.abc import Collection
from functools import cached_property
from typing import Any

from bot.shop.wording.folding import fold

# What customers may well write in. Of languages that nobody expects, a detector only makes mistakes.
EXPECTED = frozenset(
    "en lt lv id kk ms ru uk pl de et fi sv fr es it nl tr uz ky".split()  # noqa: SIM905
)
# So much alike that the one is never said to be foreign where the other is offered.
ALIKE = {"ms": "id", "ky": "kk"}
OURS_BELOW = 0.1  # probability of all the shop's languages together
SURE_ABOVE = 0.5
# Kazakh is typed in Latin letters too, and looks like these.
TURKIC = frozenset({"uz", "tr"})
TURKIC_ABOVE = 0.975
MIN_WORDS = 2

_NOISE = re.compile(r"\S+@\S+|(?:https?://|www\.)\S+|[\W\d_]+")
_CYRILLIC = re.compile("[а-яё]")
_UKRAINIAN = re.compile(r"[іїєґ]|\b(?:де|коли|як|чи|що|будь|ласка|дякую|добрий)\b")
# Russian words between Kazakh ones are how Kazakh is written: any of its letters, common words or
# endings (folded, as on a Russian keyboard) make a text Kazakh.
_KAZAKH_LETTERS = re.compile("[әғқңөұүһ]")
_KAZAKH = re.compile(
    fold(
        r"\b(?:мен|менин|меним|менде|менен|маган|мага|сен|сиз\w*|осы|осында|анау|мынау|мына|кай|кайда\w*"
        r"|кала[йи]\w*|кашан|канша|нег[еы]|неше|кандай|бар|барма|жок|жоо+к|керек\w*|рах?мет\w*|рахимет|сал[ае]м\w*"
        r"|саламат\w*|тапсыр\w+|акша\w*|тауар\w*|бери[нп]\w*|бер(?:ш|се|ес)\w+|бол[адсмы]\w*|жатыр\w*|турсыз\w*"
        r"|емес|жаксы|жарайд\w*|ия|иа|жане|ушин|туралы|тегин|тири|кел[еидм]\w*|кет[тик]\w+|жет[ик]\w+|ал[ад]\w+"
        r"|адам\w*|аудар\w*|[ао]?кайтар\w*|жибер\w*|жаз[ыау]\w*|айт\w+|кор(?:ин|се)\w*|косы[пнл]\w*|сойле\w*"
        r"|комек\w*|туси\w*|бир|еки|бугин|ертен\w*|дейин|бойынша|казир|казак\w*|ма|ме|ба|бе|па|пе|ким|кимге"
        r"|шакыр\w*|озгерт\w*|мерзим\w*|койшы|\w+(?:дар|дер|тар|лар|лер)(?:ды|ди|дын|дин|га|ге)?"
        r"|\w+(?:ган|ген|кан|кен)(?:да|де|мын|мин)?|\w+(?:сыз|сиз)(?:дар|дер)?(?:ба|бе)?"
        r"|\w{2,}(?:дын|тын|нын|рдин|ктин|инин|лерин|ларын|мын|пын|емин)|\w+(?:айын|ейин|ыныз|иниз|дыктан)\w*"
        r"|\w+(?:йшы|йши|нызшы|низши)|\w+[мбп][ае]й(?:м|д|с)\w*)\b"
    )
)


class ForeignDetector:
    """Tells messages that are in none of the languages `offered` (ISO 639)."""

    def __init__(self, offered: Collection[str]) -> None:
        self._offered = frozenset(offered)
        self._ours = self._offered | {one for one, like in ALIKE.items() if like in self._offered}

    def detect(self, text: str) -> str | None:
        """The code of the foreign language that a text is clearly written in; None if it may be one of
        the shop's, or is too short to tell. "" stands for a script in which none of them is written."""
        if _other_script(text):
            return ""
        plain = _NOISE.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()
        if len(plain.split()) < MIN_WORDS:
            return None
        if "kk" in self._offered and _is_kazakh(plain):
            return None
        ranking = self._identifier.rank(plain)
        language: str = ranking[0][0]
        sure = ranking[0][1]
        if sum(share for code, share in ranking if code in self._ours) >= OURS_BELOW:
            return None
        if sure < (TURKIC_ABOVE if language in TURKIC and "kk" in self._offered else SURE_ABOVE):
            return None
        if language in ("ru", "uk"):  # nobody likes to be taken for the other
            return "uk" if _UKRAINIAN.search(plain) else "ru"
        return language

    @cached_property
    def _identifier(self) -> Any:
        # Takes a second and 50 MB, and many a shop never meets a foreign message.
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        identifier.set_languages((EXPECTED | self._ours) & set(identifier.labels))
        return identifier


def _other_script(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    known = sum(unicodedata.name(one, "").startswith(("LATIN", "CYRILLIC")) for one in letters)
    return len(letters) >= MIN_WORDS and known * 2 < len(letters)


def _is_kazakh(text: str) -> bool:
    if not _CYRILLIC.search(text):
        return False
    return bool(_KAZAKH_LETTERS.search(text) or _KAZAKH.search(fold(text)))
