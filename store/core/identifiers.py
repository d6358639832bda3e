"""Order numbers, e-mail addresses and phone numbers in the one form in which they are stored and compared,
whichever way they come in: a file, the API, the desk or a customer's message."""

import re

import phonenumbers

from store.core.cleaning import fold

# What people write before an order's number, in upper case; № has become NO by then. Only whole words that no
# shop would number by: of "PAS-10234" and "UZS-10234" the letters may be what tells two orders apart.
_PREFIX = re.compile(
    r"^(?:[\W_]+|(?:ORDER|ORD|NUMBER|NUM|NO|NR|N°|U[ŽZ]SAKYM(?:AS|O)|UŽS|NUMERIS|PAS[ŪU]T[ĪI]JUM(?:S|A)"
    r"|NUMURS|PESANAN|NOMOR|ТАПСЫРЫС|Н[ӨО]М[ІИ]Р[ІИ]?|НОМЕР|ЗАКАЗ)(?![^\W\d_]))+"
)


def normalise_number(text: str) -> str:
    """The form in which an order number is stored and looked up: '№ ord–10 234 ' gives '10234'.

    Words and signs before the number go, as do spaces, signs after it and what nobody sees; dashes of any
    kind are one, digits of any script are 0 to 9, letters become capitals. What holds no number gives ''.
    """
    plain = re.sub(r"\s*-\s*", "-", fold(text[:200]).upper())
    plain = _PREFIX.sub("", plain)
    plain = re.sub(r"\s+", "", re.sub(r"[\W_]+$", "", plain))
    # What spreadsheets make of a number, and no shop writes.
    return re.sub(r"^(\d+)\.0+$", r"\1", plain)


def normalise_email(text: str) -> str:
    """The form in which an e-mail address is stored and compared: in small letters, without what nobody sees,
    and without spaces around it and its @."""
    return re.sub(r"\s*@\s*", "@", fold(text[:1000]).strip()).lower()


def normalise_phone(text: str, region: str | None) -> str:
    """`text` in E.164; `region` (ISO 3166, e.g. 'LT') is meant where no country code is written.
    Raises ValueError for what can't be a phone number."""
    # A long text costs the parser time and can't be a number anyway.
    plain = fold(text[:200]).strip()
    try:
        number = phonenumbers.parse(plain[:40], region)
    except phonenumbers.NumberParseException as error:
        raise ValueError(str(error)) from None
    # Possible, not valid: a number range newer than the library's tables must not keep an order out.
    if len(plain) > 40 or number.extension or not phonenumbers.is_possible_number(number):
        raise ValueError("not a possible phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
