"""A case's packing slip: a page of plain HTML to print, with the number as text and as a code to scan."""

from html import escape

import segno

from bot.shop.desk_texts import DeskTexts
from store.cases.cases import Case
from store.vocabulary import GoodsState

# Three steps up from /desk/v1/cases/<id>/label, whatever path a proxy puts before it.
_STYLE = "../../../cases/label.css"
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(case: Case, texts: DeskTexts, address: str) -> str:
    """The slip in the customer's language. `address`: where the goods go. It names no contact: a parcel goes
    through many hands."""

    def word(name: str) -> str:
        return escape(texts.word(name, case.language) or name)

    lines = "".join(
        f"<tr><td>{line.quantity} ×</td><td dir=auto>{escape(line.name)}</td><td>{escape(line.sku)}</td></tr>"
        for line in case.lines
        if line.state is not GoodsState.LOST
    )
    to = "<br>".join(escape(part.strip()) for part in (address or texts.shop).splitlines() if part.strip())
    code = segno.make(case.number, error="m", micro=False).svg_inline(scale=6, border=2, omitsize=True)
    return (
        f'<!doctype html><html lang="{escape(case.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex">'
        f'<title>{escape(case.number)}</title><link rel="stylesheet" href="{_STYLE}"></head><body>'
        f"<main><header><h1>{word('label_title')}</h1><p>{escape(texts.shop)}</p></header>"
        f'<section class="code">{code}<p class="number">{escape(case.number)}</p></section>'
        f"<section><h2>{word('label_to')}</h2><address dir=auto>{to}</address></section>"
        f"<section><h2>{word('label_from')}</h2><p dir=auto>{escape(case.name)}</p>"
        f"<p>{word('label_order')} {escape(case.order_number)}</p></section>"
        f'<section class="goods"><h2>{word("label_goods")}</h2><table>{lines}</table></section>'
        f'<p class="hint">{word("label_hint")}</p></main></body></html>'
    )
