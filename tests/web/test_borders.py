"""What comes in at each border of the whole program: unseen characters, and values that nobody expects."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from actions.callback import shown
from bot.runtime.work.jobs import Backoff
from channels.contract import Attachment, AttachmentKind, Inbound, SendError
from channels.meta.errors import refusal
from channels.provider_values import place
from store.conversations.conversations import phone_of
from store.core.database import Database
from store.desk.lists import Filter, View, listed
from store.tables import messages
from tests.fuzz.targets import Sent, makers
from tests.whole import Whole, whole_program


async def sms(whole: Whole, **form: str) -> httpx.Response:
    (config,) = [one.config for one in whole.program.channels if one.name == "sms"]  # type: ignore[attr-defined]
    form = {"AccountSid": config.account_sid, "To": config.sender, "NumMedia": "0", **form}
    signature = RequestValidator(config.auth_token).compute_signature(
        config.public_url + "/channels/sms", form
    )
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return await whole.client.post("/channels/sms", content=urlencode(form), headers=headers)


async def test_a_signed_sms_with_nul_is_taken(database: Database, tmp_path: Path) -> None:
    async with whole_program(database, tmp_path) as whole:
        for number, (sender, body) in enumerate(
            [("+37061234567", "hi\0there\u200b"), ("+370612\x0034567", "again"), ("LINDEN", "call me\ufeff")]
        ):
            answer = await sms(whole, MessageSid=f"SM{number:032d}", From=sender, Body=body)
            assert answer.status_code == 200, answer.text
        texts = await database.fetch(
            lambda connection: connection.execute(
                select(messages.c.text).where(messages.c.author == "customer").order_by(messages.c.id)
            ).scalars().all()
        )  # fmt: skip
    assert texts == ["hithere", "again", "call me"]


async def test_headers_hold_bytes_of_any_kind(database: Database, tmp_path: Path) -> None:
    paths = ("/api/v1/orders/1", "/chat/v1/messages", "/metrics", "/desk/v1/conversations")
    async with whole_program(database, tmp_path) as whole:
        for path in paths:
            for key in (b"\xff\xfe", b"\x80", "ė".encode(), b"\xed\xa0\x80", b"a.\xff.b"):
                for name in (
                    b"authorization",
                    b"cookie",
                    b"x-csrf-token",
                    b"accept-language",
                    b"last-event-id",
                ):
                    answer = await whole.client.get(path, headers=[(name, b"Bearer " + key)])
                    assert answer.status_code < 500, (path, name, key)


@pytest.mark.parametrize("name", ["telegram", "messenger"])
async def test_a_place_at_no_degree_is_none(name: str, database: Database, tmp_path: Path) -> None:
    path = Path(__file__).parents[1] / "fuzz" / "corpus" / name / "far_away.json"
    async with whole_program(database, tmp_path) as whole:
        sent: Sent = makers(whole.program, 1)[name](Random(1))
        body = path.read_bytes()
        headers = dict(sent.headers)
        if name == "messenger":
            (config,) = [one.config for one in whole.program.channels if one.name == name]  # type: ignore[attr-defined]
            headers["X-Hub-Signature-256"] = (
                "sha256=" + hmac.new(config.app_secret, body, hashlib.sha256).hexdigest()
            )
        answer = await whole.client.post(sent.path, content=body, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize("value", [int("9" * 400), float("nan"), float("inf"), True, "54", None, [1], 91])
def test_only_degrees_are_a_place(value: Any) -> None:
    assert place(value, 25.28) is None
    assert place(54.68, 25.28) == "54.68,25.28"


@pytest.mark.parametrize(
    "after",
    [
        "9999-12-31T23:59:59-23:59~1",
        "0001-01-01T00:00:00+23:59~1",
        "2026-05-04T10:15:00+00:00~" + "9" * 40,
        "2026-05-04T10:15:00+00:00~١",
        "2026-05-04T10:15:00~1",
        "~",
    ],
)
def test_a_cursor_comes_back_from_outside(database: Database, after: str) -> None:
    with (
        database.read() as connection,
        pytest.raises(ValueError, match="isoformat|not a cursor"),
    ):
        listed(connection, Filter(View.ALL, 1, None, None, None, None), datetime.now(UTC), after)


@pytest.mark.parametrize("asked", [10.0**9, float("inf"), float("nan"), -5.0])
def test_nobody_waits_longer_than_an_hour(asked: float) -> None:
    assert 0 <= (SendError("busy", retry_after=asked).retry_after or 0) <= 3600
    assert Backoff(1.0, 60.0).pause(1, asked) <= timedelta(hours=1)
    busy = refusal(429, {}, retry_after=str(10**9))
    assert busy.retry_after == 3600


def test_a_name_or_short_code_is_no_phone() -> None:
    assert [phone_of(one) for one in ("LINDEN", "12345", "+123", "+999999999999999", "+37061234567")] == [
        None,
        None,
        None,
        None,
        "+37061234567",
    ]
    assert shown("+9991234567") == "+9991234567"


def test_what_channels_hand_over_is_clean_and_fits() -> None:
    one = Inbound(
        "sms",
        "+1" * 100,
        "x\0" * 300,
        "\u202a+37061234567",
        "a\0" * 5000,
        attachments=(Attachment(AttachmentKind.FILE, "id\0", "a\u202egpj.exe\0", "image/png\0", -1),),
    )
    assert (len(one.account), len(one.external_id), one.address, len(one.text)) == (
        64,
        128,
        "+37061234567",
        4000,
    )
    (file,) = one.attachments
    assert (file.reference, file.name, file.media_type, file.size) == ("id", "agpj.exe", "image/png", None)
    with pytest.raises(ValueError, match="without a zone"):
        Inbound("sms", "a", "b", "c", "d", at=datetime(2026, 1, 1))
    json.dumps(one.text)
