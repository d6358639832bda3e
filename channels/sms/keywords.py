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

# en, lt, lv, id, kk; without diacritics, as `_folded` makes them.
STOP = (TWILIO_STOP - ORDINARY) | frozenset(
    [
        "STABDYTI",
        "STABDYK",
        "NEBESIUSTI",
        "NEBERASYTI",
        "ATSISAKYTI",
        "ATSISAKAU",
        "APTURET",
        "APTURI",
        "PARTRAUKT",
        "PARTRAUC",
        "ATTEIKTIES",
        "ATSAKOS",
        "BERHENTI",
        "HENTIKAN",
        "SETOP",
        "ТОКТАТУ",
        "ТОКТА",
        "ТОКТАТ",
        "СТОП",
        "ТОКТАТЫНЫЗ",
    ]
)
RESUME = TWILIO_RESUME | frozenset(
    [
        "PRADETI",
        "PRADEK",
        "TESTI",
        "SAKT",
        "SAC",
        "ATSAKT",
        "MULAI",
        "LANJUTKAN",
        "БАСТАУ",
        "БАСТА",
        "СТАРТ",
        "БАСТАНЫЗ",
    ]
)
HELP = TWILIO_HELP | frozenset(["PAGALBA", "PALIDZIBA", "BANTUAN", "КОМЕК", "ПОМОЩЬ", "АНЫКТАМА", "ИНФО"])

_KAZAKH = str.maketrans("ӘҒҚҢӨҰҮҺІ", "АГКНОУУХИ")


def command(text: str, *, by_twilio: bool, opt_out_type: str = "") -> Command | None:
    """What a text asks for, if it is a keyword. `by_twilio`: Twilio handles and answers its own keywords;
    `opt_out_type` is what it says it took the message for."""
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
    if word in STOP:
        return Command(CommandName.STOP)
    if word in RESUME:
        return Command(CommandName.RESUME)
    return Command(CommandName.HELP, "always") if word in HELP else None


_TYPES = {"STOP": CommandName.STOP, "START": CommandName.RESUME, "HELP": CommandName.HELP}


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text[:40].strip().upper().translate(_KAZAKH))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    # NFD takes й apart too, but no keyword has one.
    return re.sub(r"[\s.!,\"'”“]+", "", plain) if len(plain.split()) == 1 else ""
