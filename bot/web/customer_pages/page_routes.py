"""The routes of the customers' pages."""

from pathlib import Path

from sanic import Blueprint, HTTPResponse, Request

from bot.runtime.http import assets
from bot.web.customer_pages import page_colours
from bot.web.customer_pages.guarded import Guarded
from bot.web.customer_pages.label_page import LabelPage
from bot.web.customer_pages.returns_page import ReturnsPage
from bot.web.customer_pages.withdrawal_page import WithdrawalPage
from bot.withdrawal.withdrawals import Withdrawals


def blueprint(guarded: Guarded, withdrawals: Withdrawals, web_root: Path) -> Blueprint:
    """GET and POST /withdraw and /returns, GET /cases/<number>/label, and their style sheet. `web_root` holds
    pages/."""
    # Strict: the pages find their style sheet and each other relative to their own address.
    routes = Blueprint("customer_pages", strict_slashes=True)
    plain = (web_root / "pages" / "pages.css").read_bytes()
    style = assets.Asset.of(page_colours.variables(guarded.shop.brand.colour).encode() + plain, ".css")
    withdrawal, returns = WithdrawalPage(guarded, withdrawals), ReturnsPage(guarded)
    labels = LabelPage(guarded)

    @routes.get("/pages/pages.css")
    async def send_style(request: Request) -> HTTPResponse:
        return style.response(request)

    @routes.get("/withdraw")
    async def show_withdrawal(request: Request) -> HTTPResponse:
        return await guarded.answer(request, "withdraw", withdrawal.show)

    @routes.post("/withdraw")
    async def take_withdrawal(request: Request) -> HTTPResponse:
        return await guarded.answer(request, "withdraw", withdrawal.take)

    @routes.get("/returns")
    async def show_returns(request: Request) -> HTTPResponse:
        return await guarded.answer(request, "returns", returns.show)

    @routes.post("/returns")
    async def take_returns(request: Request) -> HTTPResponse:
        return await guarded.answer(request, "returns", returns.take)

    @routes.get("/cases/<number:str>/label")
    async def show_label(request: Request, number: str) -> HTTPResponse:
        return await labels.answer(request, number)

    return routes
