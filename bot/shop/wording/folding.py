"""Normalisation of customers' text before it is cut into n-grams."""

import re
import unicodedata

# Begins where a word does: tried at every letter of a long one, it would take minutes.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_PHONE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){7,}")
_NUMBER = re.compile(r"(?:[#№]\s?)?(?:\bord-?\s?)?\b\d{4,}\b")
_DIGITS = re.compile(r"\d+")
_REPEATED = re.compile(r"(.)\1{2,}")
_SPACE = re.compile(r"\s+")

# Kazakh letters as they are typed on a Russian keyboard; ё and э too are often left out.
_RUSSIAN_KEYBOARD = str.maketrans("әқғңөұүһіёэ", "акгноуухиее")


# Cyrillic as it is typed in Latin letters. That has many spellings: of the usual ones (`q` or `k`, `y` or
# `i`, `zh` or `j`) one is left in all texts.
_LATIN = str.maketrans(
    {
        **dict(zip("абвгдежзийклмнопрстуфхы", "abvgdejziiklmnoprstufhi", strict=True)),
        **{"ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "iu", "я": "ia", "ъ": "", "ь": ""},
        **{"q": "k", "y": "i"},
    }
)


def fold(text: str) -> str:
    """Lower case without diacritics: `kur mano užsakymas` and `kur mano uzsakymas` are one text, and so
    are `тапсырысым қайда` and `тапсырысым кайда`."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return plain.translate(_RUSSIAN_KEYBOARD)


def normalise(text: str, *, folded: bool = True) -> str:
    """Puts one word for each e-mail, address, phone and long number in `text`, so that `where is 10234`
    and `where is #20871` are one text; in lower case. If `folded`, without diacritics and in Latin letters,
    so that `тапсырысым қайда` and `tapsyrysym qaida` are one text too."""
    text = (fold(text) if folded else unicodedata.normalize("NFKC", text).lower()).replace("’", "'")
    text = _EMAIL.sub(" xemail ", text)
    text = _URL.sub(" xurl ", text)
    text = _PHONE.sub(" xphone ", text)
    text = _NUMBER.sub(" xnumber ", text)
    text = _DIGITS.sub("0", text)
    text = _REPEATED.sub(r"\1\1", text)
    text = _SPACE.sub(" ", text).strip()
    return latin(text) if folded else text


def latin(folded: str) -> str:
    """A folded text in Latin letters, one spelling for each sound."""
    return folded.translate(_LATIN).replace("zh", "j")
