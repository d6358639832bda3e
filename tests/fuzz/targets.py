"""Where odd payloads go: the channels' doors, each with a signature that holds, and the orders API."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from twilio.request_validator import RequestValidator

from bot.compose import Program
from channels.telegram.config import WEBHOOK_PATH
from channels.web import visitor
from store.core.database import Database
from tests.desk.staff import member
from tests.fuzz.mutator import broken, mutated, odd, written
from tests.paths import ROOT

CORPUS = Path(__file__).parent / "corpus"
FIXTURES = ROOT / "tests" / "channels"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it goes out."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Maker = Callable[[Random], Sent]


def corpus(name: str) -> list[Any]:
    """The payloads that a channel's mutations begin with: what providers were seen to send, and whatever was
    found to break something."""
    found = [json.loads(path.read_text("utf-8")) for path in sorted((CORPUS / name).glob("*.json"))]
    for path in sorted((FIXTURES / name / "fixtures").glob("*")):
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            found.append(json.loads(text))
        elif path.suffix == ".txt":
            found.append(dict(parse_qsl(text.strip(), keep_blank_values=True)))
    return found


def makers(program: Program, seed: int) -> dict[str, Maker]:
    """By target, what makes a request of a random source."""
    by_name: dict[str, Any] = {channel.name: channel.config for channel in program.channels}  # type: ignore[attr-defined]
    return {
        "telegram": _telegram(by_name["telegram"]),
        "sms": _sms(by_name["sms"]),
        "messenger": _messenger(by_name["messenger"]),
        "web": _web(program.settings.secret),
        "orders": _orders(api_headers(program)),
    }


def api_headers(program: Program) -> dict[str, str]:
    """Those of the shop's own system."""
    return {"Authorization": f"Bearer {program.settings.api_keys[0]}", "Content-Type": JSON}


def askers(program: Program, database: Database) -> Callable[[str], Mapping[str, str]]:
    """The headers of somebody who may ask an API, by its name; for the desk, each time of another agent:
    requests sign agents out and disable them."""
    numbers = _numbered()

    def headers(name: str) -> Mapping[str, str]:
        if name == "orders":
            return {"Authorization": f"Bearer {program.settings.api_keys[0]}"}
        if name == "chat":
            return {"Authorization": f"Bearer {visitor.issue(program.settings.secret)}"}
        return member(database, f"Fuzz{next(numbers)}", "admin").headers

    return headers


def _numbered() -> Iterator[int]:
    number = 10**6
    while True:
        number += 1
        yield number


def _telegram(config: Any) -> Maker:
    payloads, numbers = corpus("telegram"), _numbered()
    headers = {"X-Telegram-Bot-Api-Secret-Token": config.secret, "Content-Type": JSON}

    def make(random: Random) -> Sent:
        update = mutated(random, random.choice(payloads))
        if isinstance(update, dict) and random.random() < 0.9:
            update["update_id"] = next(numbers)  # else most would be known already
        return Sent("POST", WEBHOOK_PATH, headers, written(random, update))

    return make


def _messenger(config: Any) -> Maker:
    payloads, numbers = corpus("messenger"), _numbered()

    def make(random: Random) -> Sent:
        payload = random.choice(payloads)
        fresh = json.loads(json.dumps(payload).replace('"m_', f'"m_{next(numbers)}_'))
        body = written(random, mutated(random, fresh))
        signature = hmac.new(config.app_secret, body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": JSON}
        return Sent("POST", "/channels/messenger", headers, body)

    return make


def _sms(config: Any) -> Maker:
    payloads, numbers = corpus("sms"), _numbered()
    validator = RequestValidator(config.auth_token)

    def make(random: Random) -> Sent:
        form = dict(random.choice(payloads))
        path = "/channels/sms/status" if "MessageStatus" in form else "/channels/sms"
        if "MessageSid" in form and path == "/channels/sms":
            form["MessageSid"] = f"SM{next(numbers):032d}"
        form = mutated(random, form)
        flat = {
            str(name): value if isinstance(value, str) else json.dumps(value)
            for name, value in (form.items() if isinstance(form, dict) else ())
        }
        if random.random() < 0.95:
            flat["AccountSid"] = config.account_sid
        # As it arrives: what no form can hold is replaced on the way.
        flat = {_sendable(name): _sendable(value) for name, value in flat.items()}
        signature = validator.compute_signature(config.public_url + path, flat)
        headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
        body = urlencode(flat).encode()
        return Sent("POST", path, headers, broken(random, body) if random.random() < 0.05 else body)

    return make


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _web(secret: bytes) -> Maker:
    payloads, numbers = corpus("web"), _numbered()
    tokens = [visitor.issue(secret) for _ in range(50)]

    def make(random: Random) -> Sent:
        payload = dict(random.choice(payloads))
        payload["client_msg_id"] = f"fuzz-{next(numbers)}"
        body = written(random, mutated(random, payload))
        headers = {
            "Authorization": f"Bearer {random.choice(tokens)}",
            "Content-Type": JSON,
            "Accept-Language": base64.b64encode(random.randbytes(6)).decode(),
        }
        return Sent("POST", "/chat/v1/messages", headers, body)

    return make


def _orders(headers: Mapping[str, str]) -> Maker:
    payloads = corpus("orders")

    def make(random: Random) -> Sent:
        order = mutated(random, random.choice(payloads))
        number = order.get("number", "1") if isinstance(order, dict) else "1"
        if random.random() < 0.2:
            number = odd(random)
        path = f"/api/v1/orders/{quote(str(number)[:300].encode('utf-8', 'surrogatepass'), safe='')}"
        if random.random() < 0.2:
            return Sent("GET", path, headers, b"")
        return Sent("PUT", path, headers, written(random, order))

    return make
