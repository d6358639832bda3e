"""Whether a customer's answer is a clear yes to a question that names a change of theirs.

A classifier is no judge of that: to it "ok, wait" is mostly "ok". Here every single word must be known to say
yes or to say nothing, so that whatever nobody thought of is no yes.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from actions.intents import Form
from bot.shop.wording.folding import fold, latin

MAX_LENGTH = 120  # characters; who has more to say wants more than to say yes
MIN_MISTYPED = 5  # letters of a word that is known with two of them swapped, or one left out

Words = tuple[str, ...]
Role = Literal["yes", "agree", "beside", "only_with_yes"]

_NUMBER_SIGN = re.compile(r"[#№]\s*(?=\d)")
_NUMBER_ENDING = re.compile(r"(?<=\d{5})(?=[^\W\d_])")  # an order's number is declined: "10234ті", "10234-ą"
_WORD = re.compile(r"100 ?%|\w+(?:['’`]\w+)*|[^\w\s]")
_APOSTROPHES = re.compile("['’`]")
_REPEATED = re.compile(r"([^\W\d_])\1+")
_SEPARATORS = frozenset(".,!:;-–—\"'()„“”«»")
_REFUSALS = frozenset(("no", "ne", "not"))  # "Jl. Merdeka No. 5": a no stays one, whatever the address
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_DOUBT = re.compile(r"[?¿؟？]|\.{2,}|…")  # "yes?", "ok…"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    yes: tuple[str, ...]
    agree: tuple[str, ...]
    cancel: tuple[str, ...]
    address: tuple[str, ...]
    case: tuple[str, ...] = ()
    beside: tuple[str, ...]
    only_with_yes: tuple[str, ...]
    cancel_only_with_yes: tuple[str, ...] = ()
    address_only_with_yes: tuple[str, ...] = ()
    case_only_with_yes: tuple[str, ...] = ()
    # Regular expressions for known words that together are no yes: over folded text, and over text as typed.
    doubt: tuple[str, ...] = ()
    doubt_as_typed: tuple[str, ...] = ()
    not_mistyped: tuple[str, ...] = ()  # words of their own that look like one of the others mistyped


class Consent:
    """What the shop's customers say yes with: the phrases of `data/consent/<language>.yml`."""

    def __init__(self, files: Mapping[str, _File]) -> None:
        english = files.get("en")
        self._vocabularies = {
            form: [
                _Vocabulary(form, [one] if one is english or english is None else [one, english])
                for one in files.values()
            ]
            for form in (Form.CANCEL, Form.ADDRESS, Form.CASE)
        }

    @classmethod
    def load(cls, folder: Path, languages: Collection[str]) -> "Consent":
        """The files of a folder in some languages; one that has none is spoken with English words."""
        wanted = [folder / f"{language}.yml" for language in ("en", *languages)]
        reader = YAML(typ="safe")
        return cls({path.stem: _File(**reader.load(path)) for path in wanted if path.is_file()})

    def is_given(self, text: str, form: str, said: str = "") -> bool:
        """Whether a text is nothing but a yes to what `form` asks. Words that the question itself `said`,
        such as the order's number or the new address, may be said again. A language is mixed with English at
        most: what is a yes in one may be part of a doubt in another."""
        if form not in self._vocabularies or len(text) > MAX_LENGTH or _DOUBT.search(text):
            return False
        return any(vocabulary.says_yes(text, said) for vocabulary in self._vocabularies[Form(form)])


class _Vocabulary:
    """The phrases of one language, or two, that answer what one form asks."""

    def __init__(self, form: Form, files: Sequence[_File]) -> None:
        self._roles: dict[Words, set[Role]] = {}
        # Cyrillic is typed in Latin letters too; elsewhere `y` and `i` are two letters: "ya" isn't "iya".
        self._spelling = latin if any(_CYRILLIC.search(one) for file in files for one in file.yes) else str
        self._doubts = [re.compile(pattern) for file in files for pattern in file.doubt]
        self._doubts_typed = [re.compile(pattern) for file in files for pattern in file.doubt_as_typed]
        for file in files:
            change, with_yes = {
                Form.CANCEL: (file.cancel, file.cancel_only_with_yes),
                Form.ADDRESS: (file.address, file.address_only_with_yes),
                # Asked whether what was summed up is to be registered: "that's right" is a yes to it too.
                Form.CASE: (
                    (*file.address, *file.case),
                    (*file.address_only_with_yes, *file.case_only_with_yes),
                ),
            }[form]
            lists: dict[Role, tuple[str, ...]] = {
                "yes": (*file.yes, *change),
                "agree": file.agree,
                "beside": file.beside,
                "only_with_yes": (*file.only_with_yes, *with_yes),
            }
            for role, phrases in lists.items():
                for phrase in phrases:
                    self._roles.setdefault(_words(phrase, self._spelling), set()).add(role)
        self._longest = max(map(len, self._roles), default=0)
        self._known = {word for phrase in self._roles for word in phrase}
        others = {word for file in files for one in file.not_mistyped for word in _words(one, self._spelling)}
        self._mistyped = _mistyped(self._known, others)

    def says_yes(self, text: str, said: str) -> bool:
        """Whether a text can be cut into phrases of which at least one is a yes, and none forbids it."""
        typed = unicodedata.normalize("NFKC", text).lower()
        folded = self._spelling(fold(text))
        if any(doubt.search(folded) for doubt in self._doubts):
            return False
        if any(doubt.search(typed) for doubt in self._doubts_typed):
            return False
        again = set(_words(said, self._spelling)) - self._known - _REFUSALS
        words = tuple(word for word in _words(text, self._spelling) if word not in again)
        meant = tuple(word if word in self._known else self._mistyped.get(word, word) for word in words)

        @cache
        def readings(start: int) -> frozenset[frozenset[Role]]:
            """The roles that the phrases from `start` on can have."""
            if start == len(meant):
                return frozenset([frozenset()])
            found: set[frozenset[Role]] = set()
            for end in range(start + 1, min(start + self._longest, len(meant)) + 1):
                for role in self._roles.get(meant[start:end], ()):
                    found |= {rest | {role} for rest in readings(end)}
            return frozenset(found)

        return any(
            "yes" in roles or ("agree" in roles and "only_with_yes" not in roles) for roles in readings(0)
        )


def _words(text: str, spelling: Callable[[str], str]) -> Words:
    """Folded words and signs, without what only separates them."""
    plain = unicodedata.normalize("NFKC", _NUMBER_SIGN.sub("", text)).replace("\ufe0f", "")
    plain = _NUMBER_ENDING.sub(" ", plain)
    # The colour of a hand says nothing.
    plain = re.sub("[\U0001f3fb-\U0001f3ff]", "", plain)
    words = (_APOSTROPHES.sub("", spelling(word)) for word in _WORD.findall(fold(plain)))
    return tuple(_REPEATED.sub(r"\1", word) for word in words if word and word not in _SEPARATORS)


def _mistyped(known: Collection[str], others: Collection[str]) -> dict[str, str]:
    """Known words as they are typed in haste: with two letters swapped, or one left out. Letters more or
    others are not looked at, nor is the first letter, nor an ending cut short: in some languages other words
    are near there ("paturiet" keeps, "apturiet" stops). Words in `others` are meant as they stand."""
    found: dict[str, set[str]] = {}
    for word in known:
        if len(word) < MIN_MISTYPED or not word.isalpha():
            continue
        for at in range(1, len(word) - 1):
            shorter = word[:at] + word[at + 1 :]
            swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            for one in (shorter, swapped):
                found.setdefault(one, set()).add(word)
    own = {*known, *others}
    return {typed: meant.pop() for typed, meant in found.items() if len(meant) == 1 and typed not in own}
