"""Proof, on a page, that an order is the customer's: its number with an e-mail or phone that was given with
it. Wrong pairs are counted together with those of the chat."""

from dataclasses import dataclass
from datetime import datetime

from store.conversations import throttle
from store.core.database import Connection
from store.orders import orders


@dataclass(frozen=True, slots=True)
class Proven:
    """`number`: as the order has it. `contact`: the e-mail, or phone in E.164."""

    number: str
    contact: str


def prove(connection: Connection, number: str, contact: str, network: str, at: datetime) -> Proven | None:
    """None for what is wrong, for what doesn't exist, and for what has to wait after wrong tries: looked up
    and counted alike."""
    wanted = orders.normalise_number(number)
    attempt = throttle.attempt(connection, None, network, at, contact, wanted)
    found = orders.opens(connection, wanted, contact)
    if found and not attempt.waiting:
        return Proven(found, contact)
    attempt.fail()
    return None
