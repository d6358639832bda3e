"""Readable colours out of the shop's one brand colour, as `web/shared/colour.js` makes them for the chat:
WCAG contrast of at least 4.5:1."""

from typing import Final

# The background that is hardest to be read on: --raised of pages.css.
_LIGHT: Final = "#f1f2f5"
_DARK: Final = "#262931"


def variables(brand: str) -> str:
    """A rule of CSS for :root."""
    on_brand = "#ffffff" if _contrast(brand, "#ffffff") >= 4.5 else "#000000"
    light, dark = _readable(brand, _LIGHT, "#000000", 4.5), _readable(brand, _DARK, "#ffffff", 6)
    return (
        f":root {{ --brand: {brand}; --on-brand: {on_brand}; "
        f"--accent-light: {light}; --accent-dark: {dark}; }}\n"
    )


def _readable(colour: str, surface: str, end: str, least: float) -> str:
    """`colour`, moved towards `end` until it stands out from `surface`."""
    for step in range(20):
        mixed = _mix(colour, end, step / 20)
        if _contrast(mixed, surface) >= least + 0.1:
            return mixed
    return end


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [one / 255 for one in _channels(colour)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: str, end: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(end), strict=True)
    return "#" + "".join(f"{round(ours + (theirs - ours) * share):02x}" for ours, theirs in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
