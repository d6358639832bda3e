"""Text from outside, made fit to keep and to compare: the one cleaner, at every border.

What no database takes or nobody sees goes; what people wrote stays. Emoji keep their joiners and variation
selectors, and scripts the signs that they need.
"""

import re
import unicodedata
from typing import Any, Final

# Ends a line, however it is written.
_BREAKS: Final = re.compile("\r\n|[\r\v\f\u2028\u2029]")
# No text: control characters but tab and newline, halves of characters, and signs that only hide something or
# turn the text around them: soft hyphen, zero-width space, byte order mark, word joiner, invisible operators,
# embeddings, overrides and isolates of direction, marks for annotations.
_NOTHING: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# A pair of halves is one character, escaped in the way of JSON.
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# In a text these belong to emoji or to a script; in a name or a number nobody sees them.
_UNSEEN: Final = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c-\u200f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0000-\U000e0fff]"
)
_SPACE: Final = re.compile(r"\s+")
_BLANK: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
# Hyphens, dashes and minus signs of any kind, beside those that Unicode calls dashes.
_DASHES: Final = "\u02d7\u2043\u207b\u208b\u2212\u2796"


def clean(text: str, size: int | None = None) -> str:
    """A text of any kind, with its lines, as it is kept: NFC, without what is no text, and without blanks
    around it; "" if nobody would see anything of it. At most `size` characters."""
    # A text cut before it is cleaned costs no more than it may be long.
    text = text if size is None else text[: 2 * size + 100]
    if text.isascii() and text.isprintable():
        return text.strip()[:size].rstrip()
    text = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    text = _NOTHING.sub("", _BREAKS.sub("\n", text))
    text = unicodedata.normalize("NFC", text).strip()[:size].rstrip()
    return "" if is_blank(text) else text


def clean_line(text: str, size: int | None = None) -> str:
    """`clean` for names, titles and the like: on one line, with single spaces, and nothing unseen in it but
    what emoji need."""
    return _SPACE.sub(" ", clean(text, size))


def clean_name(text: str, size: int | None = None) -> str:
    """`clean_line` for what must look as it is, such as a file's name or an article's number."""
    return clean_line(_UNSEEN.sub("", text), size)


def fold(text: str) -> str:
    """For comparing: compatible characters as one (`１０` as `10`), any dash as `-`, digits of any script as
    0 to 9, nothing unseen. Letters keep their case."""
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", _NOTHING.sub("", text)))
    return "".join(map(_alike, plain))


def fold_in_place(text: str) -> str:
    """`fold` that keeps every character at its place, and so leaves alone what would become several or
    none."""
    if text.isascii():
        return text
    return "".join(
        _alike(same) if len(same := unicodedata.normalize("NFKC", one)) == 1 else _alike(one) for one in text
    )


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of it."""
    return all(unicodedata.category(one) in _BLANK for one in text)


def cleaned(value: Any) -> Any:
    """A value out of JSON with all its texts clean, names of fields too."""
    match value:
        case str():
            return clean(value)
        case list():
            return [cleaned(one) for one in value]
        case dict():
            return {
                clean(name) if isinstance(name, str) else name: cleaned(one) for name, one in value.items()
            }
    return value


def _alike(one: str) -> str:
    if one.isascii():
        return one
    if one in _DASHES or unicodedata.category(one) == "Pd":
        return "-"
    digit = unicodedata.decimal(one, None)
    return one if digit is None else str(digit)
