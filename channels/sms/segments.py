"""What fits into a text message (3GPP TS 23.038): plain characters, and how many messages a text is."""

# GSM 7-bit default alphabet; those of its extension table count twice.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
# One of these alone would more than halve what fits into a message, and says nothing that these don't.
_PLAIN = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "`": "'",
        "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "·": "-", "\u00a0": " ", "\u202f": " ",
        "\u2009": " ", "\u200b": "", "\u2060": "", "\ufeff": "", "\t": " ",
    }
)  # fmt: skip

GSM_SINGLE, GSM_MULTI = 160, 153  # septets in one message, and in each of several
UCS_SINGLE, UCS_MULTI = 70, 67  # UTF-16 units


def plain(text: str) -> str:
    """The text with typographic signs as a phone's keyboard has them; letters stay as they are."""
    return text.translate(_PLAIN)


def segments(text: str) -> int:
    """How many messages a text is billed as: 160 plain characters or 70 others, less when it is several."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        return _count([2 if character in _EXTENDED else 1 for character in text], GSM_SINGLE, GSM_MULTI)
    return _count([len(character.encode("utf-16-le")) // 2 for character in text], UCS_SINGLE, UCS_MULTI)


def _count(widths: list[int], single: int, multi: int) -> int:
    if sum(widths) <= single:
        return 1
    used, room = 1, multi
    for width in widths:
        if width > room:  # a character of two units must not straddle two messages
            used, room = used + 1, multi
        room -= width
    return used
