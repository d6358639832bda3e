"""The description of the APIs: valid, of all their routes and no others, and true."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from sanic import Blueprint, HTTPResponse, Request, Sanic

from bot.runtime.http.operations import operation_of
from bot.web import api_page, openapi
from store.core.database import Database
from tests.desk.staff import Member, member
from tests.serving import serving
from tests.web.test_order_api import ORDER

Shop = tuple[httpx.AsyncClient, Sanic[Any, Any]]


@pytest.fixture
async def document(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = (await shop[0].get("/api/v1/openapi.json")).json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, told)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    ]


def properties(document: dict[str, Any], told: dict[str, Any]) -> list[str] | None:
    """The names of the fields of an operation's body, if that is JSON."""
    for kind, one in told.get("requestBody", {}).get("content", {}).items():
        if kind == "application/json":
            name = one["schema"]["$ref"].rsplit("/", 1)[1]
            return list(document["components"]["schemas"][name]["properties"])
    return None


async def test_it_is_a_valid_document(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_an_order_is_shown_by_an_example(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["OrderRecord"]
    (example,) = schema["examples"]
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(example)
    assert set(example) == set(schema["properties"])


async def test_every_route_of_the_apis_stands_in_it_and_nothing_else(
    shop: Shop, document: dict[str, Any]
) -> None:
    routed = {
        (re.sub(r"<(\w+)[^>]*>", r"{\1}", f"/{route.path}"), method.lower())
        for route in shop[1].router.routes
        for method in route.methods
        if re.match(r"(desk|chat|api)/v1(/|$)", route.path)
    }
    assert len(routed) > 45
    assert {(path, method) for path, method, _ in operations(document)} == routed
    # A route of another place says nothing of itself.
    others = [one for one in shop[1].router.routes if not re.match(r"(desk|chat|api)/v1(/|$)", one.path)]
    assert others and not any(operation_of(one.handler) for one in others)


async def test_a_route_that_says_nothing_of_itself_is_no_part_of_an_api() -> None:
    silent = Blueprint("silent")

    @silent.get("/desk/v1/silent")
    async def answer(_request: Request) -> HTTPResponse:
        return HTTPResponse()

    with pytest.raises(openapi.Undescribed, match="/desk/v1/silent"):
        async with serving(silent, api_page.blueprint()):
            pass


async def test_every_operation_says_who_may_and_how_it_refuses(document: dict[str, Any]) -> None:
    tags = {one["name"] for one in document["tags"]}
    schemes = set(document["components"]["securitySchemes"])
    for path, method, told in operations(document):
        assert set(told["tags"]) <= tags and told["summary"][0].isupper(), path
        assert {name for one in told["security"] for name in one} <= schemes
        if path.startswith("/desk/v1") and told["security"]:
            assert ("csrf" in told["security"][0]) == (method != "get"), path
        for status, answer in told["responses"].items():
            assert answer["description"]
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (path, status)


async def test_what_is_described_as_public_is_and_nothing_else(shop: Shop, document: dict[str, Any]) -> None:
    validator = error_validator(document)
    for path, method, told in operations(document):
        answer = await ask(shop[0], method, path, {})
        assert (answer.status_code == 401) == bool(told["security"]), (path, answer.text)
        assert str(answer.status_code) in told["responses"], (path, answer.status_code)
        if answer.status_code >= 400:
            validator.validate(answer.json())


async def test_what_is_described_is_what_the_endpoints_take(
    shop: Shop, database_of: Member, document: dict[str, Any]
) -> None:
    """A refusal of an unknown field lists the known ones: those of the document."""
    client, _ = shop
    token = (await client.post("/chat/v1/sessions")).json()["token"]
    validator, seen = error_validator(document), 0
    for path, method, told in operations(document):
        if path.startswith("/desk"):
            headers = database_of.headers
        else:
            headers = {"Authorization": "Bearer a-key" if path.startswith("/api") else f"Bearer {token}"}
        known = properties(document, told)
        if known and not path.startswith("/api/v1/"):
            answer = await ask(client, method, path, {"surprise": 1}, headers)
            assert answer.status_code == 400, (path, answer.text)
            validator.validate(answer.json())
            listed = answer.json()["error"]["message"].partition(": send ")[2].rstrip(".")
            assert (listed.split(", "), answer.json()["error"]["field"]) == (known, "surprise"), path
            seen += 1
        if method != "get":
            continue
        asked = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
        answer = await ask(client, method, f"{path}?surprise=1", None, headers)
        refused = answer.json()["error"] if answer.status_code == 400 else {"message": ""}
        listed = refused["message"].partition(": send ")[2].rstrip(".")
        assert (listed.split(", ") if listed else []) == asked, path
        if asked:
            twice = await ask(client, method, f"{path}?{asked[0]}=1&{asked[0]}=2", None, headers)
            assert (twice.status_code, twice.json()["error"]["field"]) == (400, asked[0]), path
            seen += 1
    assert seen > 25


@pytest.fixture
def database_of(shop: Shop) -> Member:
    """An admin of the desk."""
    guard = shop[1].ctx.desk_guard
    database = Database(f"sqlite:///{guard._database.engine.url.database}")
    try:
        return member(database, "Chief", "admin")
    finally:
        database.close()


def error_validator(document: dict[str, Any]) -> Any:
    return Draft202012Validator(document["components"]["schemas"]["Error"])


async def ask(
    client: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Asks; of an event stream the head only."""
    path = re.sub(r"{\w+}", "1", path)
    given = {"Content-Type": "application/json", **(headers or {})}
    content = None if body is None or method == "get" else json.dumps(body).encode()
    async with client.stream(method, path, content=content, headers=given) as answer:
        if "event-stream" not in answer.headers.get("content-type", ""):
            await answer.aread()
        return answer


# --- the page, and the order API ---


class Page(HTMLParser):
    """Collects the ids, the links and the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.ids.add(found.get("id") or "")
        self.links.add(found.get("href") or found.get("src") or "")
        assert not {name for name in found if name == "style" or name.startswith("on")}


async def test_the_description_and_its_page_are_public(shop: Shop, document: dict[str, Any]) -> None:
    client, app = shop
    assert document == openapi.document(app)
    answer = await client.get("/api/v1/docs")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    page = Page()
    page.feed(answer.text)
    assert page.tags.isdisjoint({"script", "style", "iframe"})
    assert "{{" not in answer.text
    for link in page.links - {""}:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (await client.get(f"/api/v1/{link}")).status_code == 200
    assert set(document["components"]["schemas"]) <= page.ids
    for path, method, _ in operations(document):
        assert f"<code>{method.upper()} {path}</code>" in answer.text


async def test_the_described_schema_is_what_the_endpoint_takes(document: dict[str, Any]) -> None:
    schema = {
        "$ref": "#/components/schemas/OrderRecord",
        "components": document["components"],
    }
    Draft202012Validator.check_schema(document["components"]["schemas"]["OrderRecord"])
    validator = Draft202012Validator(schema)
    assert validator.is_valid(ORDER)
    assert not validator.is_valid({**ORDER, "extra": 1})
    assert not validator.is_valid({**ORDER, "state": "lost"})


async def test_every_field_says_what_to_write(document: dict[str, Any]) -> None:
    for name, model in document["components"]["schemas"].items():
        if name != "Error":
            for key, field in model["properties"].items():
                assert field.get("description"), f"{name}.{key}"
