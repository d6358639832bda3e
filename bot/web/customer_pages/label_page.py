"""`/cases/<number>/label`: what a customer prints and puts on their parcel, by a signed link that ends."""

from typing import Final

import segno
from sanic import HTTPResponse, Request

from bot.runtime.http.refusals import NotFound
from bot.runtime.label_links import has_label
from bot.shop.page_texts import Speech
from bot.web.customer_pages.elements import Html, lines, tag
from bot.web.customer_pages.guarded import Guarded
from bot.web.customer_pages.page_frame import Page
from bot.web.customer_pages.standing_views import pieces
from store.cases import cases
from store.cases.cases import Case
from store.vocabulary import DeadlineKind

_QUIET: Final = 4  # modules around the code, as its standard asks


class LabelPage:
    def __init__(self, guarded: Guarded) -> None:
        self._guarded = guarded

    async def answer(self, request: Request, number: str) -> HTTPResponse:
        expires, signature = request.args.get("expires", ""), request.args.get("signature", "")
        valid = self._guarded.labels.is_valid(number, expires, signature, self._guarded.clock())

        async def show(_request: Request, speech: Speech) -> HTTPResponse:
            case = await self._guarded.database.fetch(cases.find, number) if valid else None
            # One answer for every link that doesn't work: numbers can't be tried out.
            if case is None or not has_label(case):
                raise NotFound("This link is not valid, or no longer.")
            return self._label(case, speech, expires, signature)

        # A refusal leads on to the returns page, where a new link is found.
        return await self._guarded.answer(request, "returns", show, depth=2)

    def _label(self, case: Case, speech: Speech, expires: str, signature: str) -> HTTPResponse:
        shop, terms = self._guarded.shop, self._guarded.after_sales.terms
        address = terms.address or shop.contact.address
        until = next((one.due_at for one in case.deadlines if one.kind == DeadlineKind.SEND_BACK), None)
        day = self._guarded.after_sales.last_day(until, case.jurisdiction) if until else None
        body = [
            tag("p", speech("label_intro"), class_="screen"),
            tag("p", speech("send_until", date=speech.date(day)), class_="screen") if day else None,
            tag(
                "section",
                tag("h2", speech("label_to")),
                tag("p", tag("strong", shop.name), tag("br"), lines(address), class_="address"),
                tag("div", code(case.number, speech("case_number")), tag("p", case.number, class_="number")),
                tag("h2", speech("label_from")),
                tag("p", case.name or case.contact),
                tag("h2", speech("goods")),
                pieces(case),
                class_="label",
            ),
        ]
        here = f"cases/{case.number}/label?expires={expires}&signature={signature}"
        return self._guarded.frame.answer(Page(speech("label_title"), here, body, depth=2), speech)


def code(text: str, name: str) -> Html:
    """A text as a QR code, in SVG without styles, which the page's policy would not let in."""
    made = segno.make(text, error="q", micro=False)
    drawn = made.svg_inline(scale=1, border=_QUIET, omitsize=True, svgclass=None, lineclass=None)
    # What is drawn is an image, named for who can't see it.
    return Html(drawn.replace("<svg ", tag("svg", role="img", aria_label=f"{name} {text}")[:-7] + " ", 1))
