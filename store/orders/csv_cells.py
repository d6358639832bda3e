"""Cells of a CSV file of orders that hold more than one value, and which parcel an item's row belongs to."""

import re
from collections.abc import Sequence
from typing import Any, Final

from store.intake.record_fields import Problem

_TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PAIR: Final = re.compile(r"([^=:]+)[=:](.*)", re.DOTALL)
_PIECES: Final = re.compile(r"(.*?)\s*=\s*(0*[1-9]\d{0,6})", re.DOTALL)

PARCEL: Final = (
    "the tracking number of one of the order's parcels, or its place among them, such as 1; or, where its "
    "pieces are in several, how many are in which: 1=2; 2=1"
)


def truth(text: str) -> bool | str:
    """The truth value that a cell says, or the cell as it is."""
    return _TRUTHS.get(text.lower(), text)


def options(text: str) -> dict[str, str] | str:
    """What "size=M; colour=blue" says, or the cell as it is. A colon does too, and a new line."""
    found: dict[str, str] = {}
    for part in _parts(text):
        pair = _PAIR.fullmatch(part)
        if pair is None or pair[1].strip() in found:
            return text
        found[pair[1].strip()] = pair[2].strip()
    return found or text


def contents(
    cells: Sequence[str], lines: Sequence[dict[str, Any]], parcels: Sequence[dict[str, Any]]
) -> tuple[dict[int, list[dict[str, Any]]], list[Problem]]:
    """What is in which parcel, by its index, and what can't be read. `cells`: column parcel of each of the
    `lines`, "" where it says nothing. Where one can't be read, none counts: a parcel would seem to hold
    less."""
    found: dict[int, list[dict[str, Any]]] = {}
    problems = []
    for line, cell in enumerate(cells):
        for part in _parts(cell):
            pieces = _PIECES.fullmatch(part)
            # A tracking number may have a = in it.
            which, quantity = _parcel(part, parcels), lines[line].get("quantity")
            if which is None and pieces:
                which, quantity = _parcel(pieces[1], parcels), pieces[2]
            if which is None:
                problems.append(Problem(("lines", line, "parcel"), f"left out: write {PARCEL}"))
                break
            found.setdefault(which, []).append({"line": line + 1, "quantity": quantity})
    return ({}, problems) if problems else (found, [])


def _parcel(name: str, parcels: Sequence[dict[str, Any]]) -> int | None:
    """The index of the parcel with this tracking number or, if none has it, in this place; None: there is
    no such parcel."""
    for index, parcel in enumerate(parcels):
        if parcel.get("tracking_number") == name:
            return index
    place = re.fullmatch(r"(\d{1,3})(?:\.0)?", name)
    return int(place[1]) - 1 if place and 0 < int(place[1]) <= len(parcels) else None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
