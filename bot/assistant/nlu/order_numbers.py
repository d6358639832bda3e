"""Order numbers in what people write: in the shop's own form, with words before them, spaces in them, other
dashes; and what looks like one but is a date, or money."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

MAX_TEXT = 200  # characters of an answer in which a number is looked for that has spaces in it
MAX_PIECES = 12

# What people write before an order's number, in small letters without diacritics, Kazakh as on a Russian
# keyboard: words for an order, then words for a number, in full, cut short and with the usual slips.
_ORDER = (
    r"orders?|order'?s|ord|odr|oder|ordr|purchase|"
    r"uzsakym\w*|uzsakim\w*|uzsak|uzs|pirkim\w*|"
    r"pasutij\w*|pasutit\w*|pasut|pas|"
    r"pesanan\w*|psnan|pesnan|orderan\w*|pembelian|"
    r"тапсыры\w*|тапс|заказ\w*|зак|tapsyrys\w*|tapsiris\w*|zakaz\w*"
)
_NUMBER = (
    r"numbers?|numb|nmbr|num|no|nr|id|ref|reference|"
    r"numer\w*|numur\w*|nomor\w*|nomer\w*|nomir\w*|nomr|nmr|номир\w*|номер\w*|ном"
)
_IS = r"is|was|are|yra|buvo|ir|adalah|itu|бул|ето"
# No letter follows, but a digit may: nr10234.
_WORD = rf"(?<!\w)(?:{_ORDER}|{_NUMBER})(?![^\W\d_])"
_LABEL = rf"(?:[#№]|{_WORD})(?:[\s.:=#№-]{{0,5}}(?:{_WORD}|(?<!\w)(?:{_IS})(?!\w))){{0,3}}[\s.:=#№-]{{0,5}}"

# Kazakh letters as they are typed on a Russian keyboard.
_KEYBOARD = str.maketrans("әқғңөұүһіёэ", "акгноуухиее")

_MONEY = (
    r"€|\$|£|₸|₽|eur(?:o|os|ai|u|ų|as|us)?|eir\w*|usd|gbp|idr|kzt|rp|rupiah\w*|ribu|rb|juta|тг|те[ңн]ге\w*|tenge\w*|"
    r"teng\w*|евро|руб\w*"
)
_POSTCODE = re.compile(
    r"(?:post\s?code|postal code|zip(?: code)?|pa[sš]to kodas|pasta indekss?|indekss|indeksas|"
    r"kode pos|индекс\w*|(?<!\w)[A-Z]{2}-)(?: (?:is|yra|ir|adalah))?[\s:-]*$",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"(?:[€$£₸₽]|(?<!\w)(?:eur|usd|gbp|idr|kzt|rp))\.?\s?$", re.IGNORECASE)
_AFTER = re.compile(rf"(?:[.,]\d{{1,2}})?\s?(?:{_MONEY})(?!\w)|[.,]\d{{1,2}}(?!\d)", re.IGNORECASE)
_DATE = re.compile(
    r"(?<![\w.-])(\d{4})([./-])(\d{1,2})\2(\d{1,2})(?![\w-])|(?<![\w.-])(\d{1,2})([./-])(\d{1,2})\6(\d{4})(?![\w-])"
)
_MARK = re.compile(
    r"(?:[#№]|(?<!\w)(?:ord(?:er)?|no|nr|num(?:ber)?)(?![^\W\d_])\.?)[\s:#-]*\Z", re.IGNORECASE
)
_PIECE = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[ \t\u00a0./_-]{1,3}")
_GOES_ON = re.compile(rf"\d{_BETWEEN.pattern}$|[@.+-]$")
_GOES_ON_BEHIND = re.compile(rf"{_BETWEEN.pattern}\d|[@-]")

_ODD = re.compile(r"(?<![\w@.+-])([^\W_]{0,6}[-/]?\d{3,12})(?![\w@-])")
_NAMED = re.compile(rf"[#№]|(?:{_ORDER})", re.IGNORECASE)

Found = tuple[str, int, int]  # the number as the shop writes it, and where it stands


class OrderNumbers:
    """Finds numbers of one shop, whose form is the regular expression `pattern`. Texts are as
    `store.core.cleaning.fold_in_place` makes them: places stay."""

    def __init__(self, pattern: str) -> None:
        self._whole = re.compile(pattern, re.IGNORECASE)
        self._label = re.compile(_LABEL)
        self._after_label = re.compile(rf"({pattern})(?![\w@-])", re.IGNORECASE)
        self._bare = re.compile(rf"(?<![\w@.+-])({pattern})(?![\w@-])", re.IGNORECASE)

    def labelled(self, text: str) -> Iterator[Found]:
        """Numbers behind words that say what they are: `užsakymas nr. 10234`, `#10234`, `order no 10 234`."""
        for label in self._label.finditer(_plain(text)):
            if match := self._after_label.match(text, label.end()):
                if not _AFTER.match(text, match.end()):
                    yield match[1].upper(), _mark(text, label), match.end()
            elif found := self._pieced(text, label.end()):
                yield found[0], _mark(text, label), found[2]

    def exact(self, text: str) -> Iterator[Found]:
        """Numbers in the shop's own form, unless they are money or part of a date."""
        dates = [match.span() for match in _DATE.finditer(text) if _is_date(match)]
        for match in self._bare.finditer(text):
            start, end = match.span(1)
            if any(start < last and end > first and (start, end) != (first, last) for first, last in dates):
                continue
            if not _is_money(text, start, end):
                yield match[1].upper(), start, end

    def odd(self, text: str, asked: bool) -> Iterator[Found]:
        """What is called an order's number, or stands where one was `asked` for but hasn't its form."""
        places = [label.end() for label in self._label.finditer(_plain(text)) if _NAMED.search(label[0])]
        if asked:
            places += [
                match.start()
                for match in _ODD.finditer(text)
                if not _GOES_ON.search(text, max(0, match.start() - 4), match.start())
                and not _GOES_ON_BEHIND.match(text, match.end())
            ]
        for place in places:
            match = _ODD.match(text, place)
            if not match or self._whole.fullmatch(match[1]) or _is_money(text, *match.span(1)):
                continue
            if not any(one.start() <= place < one.end() and _is_date(one) for one in _DATE.finditer(text)):
                yield match[1], *match.span(1)

    def spelled(self, text: str) -> Iterator[Found]:
        """Numbers that only become the shop's when their pieces are put together: `2024 0017`, `web10234` for
        WEB-10234. For texts that answer the question for one: elsewhere that would be guessing."""
        if len(text) > MAX_TEXT:
            return
        end = 0
        for piece in _PIECE.finditer(text):
            if piece.start() < end or _GOES_ON.search(text, max(0, piece.start() - 4), piece.start()):
                continue
            found = self._pieced(text, piece.start())
            if found and not _GOES_ON_BEHIND.match(text, found[2]):
                end = found[2]
                yield found

    def _pieced(self, text: str, start: int) -> Found | None:
        """The number that the pieces from a place on make; of several, the longest."""
        pieces: list[re.Match[str]] = []
        best: Found | None = None
        place = start
        while len(pieces) < MAX_PIECES and (piece := _PIECE.match(text, place)):
            pieces.append(piece)
            written = text[start : piece.end()]
            match = _DATE.fullmatch(written)
            if not (match and _is_date(match)) and (value := self._put_together(pieces)):
                best = None if _is_money(text, start, piece.end()) else (value, start, piece.end())
            between = _BETWEEN.match(text, piece.end())
            if between is None:
                break
            place = between.end()
        return best

    def _put_together(self, pieces: list[re.Match[str]]) -> str | None:
        if not any(one.isdigit() for piece in pieces for one in piece[0]):
            return None
        parts = [part for piece in pieces for part in re.findall(r"\d+|[^\W\d_]+", piece[0].upper())]
        kinds = [part[0].isdigit() for part in parts]
        apart = "-".join(parts)
        # A sign where letters and digits meet, none among the pieces of digits.
        met = "".join(
            one + ("-" if kind != other else "")
            for (one, kind), (_, other) in pairwise([*zip(parts, kinds, strict=True), ("", kinds[-1])])
        )
        for value in dict.fromkeys(("".join(parts), apart, "/".join(parts), met)):
            if self._whole.fullmatch(value):
                return value
        return None


def _is_money(text: str, start: int, end: int) -> bool:
    """Whether a number is an amount, or a postcode."""
    before = _BEFORE.search(text, max(0, start - 8), start) or _POSTCODE.search(
        text, max(0, start - 24), start
    )
    return bool(before or _AFTER.match(text, end))


def _mark(text: str, label: re.Match[str]) -> int:
    """Where a number begins with the mark before it. Words stay outside: they tell the language."""
    mark = _MARK.search(text, label.start(), label.end())
    return mark.start() if mark else label.end()


def _plain(text: str) -> str:
    """Small letters without diacritics, each at its place."""
    return "".join(_base(one) for one in text).translate(_KEYBOARD)


def _base(one: str) -> str:
    small = one.lower()
    return small if small.isascii() else unicodedata.normalize("NFD", small)[0]


def _is_date(match: re.Match[str]) -> bool:
    year, _, month, day, first, _, second, last = match.groups()
    if year:
        return _is_day(int(year), int(month), int(day))
    return _is_day(int(last), int(second), int(first)) or _is_day(int(last), int(first), int(second))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return 1990 <= year <= 2100
