"""Rasa's action-server protocol over our custom actions.

The SDK's own server is not used: it brings tracing and gRPC along, and an origin check that was
found unsafe (CVE-2026-37737).
"""

from typing import Any

from rasa_sdk import ActionExecutionRejection
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException
from sanic import HTTPResponse, Request, Sanic
from sanic.response import json as json_response

from actions import session
from actions.case_reader import CaseReader
from actions.guide_book import GuideBook
from store.cases.after_sales import AfterSales
from store.core.database import Database


def create(
    database: Database, after_sales: AfterSales, reader: CaseReader, guides: GuideBook
) -> Sanic[Any, Any]:
    """`POST /webhook` runs an action; `GET /health` answers."""
    executor = ActionExecutor()
    executor.register_package("actions")
    app: Sanic[Any, Any] = Sanic("aftercare-actions", configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, FALLBACK_ERROR_FORMAT="json")

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        session.database.set(database)
        session.after_sales.set(after_sales)
        session.case_reader.set(reader)
        session.guide_book.set(guides)
        call = request.json
        if not isinstance(call, dict) or not isinstance(call.get("tracker"), dict):
            return json_response({"error": "send a Rasa action call: next_action and tracker"}, 400)
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as error:
            return json_response({"error": str(error), "action_name": error.action_name}, 400)
        except ActionNotFoundException as error:
            return json_response({"error": str(error), "action_name": error.action_name}, 404)
        return json_response(result.model_dump() if result else {})

    @app.get("/health")
    async def health(_request: Request) -> HTTPResponse:
        return json_response({"status": "ok"})

    return app
