"""Days and times as the customer's language writes and inflects them."""

from datetime import date, time

from babel.dates import format_date, format_skeleton, get_day_names, get_month_names

# Dates the European way; the languages' own codes are right for all others.
LOCALES = {"en": "en_GB"}
NEAR_DAYS = 180

# Days in full, of this year and of others, as they stand after a colon. CLDR has no pattern with a full
# weekday for every language, and its library falls back to abbreviations.
DAYS = {
    "en": ("EEEE d MMMM", "d MMMM y"),
    "id": ("EEEE, d MMMM", "d MMMM y"),
    "kk": ("d MMMM, EEEE", "y 'ж'. d MMMM"),
    "lt": ("MMMM d 'd'., EEEE", "y 'm'. MMMM d 'd'."),
    "lv": ("EEEE, d. MMMM", "y. 'gada' d. MMMM"),
}
# The same in a sentence, where something happens "on" that day: languages with cases change the weekday or
# the month. CLDR has the nominative only (and the genitive of months).
_ON = {
    "lt": ("MMMM d 'd'., {weekday}", "y 'm'. MMMM d 'd'."),
    "lv": ("{weekday}, d. {month}", "y. 'gada' d. {month}"),
    "kk": ("d MMMM, EEEE 'күні'", "y 'ж'. d MMMM 'күні'"),
}
_WEEKDAYS_ON = {
    "lt": (
        "pirmadienį", "antradienį", "trečiadienį", "ketvirtadienį", "penktadienį", "šeštadienį",
        "sekmadienį",
    ),
    "lv": ("pirmdien", "otrdien", "trešdien", "ceturtdien", "piektdien", "sestdien", "svētdien"),
}  # fmt: skip
_MONTHS_ON = {
    "lv": (
        "janvārī", "februārī", "martā", "aprīlī", "maijā", "jūnijā", "jūlijā", "augustā", "septembrī",
        "oktobrī", "novembrī", "decembrī",
    ),
}  # fmt: skip


def day(one: date, language: str, today: date) -> str:
    """The day as it stands by itself: "ketvirtadienis" and not "ketvirtadienį"; the year if it is far."""
    return _format(one, DAYS.get(language, ("full", "long")), language, today)


def on_day(one: date, language: str, today: date) -> str:
    """The day on which something happens, in a sentence: "ceturtdien, 14. maijā". English and the like
    want their preposition before it."""
    patterns = _ON.get(language) or DAYS.get(language, ("full", "long"))
    names = {"weekday": on_weekday(one, language), "month": _month(one, language)}
    quoted = tuple(
        pattern.format(**{name: f"'{text}'" for name, text in names.items()}) for pattern in patterns
    )
    return _format(one, quoted, language, today)


def on_weekday(one: date, language: str) -> str:
    """The weekday on which something happens: "pirmadienį", "pirmdien", "дүйсенбі" (before "күні")."""
    if language in _WEEKDAYS_ON:
        return _WEEKDAYS_ON[language][one.weekday()]
    return str(get_day_names("wide", locale=LOCALES.get(language, language))[one.weekday()])


def clock(at: time, language: str) -> str:
    """The time of day: "16:00", or "16.00" in Indonesian."""
    return str(format_skeleton("Hm", at, locale=LOCALES.get(language, language)))


def _month(one: date, language: str) -> str:
    if language in _MONTHS_ON:
        return _MONTHS_ON[language][one.month - 1]
    return str(get_month_names("wide", locale=LOCALES.get(language, language))[one.month])


def _format(one: date, patterns: tuple[str, ...], language: str, today: date) -> str:
    near = abs((today - one).days) < NEAR_DAYS
    pattern = patterns[0] if near else patterns[1]
    return str(format_date(one, pattern, locale=LOCALES.get(language, language)))
