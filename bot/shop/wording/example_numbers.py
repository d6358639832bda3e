"""Order numbers made up from a shop's regular expression, to be named as examples: always the same ones."""

import re
import string
from collections.abc import Iterator
from importlib import import_module
from typing import Any

# How Python itself reads an expression; no public module tells.
ops: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

# What an example counts with; several, for one of them may be an order.
_DIGITS = ("12345678901", "24680135792", "13579024681", "98765432109", "10293847560", "31415926535")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_LENGTH = 40  # characters of an order number
_USUAL = 5  # pieces of what has no end, such as \d+
_OTHERS = "-/. " + string.punctuation


def examples(pattern: str) -> tuple[str, ...]:
    """Some numbers that fit the pattern; none if it is too odd to make up one."""
    try:
        tree = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return ()
    whole = re.compile(pattern, re.IGNORECASE)
    try:
        found = dict.fromkeys(_Writer(digits).write(tree) for digits in _DIGITS)
    except OverflowError:
        return ()
    return tuple(one for one in found if len(one) <= MAX_LENGTH and whole.fullmatch(one))


class _Writer:
    """Writes one text that a parsed expression describes."""

    def __init__(self, digits: str) -> None:
        self._digits = digits
        self._count = 0  # characters made up so far
        self._groups: dict[int, str] = {}

    def write(self, tree: Any) -> str:
        return "".join(self._parts(tree))

    def _parts(self, tree: Any) -> Iterator[str]:
        for op, value in tree:
            yield from self._part(op, value)

    def _part(self, op: Any, value: Any) -> Iterator[str]:
        if op in (ops.LITERAL, ops.NOT_LITERAL, ops.IN, ops.ANY):
            yield self._one(op, value)
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            least, most, tree = value
            if least > MAX_LENGTH:
                raise OverflowError
            usual = most if most <= _USUAL and least else min(max(least, _USUAL), most)
            for _ in range(usual if least or most > 1 else 0):
                yield self.write(tree)
        elif op is ops.SUBPATTERN:
            group, _, _, tree = value
            text = self.write(tree)
            if group is not None:
                self._groups[group] = text
            yield text
        elif op is ops.ATOMIC_GROUP:
            yield self.write(value)
        elif op is ops.BRANCH:
            yield self.write(value[1][0])
        elif op is ops.GROUPREF:
            yield self._groups.get(value, "")

    def _one(self, op: Any, value: Any) -> str:
        """A character that fits: the next digit or letter, if one of these does."""
        if op is ops.LITERAL:
            return chr(value)
        if self._count > MAX_LENGTH:
            raise OverflowError
        digits = self._digits[self._count % len(self._digits) :] + string.digits
        letters = _LETTERS[self._count % len(_LETTERS) :] + _LETTERS + _LETTERS.lower()
        self._count += 1
        return next((one for one in (*digits, *letters, *_OTHERS) if _fits(op, value, ord(one))), "")


def _fits(op: Any, value: Any, code: int) -> bool:
    if op is ops.ANY:
        return True
    if op is ops.NOT_LITERAL:
        return bool(code != value)
    denied = bool(value) and value[0][0] is ops.NEGATE
    inside = any(_is_in(kind, what, code) for kind, what in value if kind is not ops.NEGATE)
    return inside is not denied


def _is_in(kind: Any, what: Any, code: int) -> bool:
    if kind is ops.LITERAL:
        return bool(code == what)
    if kind is ops.RANGE:
        return bool(what[0] <= code <= what[1])
    names = {
        ops.CATEGORY_DIGIT: r"\d",
        ops.CATEGORY_NOT_DIGIT: r"\D",
        ops.CATEGORY_WORD: r"\w",
        ops.CATEGORY_NOT_WORD: r"\W",
        ops.CATEGORY_SPACE: r"\s",
        ops.CATEGORY_NOT_SPACE: r"\S",
    }
    return bool(re.match(names.get(what, r"(?!)"), chr(code)))
