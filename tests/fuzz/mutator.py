"""Makes odd payloads out of real ones; the same ones again from the same seed."""

import copy
import json
from random import Random
from typing import Any

# What others' systems have sent, or an attacker would.
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\u200b",
    "\ufeff10234",
    "\u202egpj.exe",
    "\ud800",
    "\udc00x",
    "👩‍👩‍👧" * 50,
    "e\u0301" * 500,
    "x" * 5000,
    "ﷺ" * 2000,
    "10234",
    "nr. 10234",
    "/start",
    "/start order_1",
    "STOP",
    "1",
    "99",
    "+37061234567",
    "DPD",
    "'; DROP TABLE orders; --",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%00",
    "NaN",
    "9" * 400,
    "-1",
    "2026-02-30",
    "https://",
    "https://[::1",
    "http://a:99999999/",
    "\r\nX: y",
    "true",
    "null",
    "١٢٣٤",
    "№",
    "\x1b[2J",
    "\u2028",
    "a" * 64 + "@" + "b" * 300 + ".lt",
    "\U000e0041" * 100,
    "İ" * 300,
)
NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**30,
    int("9" * 400),
    0.1,
    -0.0,
    1e308,
    5e-324,
    253402300800,
    4102444800,
    1e18,
    True,
    False,
)
OTHERS: tuple[Any, ...] = (None, [], {}, [[]], [{}], {"": None}, [None] * 300)


def mutated(random: Random, value: Any) -> Any:
    """A JSON value, with one to four changes somewhere in it."""
    value = copy.deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        value = _changed(random, value)
    return value


def written(random: Random, value: Any) -> bytes:
    """A JSON value as bytes, now and then broken."""
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    body = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.1:
        body = broken(random, body)
    return body


def broken(random: Random, body: bytes) -> bytes:
    """Bytes with something cut, doubled, turned round or put in."""
    place = random.randrange(len(body) + 1)
    match random.randrange(6):
        case 0:
            return body[:place]
        case 1:
            return body[:place] + random.randbytes(random.randrange(1, 20)) + body[place:]
        case 2:
            return body[:place] + body[max(0, place - 50) : place] + body[place:]
        case 3:
            return body.replace(b":", random.choice((b"", b"::", b":NaN,", b":1e999,")), 1)
        case 4:
            return body[:place] + b"[" * random.choice((50, 500, 5000)) + body[place:]
    return body[:place] + bytes([random.randrange(256)]) + body[place + 1 :]


def odd(random: Random) -> Any:
    """Some value of its own."""
    return copy.deepcopy(random.choice(random.choice((TEXTS, TEXTS, NUMBERS, OTHERS))))


def _changed(random: Random, value: Any) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(list(value))
        match random.randrange(10):
            case 0:
                del value[name]
            case 1:
                value[str(odd(random))[:50]] = value[name]
            case 2:
                value[name] = [value[name]]
            case _:
                value[name] = _changed(random, value[name])
        return value
    if isinstance(value, list) and value and random.random() < 0.9:
        place = random.randrange(len(value))
        match random.randrange(8):
            case 0:
                del value[place]
            case 1:
                value += [copy.deepcopy(value[place])] * random.choice((1, 30))
            case _:
                value[place] = _changed(random, value[place])
        return value
    if isinstance(value, str) and random.random() < 0.4:
        place = random.randrange(len(value) + 1)
        return value[:place] + random.choice(TEXTS)[:1000] + value[place:]
    return odd(random)
