"""Order numbers, e-mail addresses and phone numbers in the one form in which they are stored and compared."""

import re
import unicodedata

import phonenumbers

# What people write before an order's number, in upper case; NFKC has turned № into NO by then.
_PREFIX = re.compile(
    r"^(?:[\W_]+|(?:ORDER|ORD|NUMBER|NUM|NO|NR|N°|UŽSAKYM(?:AS|O)|UŽS|NUMERIS|PASŪTĪJUM[SA]|NUMURS"
    r"|PESANAN|NOMOR|ТАПСЫРЫС|НӨМІРІ?|ЗАКАЗ)(?![^\W\d_]))+"
)


def normalise_number(text: str) -> str:
    """The form in which an order number is stored and looked up: '№ ord-10234 ' gives '10234'.

    Words and signs before the number go, as do spaces and signs after it; letters become capitals.
    What holds no number gives ''.
    """
    plain = unicodedata.normalize("NFKC", text[:200]).upper()
    plain = re.sub(r"\s*[‐-―]\s*", "-", plain)
    plain = _PREFIX.sub("", plain)
    return re.sub(r"\s+", "", re.sub(r"[\W_]+$", "", plain))


def normalise_email(text: str) -> str:
    """The form in which an e-mail address is stored and compared."""
    return text.strip().lower()


def normalise_phone(text: str, region: str | None) -> str:
    """`text` in E.164; `region` (ISO 3166, e.g. 'LT') is meant where no country code is written.
    Raises ValueError for what can't be a phone number."""
    try:
        # A long text costs the parser time and can't be a number anyway.
        number = phonenumbers.parse(text[:40], region)
    except phonenumbers.NumberParseException as error:
        raise ValueError(str(error)) from None
    # Possible, not valid: a number range newer than the library's tables must not keep an order out.
    if len(text) > 40 or number.extension or not phonenumbers.is_possible_number(number):
        raise ValueError("not a possible phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
