"""`aftercare` with a payment provider, not a shop that pays by hand: `python -m tests.faults.paying`."""

import os
from datetime import timedelta

import httpx

from bot import compose
from bot.cli import group
from bot.shopside.payouts import Paid, PaymentBack

BANK = "KILLS_BANK_URL"  # where `tests.faults.bank` listens


class Provider:
    """A payout over HTTP."""

    look_every = timedelta(seconds=0.5)

    async def pay(self, refund: PaymentBack) -> Paid:
        return await self._ask("pay", refund)

    async def look(self, refund: PaymentBack) -> Paid:
        return await self._ask("look", refund)

    async def _ask(self, what: str, refund: PaymentBack) -> Paid:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.post(os.environ[BANK], json={"do": what, "key": refund.key})
            return Paid(answer.text)


if __name__ == "__main__":
    setattr(compose, "PaidByShop", Provider)  # noqa: B010  # a provider is chosen in the code
    group()
