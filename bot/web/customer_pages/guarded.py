"""What the customers' pages have in common: limits, languages, and a page for whatever goes wrong."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sanic import HTTPResponse, Request

from bot.runtime import log
from bot.runtime.http.addresses import client_network
from bot.runtime.http.ratelimit import RateLimit
from bot.runtime.http.refusals import BadRequest, NotFound, Refusal, TooLarge, TooManyRequests
from bot.runtime.label_links import LabelLinks
from bot.shop.facts import Shop
from bot.shop.page_texts import PageTexts, Speech
from bot.web.customer_pages.page_frame import PageFrame
from store.cases.after_sales import AfterSales
from store.core.database import Database
from store.core.outage import is_outage

# A form that is looked up takes at least so long (seconds), whatever is found: nobody can tell by the clock.
LEAST: Final = 0.3
_log = log.get("pages")

Work = Callable[[Request, Speech], Awaitable[HTTPResponse]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Of forms that are sent: a burst, then a rate a second. Many customers may share a network. `contact`:
    of statements with the same e-mail or phone, each of which is answered with a mail."""

    network_burst: float = 60
    network_rate: float = 0.5
    contact_burst: float = 12
    contact_rate: float = 1 / 300


UNLIMITED: Final = Rates(1e9, 1e9, 1e9, 1e9)


class Guarded:
    """What the pages share. `work` is done within limits, and whatever goes wrong is told on a page."""

    def __init__(
        self,
        database: Database,
        after_sales: AfterSales,
        shop: Shop,
        texts: PageTexts,
        secret: bytes,
        clock: Callable[[], datetime],
        rates: Rates,
        least: float = LEAST,
    ) -> None:
        self.database = database
        self.after_sales = after_sales
        self.shop = shop
        self.texts = texts
        self.secret = secret
        self.clock = clock
        self.frame = PageFrame(texts, shop)
        self.labels = LabelLinks(secret)
        self._least = least
        self._of_network = RateLimit(rates.network_burst, rates.network_rate)
        self._of_contact = RateLimit(rates.contact_burst, rates.contact_rate)

    def speech(self, request: Request) -> Speech:
        asked = request.args.get("lang", "")
        accepted = ",".join(request.headers.getall("accept-language", []))
        return self.texts.speech(self.texts.chosen(asked, accepted))

    def network(self, request: Request) -> str:
        """What stands for a network in the database, where nobody can read it; the same as of the chat."""
        return hmac.new(self.secret, client_network(request).encode(), hashlib.sha256).hexdigest()

    def count(self, contact: str) -> None:
        """Raises `TooManyRequests` for too many statements of one contact."""
        if wait := self._of_contact.take(contact):
            raise TooManyRequests("Too many statements.", retry_after=wait)

    async def slowly(self, work: Awaitable[HTTPResponse]) -> HTTPResponse:
        """Does it, in no less than the time that everybody waits."""
        begun = time.monotonic()
        answer = await work
        await asyncio.sleep(max(0.0, self._least - (time.monotonic() - begun)))
        return answer

    async def answer(self, request: Request, here: str, work: Work, depth: int = 0) -> HTTPResponse:
        """What `work` answers, or a page that leads back to `here`."""
        speech = self.speech(request)
        try:
            if request.method != "GET" and (wait := self._of_network.take(client_network(request))):
                raise TooManyRequests("Too many forms.", retry_after=wait)
            return await work(request, speech)
        except Refusal as refusal:
            told = _TOLD.get(type(refusal), "refused_form")
            return self.frame.refusal(here, depth, speech, refusal.status, told, refusal.retry_after)
        except Exception as error:
            if not is_outage(error):
                _log.error("page_failed", page=here, exc_info=error)
                return self.frame.refusal(here, depth, speech, 500, "refused_failure")
            _log.warning("database_away", page=here, error=log.told(error))
            return self.frame.refusal(here, depth, speech, 503, "refused_failure", 5)


_TOLD: Final = {
    TooManyRequests: "refused_often",
    TooLarge: "refused_large",
    BadRequest: "refused_form",
    NotFound: "refused_link",
}
