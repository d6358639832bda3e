"""Messages without words: what one of nothing but emoji says, and whether one is mere typing."""

import re
import unicodedata
from itertools import pairwise

from bot.assistant.protocol import Understanding

LONGEST = 80  # characters of a message that is looked at
MAX_WORDS = 3
LEAST = 4  # letters of a run of keys; of letters as they stand on an English keyboard three are enough

THANKS = frozenset(
    "👍👌🙏🤝👏💪🤗🥳🎉✅✔💯🆗😊🙂😀😃😄😁😆😇☺😍🥰😘😉😎🤩🙌🫶💐🌹🌷⭐🌟❤🧡💛💚💙💜🖤🤍🤎♥💖💕💗💓💞💝💘😻"
)
WAVES = frozenset("👋🙋🖐✋🤚🤙")
SORROWS = frozenset("😡😠🤬😤👿😾💢👎🖕😢😭😿😞😔☹🙁😟😩😫😖😣😥😓😰😨😱🤦🤮🤢😒🙄😑💔💩🥺")
_BESIDE = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\u2640\u2642\\s]")
_HAPPY = re.compile(r"(?:[:;=8]-?[)D\]]+|\^_*\^|<3+|\){2,})(?:\s+(?:[:;=]-?[)D]+|<3+))*")
_SAD = re.compile(r"(?:[:=]['’]?-?[(\[/]+|>:\(+|\({2,}|[tT]_[tT]|-_+-)(?:\s+[:=]['’]?-?\(+)*")
# Laughter, and what people write while they think.
_SOUNDS = re.compile(
    r"(?:h+m+|х+м+|(?:[aа]?(?:h[aei]|х[аеи])){2,}[hх]?|(?:ah|ах){2,}|(?:wk){2,}w?|lo+l)[!.…]*"
)
_DIGIT = re.compile(r"\d")
_ROWS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
)  # fmt: skip
_PLACE = {letter: (row, column) for row, keys in enumerate(_ROWS) for column, letter in enumerate(keys)}


def emoji(text: str) -> str | None:
    """The response to a message of nothing but emoji or the like; None for any other."""
    said = text.strip()
    if not said or len(said) > LONGEST:
        return None
    if _SAD.fullmatch(said):
        return "utter_sorry"
    if _HAPPY.fullmatch(said):
        return "utter_thank"
    if _SOUNDS.fullmatch(said.casefold()):
        return "utter_what_about"
    signs = set(_BESIDE.sub("", said))
    if not signs or any(unicodedata.category(one) not in ("So", "Sk") for one in signs):
        return None
    if signs & SORROWS:
        return "utter_sorry"
    if signs & THANKS:
        return "utter_thank"
    return "utter_greet" if signs & WAVES else "utter_what_about"


def may_be_typing(text: str) -> bool:
    """Whether a message is short enough, and has no number: that may be an order's."""
    return 0 < len(text.strip()) <= LONGEST and len(_words(text)) <= MAX_WORDS and not _DIGIT.search(text)


def is_mere_typing(text: str, understood: Understanding) -> bool:
    """Whether a message that may be it is only punctuation, keys struck at random, or letters that no word
    has. A + may be a yes."""
    if not may_be_typing(text) or understood.entities:
        return False
    if all(character.isspace() or unicodedata.category(character)[0] == "P" for character in text):
        return True
    words = _words(text)
    return bool(words) and (understood.unknown or all(map(_is_run, words)))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _is_run(word: str) -> bool:
    """Whether a word is nothing but neighbouring keys, or one again and again."""
    if len(word) >= LEAST and len(set(word)) == 1:
        return True
    runs = [1]
    step = 0
    for left, right in pairwise(word):
        way = _step(left, right)
        if way and way == (step or way):
            step = way
            runs[-1] += 1
        else:
            step = 0
            runs.append(1)
    if len(runs) == 1:
        ahead = word.isascii() and step > 0
        return runs[0] >= (3 if ahead else LEAST)
    return min(runs) >= 3


def _step(left: str, right: str) -> int:
    """1 if the next key to the right follows, -1 to the left; else 0."""
    one, other = _PLACE.get(left), _PLACE.get(right)
    if one is None or other is None or one[0] != other[0]:
        return 0
    way = other[1] - one[1]
    return way if abs(way) == 1 else 0
