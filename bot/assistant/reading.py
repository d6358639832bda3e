"""A message read in parts: what stands beside a wish, a greeting or a story, doesn't hide it, and two wishes
are two."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any

from actions import intents
from actions.intents import Form, Intent, Kind
from bot.assistant.decision import DETAILS, Ranked, Ranking

WISH_ABOVE = 0.7  # a part's wish, where the whole is no clear wish
ALSO_ABOVE = 0.8  # each of several wishes
SURELY_ABOVE = 0.95  # a sentence as clear as this is one wish; a trouble told in a few words is one
PIECE_ABOVE = 0.9  # a wish between commas
CLEAR_WHOLE = 0.5  # the whole, to go by it if its parts say nothing clearer
COURTESY_ABOVE = 0.8
MAX_PARTS, MAX_FIRST = 12, 4
MAX_WINDOWS = 40
MAX_WISHES = 3
MAX_JOINTS = 3
MAX_COURTESY = 5  # words
MIN_LETTERS = 4
LONG = 14  # words; a text without full stops is read in windows
WINDOW, STEP = 9, 4  # words

# No sentence ends after "no.", "el.", "g." or before a number.
_ENDS = re.compile(r"(?:(?<=[!?…])|(?<=\w{3}\.)(?=\s+\D))[\s)\"']+|\n+|\s[–—-]\s|;\s*")
_COMMA = re.compile(r",\s+")
_WORD = re.compile(r"\S+")
# Words that two wishes may be joined by, in any language: what stands on both sides decides.
_AND = re.compile(
    r"\s+(?:and|but|also|plus|ir|bei|bet|o|taip pat|un|kā arī|dan|sama|terus|trus|tapi|sekalian|және|әрі|"
    r"бірақ|ал|и|а)"
    r"(?:\s+(?:also|dar|taip pat|vēl|arī|juga|тағы))?\s+",
    re.IGNORECASE,
)
_POLITE = frozenset(
    {
        *(Intent.GREET, Intent.GOODBYE, Intent.THANK),
        *(Intent.ACKNOWLEDGE, Intent.AFFIRM),
    }
)
# Of wishes that are one and the same trouble, the clearest counts.
_ONE_TROUBLE = frozenset(
    {
        Intent.REPORT_PROBLEM,
        Intent.WARRANTY_CLAIM,
        Intent.PRODUCT_HELP,
        Intent.RETURN_ORDER,
        Intent.EXCHANGE_ITEM,
        Intent.COMPLAINT,
    }
)

# A number behind one of these is not the one that is meant: "not 10234 but 10235".
_NOT_BEFORE = re.compile(r"(?<!\w)(?:not|isn'?t|ne|nevis|nav|bukan)\s+(?:\w+\s+){0,2}[#№]?\Z", re.IGNORECASE)
_NOT_BEHIND = re.compile(r"\s+емес(?!\w)", re.IGNORECASE)

Rank = Callable[[str], Ranking]


@dataclass(frozen=True)
class Part(Ranked):
    """A stretch of a message, with the entities in it (their places are of the stretch), and its ranking."""

    text: str
    ranking: Ranking
    entities: tuple[dict[str, Any], ...]


def read(text: str, ranking: Ranking, entities: Sequence[dict[str, Any]], rank: Rank) -> list[Part]:
    """The parts of a message that want something, in their order, at most `MAX_WISHES`; the message whole, if
    it is one thing. `ranking` and `entities` are those of the whole, `rank` classifies a text."""
    whole = Part(text, ranking, tuple(entities))
    rank = _remembered(rank, {text: ranking})
    spans = _outer(list(_between(text, 0, len(text), _ENDS)))
    if len(spans) < 2:
        spans = _joined(text, (0, len(text)), rank)
        if len(spans) < 2:
            return [_without_courtesy(whole, rank)]
    elif not (_is_wish(whole.intent) and whole.confidence >= PIECE_ABOVE):
        # Of a clear message its sentences are parts enough.
        spans = [piece for span in spans for piece in _joined(text, span, rank)]
    parts = [_without_courtesy(_part(text, start, end, entities, rank), rank) for start, end in spans]
    found = _wishes(parts)
    if whole.intent == Intent.OUT_OF_SCOPE and whole.confidence >= PIECE_ABOVE and len(text.split()) <= LONG:
        # Of a few words that surely are none of the shop's business, no part is, unless it names an order.
        found = [part for part in found if part.entities]
    if whole.confidence >= PIECE_ABOVE and any(part.intent == whole.intent for part in found):
        # What the message is as a whole is in it; anything else must be as clear.
        found = [part for part in found if part.intent == whole.intent or part.confidence >= PIECE_ABOVE]
    if len(found) > 1:
        return _with_details(found, parts)
    if not found:
        return [_without_courtesy(_windowed(whole, rank), rank)]
    wish = found[0]
    # What is asked outright outweighs the trouble that its story sounds like.
    told = intents.of(whole.intent).kind is Kind.REQUEST and whole.confidence < SURELY_ABOVE
    asked = told and wish.text.rstrip().endswith("?") and wish.confidence >= PIECE_ABOVE
    least = min(ALSO_ABOVE, max(CLEAR_WHOLE, wish.confidence))
    if _is_wish(whole.intent) and whole.confidence >= least and not asked:
        return [whole]
    # Its details may stand in another part: "10234. Where is it?"
    return [Part(text, wish.ranking, tuple(entities))]


def _remembered(rank: Rank, known: dict[str, Ranking]) -> Rank:
    """The same, but classifying no text twice."""

    def ranked(text: str) -> Ranking:
        if text not in known:
            known[text] = rank(text)
        return known[text]

    return ranked


def _outer(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first few and the last of many: there the wish of a long story stands."""
    return spans if len(spans) <= MAX_PARTS else spans[:MAX_FIRST] + spans[MAX_FIRST - MAX_PARTS :]


def _between(text: str, start: int, end: int, mark: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    marks = [(found.start(), found.end()) for found in mark.finditer(text, start, end)]
    edges = [(start, start), *marks, (end, end)]
    for (_, begin), (stop, _) in pairwise(edges):
        if text[begin:stop].strip():
            yield begin, stop


def _joined(text: str, span: tuple[int, int], rank: Rank) -> list[tuple[int, int]]:
    """A sentence cut where each side surely wants something of its own: in two at a word such as "and", or
    at its commas. What happened before stands in the same sentence as the wish, "I cancelled 10234 and want
    to know where the money is": so of a clear one only a general question is cut off."""
    ((whole, clear),) = rank(text[slice(*span)])[:1]
    for mark in islice(_AND.finditer(text, *span), MAX_JOINTS):
        left, right = text[span[0] : mark.start()], text[mark.end() : span[1]]
        ((one, sure),), ((other, also),) = rank(left)[:1], rank(right)[:1]
        both = min(sure, also) >= ALSO_ABOVE and _is_wish(one) and _is_wish(other) and one != other
        general = Kind.QUESTION in (intents.of(one).kind, intents.of(other).kind)
        if both and not {one, other} <= _ONE_TROUBLE and (clear < SURELY_ABOVE or general):
            return [(span[0], mark.start()), (mark.end(), span[1])]
    pieces = _outer(list(_between(text, *span, _COMMA)))
    outside = whole == Intent.OUT_OF_SCOPE and clear >= CLEAR_WHOLE
    if len(pieces) < 2 or outside or (_is_wish(whole) and clear >= ALSO_ABOVE):
        return [span]
    read_so = [Part(text[start:end], rank(text[start:end]), ()) for start, end in pieces]
    return pieces if any(_wants(one) and one.confidence >= _least(one.intent) for one in read_so) else [span]


def _least(intent: str) -> float:
    """How clear a wish between commas must be: a trouble is soon read into a few words."""
    return SURELY_ABOVE if intents.of(intent).kind is Kind.REQUEST else PIECE_ABOVE


def _with_details(found: list[Part], parts: Sequence[Part]) -> list[Part]:
    """The wishes with the details that stand elsewhere in the message: "my number is 10234. Where is it, and
    do you take cards?" """
    beside = [one for part in parts if part not in found for one in part.entities]
    loose = [one for one in beside if one["entity"] in DETAILS]
    if not loose:
        return found
    given = []
    for part in found:
        more = loose if intents.of(part.intent).form else []
        if _numbers(part):
            more = [one for one in more if one["entity"] != "order_number"]
        given.append(replace(part, entities=(*part.entities, *more)))
    if any(intents.of(part.intent).form for part in found):
        return given
    return [*found, *(part for part in parts if part not in found and _is_answer(part))]


def _part(text: str, start: int, end: int, entities: Sequence[dict[str, Any]], rank: Rank) -> Part:
    words = text[start:end]
    inside = tuple(
        {**one, "start": one["start"] - start, "end": one["end"] - start}
        for one in entities
        if start <= one["start"] and one["end"] <= end
    )
    return Part(words, rank(words), inside)


def _wants(part: Part) -> bool:
    """Whether a part has a wish, and letters enough for one: an angry face isn't one, nor is "oh"."""
    return _is_wish(part.intent) and sum(map(str.isalpha, part.text)) >= MIN_LETTERS


def _is_wish(intent: str) -> bool:
    meaning = intents.of(intent)
    return meaning.wish or meaning.kind in (Kind.PERSON, Kind.LANGUAGE)


def _wishes(parts: Sequence[Part]) -> list[Part]:
    """The parts with a clear wish, each wish once; one only, unless each is surely one."""
    clear = [
        part
        for part in parts
        if _wants(part) and part.confidence >= WISH_ABOVE and not (_is_answer(part) and len(parts) > 1)
    ]
    best: dict[str, Part] = {}
    for part in clear:
        key = Intent.COMPLAINT if part.intent in _ONE_TROUBLE else part.intent
        if key not in best or part.confidence > best[key].confidence or _numbers(part) > _numbers(best[key]):
            best[key] = part
    found = sorted(best.values(), key=parts.index)
    sure = [part for part in found if part.confidence >= ALSO_ABOVE]
    asked = [part for part in sure if part.text.rstrip().endswith("?")]
    if asked:
        # What is told before a question is its story, unless it is trouble beyond doubt.
        sure = [part for part in sure if part in asked or part.confidence >= _least(part.intent)]
    if len(sure) > 1 or (sure and asked):
        return sure[:MAX_WISHES]
    return [max(found, key=lambda part: part.confidence)] if found else []


def _is_answer(part: Part) -> bool:
    """Whether a part is nothing but details, and what they are: "e-mail: …"."""
    if intents.of(part.intent).form is Form.ORDER and len(_WORD.findall(part.text)) > 1:
        return False
    details = [one for one in part.entities if one["entity"] in DETAILS]
    return bool(details) and len(_WORD.findall(part.text)) <= len(details) + 2


def _numbers(part: Part) -> int:
    return sum(one["entity"] == "order_number" for one in part.entities)


def _without_courtesy(part: Part, rank: Rank) -> Part:
    """The same without the polite words at its beginning and end, if these are what it is taken for."""
    meaning = intents.of(part.intent)
    unclear = meaning.kind is Kind.UNCLEAR and part.confidence < PIECE_ABOVE
    if part.intent not in _POLITE and not unclear and part.confidence >= WISH_ABOVE:
        return part
    words = [(found.start(), found.end()) for found in _WORD.finditer(part.text)]
    # A yes or no may be the answer to a question.
    least = ALSO_ABOVE if meaning.kind is Kind.ANSWER else WISH_ABOVE
    best = part
    for first, last in _inner(len(words)):
        cut = part.text[words[first][0] : words[last - 1][1]]
        found = Part(cut, rank(cut), part.entities)
        if not _wants(found) or found.confidence < (least if best is part else best.confidence):
            continue
        rest = part.text[: words[first][0]], part.text[words[last - 1][1] :]
        if all(_is_polite(one, rank) for one in rest if one.strip()):
            best = replace(found, text=part.text)
    return best


def _inner(count: int) -> Iterator[tuple[int, int]]:
    """What is left of so many words without a few at either end, as pairs of places."""
    for first in range(min(MAX_COURTESY, count - 1) + 1):
        if first and first < count:
            yield first, count
    for last in range(max(1, count - MAX_COURTESY), count):
        yield 0, last


def _is_polite(words: str, rank: Rank) -> bool:
    ((intent, confidence), *_) = rank(words)
    return intent in _POLITE and confidence >= COURTESY_ABOVE


def _windowed(whole: Part, rank: Rank) -> Part:
    """A long text without full stops, as it is spoken: the clearest wish in a few neighbouring words."""
    words = [(found.start(), found.end()) for found in _WORD.finditer(whole.text)]
    unsure = whole.confidence < CLEAR_WHOLE or not _is_wish(whole.intent)
    if len(words) < LONG or not unsure:
        return whole
    best = whole
    for first in range(0, len(words) - WINDOW + STEP, STEP)[-MAX_WINDOWS:]:
        chosen = words[first : first + WINDOW]
        ranking = rank(whole.text[chosen[0][0] : chosen[-1][1]])
        clear = _is_wish(ranking[0][0]) and ranking[0][1] >= ALSO_ABOVE
        if clear and (best is whole or ranking[0][1] > best.confidence):
            best = Part(whole.text, ranking, whole.entities)
    return best


def numbers(text: str, entities: Sequence[dict[str, Any]]) -> list[str]:
    """The order numbers that are meant, each once."""
    found = [one for one in entities if one["entity"] == "order_number"]
    meant = [
        str(one["value"])
        for one in found
        if not _NOT_BEFORE.search(text, 0, one["start"]) and not _NOT_BEHIND.match(text, one["end"])
    ]
    return list(dict.fromkeys(meant or [str(one["value"]) for one in found]))
