"""What the APIs of the shop's own system share: the key, and how records that can't be taken are refused."""

import hmac
from collections.abc import Sequence

from pydantic import BaseModel, Field
from sanic import Blueprint, Request

from bot.runtime.http.refusals import Unauthorized, Unprocessable
from store.intake.record_fields import Problem

MAX_BODY = 1_000_000  # bytes


class LeftOut(BaseModel):
    """A detail of a record that can't be taken."""

    field: str = Field(description="such as shipments.0.tracking_url")
    message: str = Field(description="what became of it, and what to write instead")


class InvalidRecord(Unprocessable):
    """Some fields of a record can't be taken: all of them are told. `code`: invalid_order, for one."""

    def __init__(self, code: str, found: Sequence[Problem]) -> None:
        self.code = code
        fields = [{"field": problem.field, "message": problem.message} for problem in found]
        super().__init__("some fields can't be taken", more={"fields": fields})


def guarded(name: str, prefix: str, api_keys: tuple[str, ...]) -> Blueprint:
    """A blueprint whose routes need one of the keys; without any they refuse everybody."""
    api = Blueprint(name, url_prefix=prefix)
    keys = [key.encode() for key in api_keys if key]

    @api.on_request
    async def authorise(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        # Headers are text of any kind, and compare_digest takes only ASCII or bytes.
        key = given.strip().encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(key, known) for known in keys]
        if scheme.lower() != "bearer" or not any(matches):
            raise Unauthorized("write a valid key: 'Authorization: Bearer <key>'", challenge="Bearer")

    return api
