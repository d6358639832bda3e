"""Tokens of the shop's site that vouch for a signed-in customer: what holds, and that each counts once."""

import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import select

from channels.contract import ProofBy
from store.core.database import Database
from store.tables import conversations

SECRET = "fedcba9876543210" * 3  # as tests/web/conftest.py has it
OTHER = "0123456789abcdef" * 3


def token(secret: str = SECRET, algorithm: str = "HS256", lives: int = 300, **changed: Any) -> str:
    """A token of the shop's site; a claim that is changed to None is left out."""
    now = int(time.time())
    email = "Anna@Example.com"
    claims = {"aud": "aftercare", "sub": "customer-17", "email": email, "iat": now, "exp": now + lives}
    given = {name: value for name, value in (claims | changed).items() if value is not None}
    return jwt.encode(given, secret, algorithm=algorithm)


async def visitor(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post("/chat/v1/sessions")
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def hand_over(client: httpx.AsyncClient, who: dict[str, str], given: str) -> httpx.Response:
    return await client.post("/chat/v1/identity", json={"token": given}, headers=who)


async def say(client: httpx.AsyncClient, answer: httpx.Response) -> None:
    """The customer of a visit that has begun writes something."""
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    body = {"client_msg_id": "message-1", "text": "hello"}
    assert (await client.post("/chat/v1/messages", json=body, headers=headers)).status_code == 202


def proven(folder: Path) -> list[tuple[str | None, str | None]]:
    """What conversations have proven, and by what."""
    database = Database(f"sqlite:///{folder}/headers.db")
    with database.read() as connection:
        rows = connection.execute(select(conversations.c.proven_contact, conversations.c.proven_by)).all()
    database.close()
    return [tuple(row) for row in rows]


async def test_a_token_proves_its_e_mail_once_for_one_visitor(shop: Any, tmp_path: Path) -> None:
    client, _ = shop
    anna, mallory = await visitor(client), await visitor(client)
    given = token()
    begun = await hand_over(client, anna, given)
    assert begun.status_code == 201
    assert proven(tmp_path) == [], "who only looks leaves no trace"
    await say(client, begun)
    assert proven(tmp_path) == [("anna@example.com", ProofBy.SHOP)]
    for again in (anna, mallory):
        refused = await hand_over(client, again, given)
        assert refused.status_code == 409 and refused.json()["error"]["code"] == "used_token"
    assert proven(tmp_path) == [("anna@example.com", ProofBy.SHOP)]


async def test_a_token_is_known_again_however_its_signature_is_spelled(shop: Any, tmp_path: Path) -> None:
    client, _ = shop
    who, given = await visitor(client), token()
    begun = await hand_over(client, who, given)
    assert begun.status_code == 201
    await say(client, begun)
    spelled = f"{given}="  # base64's padding, which a JWT leaves out
    assert jwt.decode(spelled, SECRET, ["HS256"], audience="aftercare")["sub"] == "customer-17"
    refused = await hand_over(client, await visitor(client), spelled)
    assert refused.status_code == 409 and refused.json()["error"]["code"] == "used_token"
    assert len(proven(tmp_path)) == 1


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(lambda: token(OTHER), id="forged"),
        pytest.param(lambda: token("", "none"), id="unsigned"),
        pytest.param(lambda: token(SECRET, "HS384"), id="another algorithm"),
        pytest.param(lambda: token(aud="shop"), id="for somebody else"),
        pytest.param(lambda: token(aud=None), id="for nobody"),
        pytest.param(lambda: token(iat=int(time.time()) - 700, exp=int(time.time()) - 100), id="expired"),
        pytest.param(lambda: token(exp=None), id="without an end"),
        pytest.param(lambda: token(iat=None), id="without a beginning"),
        pytest.param(lambda: token(sub=None), id="of nobody"),
        pytest.param(lambda: token(lives=3600), id="living too long"),
        pytest.param(lambda: token(email=None), id="without an e-mail"),
        pytest.param(lambda: token(email=["anna@example.com"]), id="a list for an e-mail"),
        pytest.param(lambda: token(email="anna"), id="no e-mail"),
        pytest.param(lambda: token(email="anna@example.com@x.example"), id="two e-mails"),
        pytest.param(lambda: token(email="a" * 250 + "@b.example"), id="a long e-mail"),
    ],
)
async def test_a_token_that_does_not_hold_proves_nothing(shop: Any, tmp_path: Path, given: Any) -> None:
    client, _ = shop
    refused = await hand_over(client, await visitor(client), given())
    assert refused.status_code == 403 and refused.json()["error"]["code"] == "forbidden"
    assert proven(tmp_path) == []
