"""What stands around every page for customers: its head, the shop's name, the languages, the shop's contacts;
and the pieces that forms are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sanic import HTTPResponse, html

from bot.shop.facts import Shop
from bot.shop.page_texts import PageTexts, Speech, own_name
from bot.web.customer_pages.elements import Attribute, Child, Html, hidden, join, tag

STYLE: Final = "pages/pages.css"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field of a form: the field's id, and words."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """`here`: its address from the server's root, "returns". `again`: the hidden fields that show the same
    step once more, where it can't be had by its address alone. `depth`: how many steps up its root is."""

    title: str
    here: str
    body: Sequence[Child]
    again: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    depth: int = 0
    status: int = 200


class PageFrame:
    def __init__(self, texts: PageTexts, shop: Shop) -> None:
        self._texts = texts
        self._shop = shop
        ancestors = " ".join(("'self'", *shop.widget.frame_ancestors))
        self._headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
                f"frame-ancestors {ancestors}"
            ),
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }

    def answer(self, page: Page, speech: Speech) -> HTTPResponse:
        up = "../" * page.depth
        shown = (speech("problem_title") + ": " if page.problems else "") + page.title
        head = tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{shown} – {speech.shop}"),
            tag("link", rel="stylesheet", href=up + STYLE),
        )
        body = tag(
            "body",
            tag("a", speech("skip"), class_="skip", href="#main"),
            tag(
                "header",
                tag("a", speech.shop, class_="shop", href=self._shop.url, target="_top"),
                self._languages(page, speech),
            ),
            tag("main", _told(page.problems, speech), tag("h1", page.title), *page.body, id="main"),
            self._footer(page, speech),
        )
        document = "<!doctype html>" + tag("html", head, body, lang=speech.language)
        return html(document, page.status, headers=self._headers)

    def refusal(
        self, here: str, depth: int, speech: Speech, status: int, name: str, wait: float | None = None
    ) -> HTTPResponse:
        """A page that says why nothing was done, and leads back to `here`."""
        contact = self._shop.contact
        said = speech(name, email=contact.email, phone=contact.phone)
        back = tag("a", speech("begin_again"), href=f"{'../' * depth}{here}?lang={speech.language}")
        body = [tag("p", said, role="alert"), tag("p", back)]
        answer = self.answer(Page(speech("refused_title"), here, body, depth=depth, status=status), speech)
        if wait is not None:
            answer.headers["Retry-After"] = str(max(1, round(wait)))
        return answer

    def _languages(self, page: Page, speech: Speech) -> Child:
        languages = self._texts.languages
        if len(languages) < 2:
            return None
        return tag(
            "nav",
            tag("ul", (tag("li", self._language(one, page, speech)) for one in languages)),
            aria_label=speech("languages"),
        )

    def _language(self, language: str, page: Page, speech: Speech) -> Html:
        name = own_name(language)
        if language == speech.language:
            return tag("span", name, aria_current="true", lang=language)
        there = f"{'../' * page.depth}{page.here}{'&' if '?' in page.here else '?'}lang={language}"
        if not page.again:
            return tag("a", name, href=there, hreflang=language, lang=language)
        # What was chosen so far comes along.
        button = tag("button", name, lang=language, class_="link")
        return tag("form", hidden(**page.again), button, method="post", action=there)

    def _footer(self, page: Page, speech: Speech) -> Html:
        contact, up = self._shop.contact, "../" * page.depth
        links = [
            tag("a", speech(name), href=f"{up}{there}?lang={speech.language}")
            for there, name in (("withdraw", "withdraw_here"), ("returns", "returns_title"))
            if there != page.here
        ]
        dialled = "".join(one for one in contact.phone if one.isdigit() or one == "+")
        return tag(
            "footer",
            tag("p", *((link, " ") for link in links)),
            tag(
                "p",
                speech("questions"),
                " ",
                tag("a", contact.email, href=f"mailto:{contact.email}"),
                ", ",
                tag("a", contact.phone, href=f"tel:{dialled}"),
            ),
            tag("p", speech.shop, ", ", contact.address),
        )


def _told(problems: Sequence[Problem], speech: Speech) -> Child:
    """All that is wrong, in one place that the reader is brought to."""
    if not problems:
        return None
    found = (tag("li", tag("a", one.text, href=f"#{one.field}")) for one in problems)
    return tag(
        "div",
        tag("h2", speech("problem_title"), id="problems-title"),
        tag("ul", found),
        class_="problems",
        role="alert",
        tabindex="-1",
        autofocus=True,
        aria_labelledby="problems-title",
    )


def form(here: str, speech: Speech, *children: Child) -> Html:
    # The browser's own messages would come in its language and stop what we take.
    return tag("form", *children, method="post", action=f"{here}?lang={speech.language}", novalidate=True)


def button(text: str, go: str, *, quiet: bool = False) -> Html:
    """A button that sends the form it stands in; `go`: what for."""
    return tag("button", text, name="go", value=go, class_="quiet" if quiet else None)


def labelled(
    name: str,
    label: str,
    problems: Sequence[Problem],
    *,
    value: str = "",
    hint: str = "",
    tall: bool = False,
    **attributes: Attribute,
) -> Html:
    """A field with its label, what helps to fill it in, and what is wrong with it."""
    wrong = next((one.text for one in problems if one.field == name), "")
    told = [f"{name}-{what}" for what, text in (("hint", hint), ("error", wrong)) if text]
    attributes |= {
        "id": name,
        "name": name,
        "aria_describedby": " ".join(told) or None,
        "aria_invalid": "true" if wrong else None,
    }
    if tall:
        # A line end at the very beginning is the markup's, not the text's.
        entry = tag("textarea", "\n" + value, rows=3, **attributes)
    else:
        entry = tag("input", value=value, **attributes)
    return tag(
        "div",
        tag("label", label, for_=name),
        tag("p", hint, class_="hint", id=f"{name}-hint") if hint else None,
        tag("p", wrong, class_="error", id=f"{name}-error") if wrong else None,
        entry,
        class_="field",
    )


def choices(
    name: str,
    legend: str,
    options: Mapping[str, Child],
    problems: Sequence[Problem],
    *,
    chosen: str = "",
    hint: str = "",
) -> Html:
    """One of several. The group's id is that of its first option, where a problem's link leads to."""
    wrong = next((one.text for one in problems if one.field == name), "")
    made = []
    for number, (value, text) in enumerate(options.items()):
        place = name if number == 0 else f"{name}-{value}"
        radio = tag("input", type="radio", name=name, value=value, id=place, checked=value == chosen)
        made.append(tag("div", radio, tag("label", text, for_=place), class_="option"))
    told = [f"{name}-{what}" for what, text in (("hint", hint), ("error", wrong)) if text]
    return tag(
        "fieldset",
        tag("legend", legend),
        tag("p", hint, class_="hint", id=f"{name}-hint") if hint else None,
        tag("p", wrong, class_="error", id=f"{name}-error") if wrong else None,
        join(made),
        aria_describedby=" ".join(told) or None,
    )
