"""A score from 1 to 5 as customers type it: a digit, a word, or stars; perhaps with a word about it."""

import re

from bot.shop.wording.folding import fold

_WORDS = {
    fold(word): score
    # en, lt, lv, id, kk, and Russian, which Kazakhs mix in
    for row in (
        "one two three four five",
        "vienas du trys keturi penki",
        "vienetas dvejetas trejetas ketvertas penketas",
        "viens divi trīs četri pieci",
        "vieninieks divnieks trijnieks četrinieks piecinieks",
        "satu dua tiga empat lima",
        "бір екі үш төрт бес",
        "один два три четыре пять",
        "единица двойка тройка четверка пятерка",
    )
    for score, word in enumerate(row.split(), 1)
}
# Tells a star from its shape as a picture.
_PICTURE = "\ufe0f"
_STARS = re.compile(rf"((?:[★⭐🌟]{_PICTURE}?){{1,5}})((?:[☆✩]{_PICTURE}?){{0,4}})(?![★⭐🌟☆✩])")
_FULL = re.compile("[★⭐🌟]")
_NAMED = r"stars?|points?|[žz]vaig[žz]\w+|bintang|bal\w*|taš\w+|жұлдыз\w*|зв[её]зд\w*|балл?\w*"
# "5", "5/5", "5 of 5", "5 stars", "5 ★", "5+", and Kazakh "5-тен 4".
_SCORE = re.compile(
    rf"(?:5\s*-?\s*т[еі]н\s+)?([1-5１-５]{_PICTURE}?\u20e3?|[^\W\d_]+)\+*"
    rf"(?:\s*(?:/|of|out of|iš|is|no|dari|из)\s*5)?(?:\s*(?:[★⭐🌟]{_PICTURE}?|{_NAMED}))?",
    re.IGNORECASE,
)
# Nothing more; or a word about it, set off: "5, thank you", but not "5 days" or "4,5".
_THEN = re.compile(r"[\s.!)]*\Z|\s*[,.;:!)–—-]+\s*(?=[^\W\d_])|\s*\n\s*(?=\S)")


def read(text: str) -> tuple[int, str] | None:
    """The score that a text gives, and the words behind it; None unless it begins with a score."""
    text = text.strip()
    stars = _STARS.match(text)
    found = stars or _SCORE.match(text)
    if not found:
        return None
    if stars:
        score = len(_FULL.findall(stars[1]))
    else:
        said = found[1].strip(f"{_PICTURE}\u20e3")
        score = int(said) if said.isdecimal() else _WORDS.get(fold(said), 0)
    then = _THEN.match(text, found.end())
    return (score, text[then.end() :]) if score and then else None
