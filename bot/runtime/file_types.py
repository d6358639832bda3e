"""What a file is, by its bytes, and the name under which it may be given on.

A name is only what somebody outside wrote. Windows goes by a name's ending, so the ending of every name that
reaches a person's computer is made here from what the bytes show, and never taken over from outside.
"""

import re
import unicodedata

import puremagic

# What is kept, and the endings that its names may have; the first is given where a name has another. Nothing
# here runs when it is opened.
ENDINGS = {
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic", "heif"),
    "application/pdf": ("pdf",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a", "mp4"),
    "audio/aac": ("aac",),
    "audio/amr": ("amr",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/wav": ("wav",),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov",),
    "video/webm": ("webm",),
    "video/3gpp": ("3gp",),
    "text/plain": ("txt",),
}
ACCEPTED = frozenset(ENDINGS)
# What a browser may show in place. HEIC, which iPhones send, few browsers can show, and decoding it here
# would be a risk of its own: it is given as a download.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
# Text is what scripts are made of. It is kept where its name promises nothing but text, and given as .txt.
TEXT_NAMES = frozenset({"", "txt", "text", "log", "md", "csv", "tsv", "json", "eml"})
MAX_STEM = 100  # characters
MAX_STEM_BYTES = 180  # file systems take 255 for a whole name

# Other names of the same things.
_ALIASES = {
    "application/ogg": "audio/ogg",
    "audio/opus": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "video/x-m4v": "video/mp4",
    "image/heif": "image/heic",
    "image/jpg": "image/jpeg",
}
# The brands by which the family of MP4 says what a file is (ISO/IEC 14496-12, 23008-12).
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime", b"dash": "video/mp4"}
_BEGINNINGS = {b"#!AMR\n": "audio/amr", b"#!AMR-WB\n": "audio/amr", b"ID3": "audio/mpeg"}

_ENDING = re.compile(r"\.([^\s.]+)\Z")
# Names that Windows keeps for its devices, whatever their ending.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\Z", re.IGNORECASE)


def sniff(content: bytes) -> str:
    """The media type that the bytes show; `application/octet-stream` if they show none."""
    for beginning, media_type in _BEGINNINGS.items():
        if content.startswith(beginning):
            return media_type
    if content[4:8] == b"ftyp":
        brands = {content[place : place + 4] for place in (8, *range(16, min(_box(content), 256), 4))}
        if content[8:12] in _BRANDS:
            return _BRANDS[content[8:12]]
        if content[8:12] in _HEIC and b"avif" not in brands:
            return "image/heic"
    try:
        found = puremagic.from_string(content[:65536] + content[-1024:], mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    found = _ALIASES.get(found, found)
    if found in ACCEPTED and found != "text/plain":
        return found
    return "text/plain" if _is_text(content) else found or "application/octet-stream"


def promises_text(name: str) -> bool:
    """Whether a name is one of plain text; one without an ending is."""
    return _ending(_plain(name)) in TEXT_NAMES


def shown_name(name: str, media_type: str) -> str:
    """A file's name as it may stand in a header and on any disk: no path, no control or direction marks, one
    dot, and an ending of its type."""
    endings = ENDINGS.get(media_type, ("bin",))
    plain = _plain(name)
    ending = _ending(plain)
    if ending in endings:
        stem, ending = plain[: -len(ending) - 1], plain[-len(ending) :]
    else:
        # What the bytes don't bear out stays readable, but is no ending any more; one of a harmless type
        # (a JPEG called a.png) just goes.
        harmless = ending in _HARMLESS
        stem, ending = (plain[: -len(ending) - 1] if harmless else plain), endings[0]
    stem = _short(re.sub(r"\.+", "_", stem).strip(" _")) or "file"
    if _DEVICE.match(stem):
        stem = f"_{stem}"
    return f"{stem}.{ending}"


_HARMLESS = frozenset(ending for endings in ENDINGS.values() for ending in endings)


def _plain(name: str) -> str:
    """A name's last part, without what can't stand in one or can't be seen."""
    last = name.encode("utf-8", "ignore").decode().replace("\\", "/").rpartition("/")[2]
    spaced = "".join(" " if c.isspace() else c for c in last)
    seen = (c for c in spaced if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*')
    return unicodedata.normalize("NFC", " ".join("".join(seen).split())).strip(" .")


def _ending(name: str) -> str:
    found = _ENDING.search(name)
    return found[1].lower() if found and not found[1].isdecimal() else ""


def _short(stem: str) -> str:
    cut = stem[:MAX_STEM].encode()[:MAX_STEM_BYTES].decode("utf-8", "ignore")
    return cut.strip(" _")


def _box(content: bytes) -> int:
    return int.from_bytes(content[:4])


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f" for c in text[:4096])
