"""HTML made of elements: a text becomes markup only where it is made here, so nobody's words can."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

_VOID: Final = frozenset({"br", "input", "link", "meta"})

Attribute = str | int | bool | None


class Html(str):
    """Markup: what is in it is escaped already."""

    __slots__ = ()


Child = str | Iterable["Child"] | None


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element. Texts among its children are escaped. Attributes are named as in HTML, with _ for - and
    after Python's own words (`class_`); None and False leave one out, True gives it no value."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    return Html("".join(_child(one) for one in children))


def hidden(**values: str) -> Html:
    return join(tag("input", type="hidden", name=name, value=value) for name, value in values.items())


def rows(told: Mapping[str, Child]) -> Html:
    """Names and what stands under them."""
    return tag("dl", (tag("div", tag("dt", name), tag("dd", value)) for name, value in told.items()))


def lines(text: str) -> Html:
    """A text with its line ends."""
    parts: list[Child] = []
    for number, line in enumerate(text.split("\n")):
        parts += [tag("br"), line] if number else [line]
    return join(parts)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, str):
        return child if isinstance(child, Html) else escape(child)
    return "".join(map(_child, child))


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
