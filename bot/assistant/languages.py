"""Languages by name: which one a customer wishes to speak, and what each calls itself."""

import re
from collections.abc import Iterable, Iterator

from babel import Locale
from babel.core import UnknownLocaleError

from bot.shop.wording.folding import fold

# Where the locale data has a word that nobody would put on a button.
_OWN_NAMES = {"id": "Bahasa Indonesia", "kk": "Қазақша"}

# What the languages are called in one another, as adverbs and nouns: "in Lithuanian", "lietuviškai",
# "по-литовски". Names of countries and of goods ("lietuviška") are left out. A `*` stands for any ending;
# spelling is compared without diacritics, and Kazakh letters as on a Russian keyboard.
_NAMES = {
    "en": """english inglish angliškai angliskai anglų anglu~kalb* angliski angļu angļu~valod* inggris
        bahasa~inggris b~inggris ағылшынша ағылшын ағылшын~тіл* agylshynsha английск* по~английски англійськ*
        англиша angielsk* po~angielsku englisch inglise~keel* inglés anglais eng""",
    "lt": """lithuanian lituanian lietuviškai lietuvių lietuvių~kalb* lietuviski lietuviešu
        lietuviešu~valod* leitiski bahasa~lituania bahasa~lithuania литовша литвалықша литва~тіл* litovsha
        литовск* по~литовски litewsk* po~litewsku litauisch leedu~keel*""",
    "lv": """latvian latviski latviešu latviešu~valod* latviskai latvių latvių~kalb* bahasa~latvia латышша
        латвияша латыш~тіл* latyshsha латышск* по~латышски łotewsk* po~łotewsku lettisch läti~keel*""",
    "id": """indonesian bahasa~indonesia bahasa~indo b~indo bhs~indo bhs~indonesia indoneziečių
        indoneziečių~kalb* indonezietiškai indoneziškai indonēziešu indonēziešu~valod* indonēziski
        индонезияша индонезша индонезия~тіл* indonezsha индонезийск* по~индонезийски indonesisch""",
    "kk": """kazakh qazaq qazaqsha qazaqşa kazaksha kazakça kazakiškai kazachų kazachų~kalb* kazachiškai
        kazahu kazahu~valod* kazahiski bahasa~kazakh bahasa~kazakhstan қазақша қазақ~тіл* казахск* казахша
        по~казахски казахською kazachsk* kasachisch""",
    "ru": """russian rusiškai rusų rusų~kalb* krieviski krievu krievu~valod* bahasa~rusia орысша орыс~тіл*
        orysha oryssha русск* по~русски po~russki po~ruski російськ* rosyjsk* russisch vene~keel*""",
    "pl": """polish lenkiškai lenkų lenkų~kalb* poliski poļu poļu~valod* bahasa~polandia полякша поляк~тіл*
        польск* по~польски polski po~polsku polnisch poola~keel*""",
    "de": """german vokiškai vokiečių vokiečių~kalb* vāciski vācu vācu~valod* bahasa~jerman немісше
        неміс~тіл* немецк* по~немецки niemieck* deutsch auf~deutsch saksa~keel*""",
    "et": """estonian estiškai estų estų~kalb* igauniski igauņu igauņu~valod* bahasa~estonia эстонша
        эстонск* по~эстонски estońsk* eesti~keel*""",
    "uk": """ukrainian ukrainiškai ukrainiečių ukrainiečių~kalb* ukrainiski ukraiņu ukraiņu~valod*
        bahasa~ukraina украинша украинск* по~украински українськ* ukraińsk*""",
    "fr": """french prancūziškai prancūzų prancūzų~kalb* franciski franču franču~valod* bahasa~prancis
        французша французск* по~французски français en~français""",
    "es": """spanish ispaniškai ispanų ispanų~kalb* spāniski spāņu spāņu~valod* bahasa~spanyol испанша
        испанск* по~испански español en~español""",
    "fi": """finnish suomiškai suomių suomių~kalb* somiski somu~valod* bahasa~finlandia финск* по~фински
        suomeksi suomea""",
    "tr": """turkish turkiškai turkų turkų~kalb* turciski turku~valod* bahasa~turki түрікше түрік~тіл*
        турецк* по~турецки türkçe""",
    "uz": """uzbek uzbekiškai uzbekų~kalb* uzbeku~valod* bahasa~uzbek өзбекше өзбек~тіл* узбекск* по~узбекски
        o'zbekcha ozbekcha""",
    "ms": "malay melayu bahasa~melayu bahasa~malaysia малайск*",
    "it": """italian itališkai italų~kalb* itāliski itāļu~valod* bahasa~italia итальянск* по~итальянски
        italiano""",
    "nl": "dutch olandiškai olandų~kalb* holandiski bahasa~belanda голландск* nederlands",
    "sv": "swedish švediškai švedų~kalb* zviedriski zviedru~valod* bahasa~swedia шведск* svenska",
    "zh": """chinese mandarin kiniškai kinų~kalb* ķīniski ķīniešu~valod* bahasa~mandarin қытайша китайск*
        по~китайски""",
    "ja": "japanese japoniškai japonų~kalb* japāniski bahasa~jepang жапонша японск* по~японски",
    "ar": "arabic arabiškai arabų~kalb* arābu~valod* bahasa~arab арабша арабск* по~арабски",
}

_COMMAND = re.compile(
    r"\s*/(?:language|lang|kalba|valoda|bahasa|тіл|тил|язык)(?:@\w+)?(?:\s+(.*))?", re.I | re.S
)


def _pattern(name: str) -> str:
    return re.escape(fold(name)).replace(r"\*", r"\w*").replace("\\~", "~").replace("~", r"[\s-]+")


def _all_names() -> re.Pattern[str]:
    # The longest first: "bahasa inggris" is one name.
    groups = []
    for code, names in _NAMES.items():
        patterns = sorted((_pattern(name) for name in names.split()), key=len, reverse=True)
        groups.append(f"(?P<{code}>{'|'.join(patterns)})")
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)")


_ANY = _all_names()


def named(text: str) -> Iterator[tuple[str, int, int]]:
    """The languages that a text names: ISO 639 code, and where the name stands in the folded text."""
    for match in _ANY.finditer(fold(text)):
        assert match.lastgroup
        yield match.lastgroup, match.start(), match.end()


def command(text: str) -> str | None:
    """What is wished by a typed `/language`, in any of its spellings: the code of the language after it,
    or "" if it names none; None for any other text."""
    match = _COMMAND.fullmatch(text)
    if not match:
        return None
    wished = (match[1] or "").strip()
    found = next((code for code, _, _ in named(wished)), None)
    tag = re.fullmatch(r"([a-z]{2,3})(?:[-_]\w+)?", wished.lower())
    return found or (tag[1] if tag else "")


def wish(codes: Iterable[str], current: str) -> str | None:
    """Of the languages that a wish names, the one that is meant: "not in English, Latvian please"."""
    codes = list(codes)
    return next((code for code in codes if code != current), codes[0] if codes else None)


def own_name(code: str) -> str:
    """What a language calls itself, for a button."""
    try:
        name = _OWN_NAMES.get(code) or Locale.parse(code).get_display_name(code) or code
    except (UnknownLocaleError, ValueError):
        return code
    return name[:1].upper() + name[1:]
