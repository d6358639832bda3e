"""Words that stop messages, start them again, or ask who writes, in each of the languages.

A message is a keyword only if it is nothing else: "stop" is, "stop my order" is not.
"""

import re
import unicodedata

from channels.contract import Command, CommandName

# Handled by Twilio itself on most numbers, which also answers them:
# https://help.twilio.com/articles/223134027 and https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
TWILIO_STOP = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"])
TWILIO_RESUME = frozenset(["START", "UNSTOP"])
TWILIO_HELP = frozenset(["HELP", "INFO"])
# Where Twilio doesn't, these ordinary words of a shop's customers are left to the assistant.
ORDINARY = frozenset(["END", "QUIT", "CANCEL"])

# By language, without diacritics, as `_folded` makes them. Russian is none of the shop's, but its words are
# sent in Kazakhstan and in the Baltics.
STOP = {
    "en": TWILIO_STOP - ORDINARY,
    "lt": frozenset(
        [
            "STABDYTI",
            "STABDYK",
            "STABDYKITE",
            "NUTRAUKTI",
            "NEBESIUSTI",
            "NEBERASYTI",
            "ATSISAKYTI",
            "ATSISAKAU",
        ]
    ),
    "lv": frozenset(
        ["APTURET", "APTURI", "APTURIET", "PARTRAUKT", "PARTRAUC", "PARTRAUCIET", "ATTEIKTIES", "ATSAKOS"]
    ),
    "id": frozenset(["BERHENTI", "HENTIKAN", "SETOP"]),
    "kk": frozenset(["ТОКТАТУ", "ТОКТА", "ТОКТАТ", "ТОКТАТЫНЫЗ"]),
    "ru": frozenset(["СТОП", "ОТПИСАТЬСЯ", "ОТПИШИТЕ", "ОТКАЗАТЬСЯ"]),
}
RESUME = {
    "en": TWILIO_RESUME,
    "lt": frozenset(["PRADETI", "PRADEK", "PRADEKITE", "TESTI"]),
    "lv": frozenset(["SAKT", "SAC", "SACIET", "ATSAKT"]),
    "id": frozenset(["MULAI", "LANJUTKAN"]),
    "kk": frozenset(["БАСТАУ", "БАСТА", "БАСТАНЫЗ"]),
    "ru": frozenset(["СТАРТ", "НАЧАТЬ", "ПОДПИСАТЬСЯ"]),
}
HELP = {
    "en": TWILIO_HELP,
    "lt": frozenset(["PAGALBA", "PADEKITE"]),
    "lv": frozenset(["PALIDZIBA", "PALIDZIET"]),
    "id": frozenset(["BANTUAN", "TOLONG"]),
    "kk": frozenset(["КОМЕК", "АНЫКТАМА"]),
    "ru": frozenset(["ПОМОЩЬ", "ПОМОГИТЕ", "СПРАВКА", "ИНФО"]),
}

_KAZAKH = str.maketrans("ӘҒҚҢӨҰҮҺІ", "АГКНОУУХИ")


def command(text: str, *, by_twilio: bool, opt_out_type: str = "") -> Command | None:
    """What a text asks for, if it is a keyword, with the word's language or, if Twilio answers, "answered".
    `by_twilio`: Twilio handles and answers its own keywords; `opt_out_type` is what it says it took the
    message for."""
    if opt_out_type in _TYPES:
        return Command(_TYPES[opt_out_type], "answered")
    word = _folded(text)
    if by_twilio and word in TWILIO_STOP | TWILIO_RESUME | TWILIO_HELP:
        name = CommandName.HELP
        if word in TWILIO_STOP:
            name = CommandName.STOP
        elif word in TWILIO_RESUME:
            name = CommandName.RESUME
        return Command(name, "answered")
    for name, words in _WORDS.items():
        for language, known in words.items():
            if word in known:
                return Command(name, language)
    return None


def language(found: Command | None) -> str | None:
    """The language that a conversation begins in with a keyword; None where the word doesn't tell."""
    return None if found is None or found.argument in ("en", "ru", "answered") else found.argument


_WORDS = {CommandName.STOP: STOP, CommandName.RESUME: RESUME, CommandName.HELP: HELP}
_TYPES = {"STOP": CommandName.STOP, "START": CommandName.RESUME, "HELP": CommandName.HELP}


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text[:40].strip().upper().translate(_KAZAKH))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    # NFD takes й apart too, but no keyword has one.
    return re.sub(r"[\s.!,\"'”“]+", "", plain) if len(plain.split()) == 1 else ""
