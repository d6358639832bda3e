"""Normalisation of customers' text before it is cut into n-grams."""

import re
import unicodedata

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_PHONE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){7,}")
_NUMBER = re.compile(r"(?:[#№]\s?)?(?:\bord-?\s?)?\b\d{4,}\b")
_DIGITS = re.compile(r"\d+")
_REPEATED = re.compile(r"(.)\1{2,}")
_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Lower case without diacritics: `kur mano užsakymas` and `kur mano uzsakymas` are one text."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def normalise(text: str) -> str:
    """Folds `text` and puts one word for each e-mail, address, phone and long number in it, so that
    `where is 10234` and `where is #20871` are one text."""
    text = fold(text).replace("’", "'")
    text = _EMAIL.sub(" xemail ", text)
    text = _URL.sub(" xurl ", text)
    text = _PHONE.sub(" xphone ", text)
    text = _NUMBER.sub(" xnumber ", text)
    text = _DIGITS.sub("0", text)
    text = _REPEATED.sub(r"\1\1", text)
    return _SPACE.sub(" ", text).strip()
