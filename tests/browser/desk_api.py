"""The desk's HTTP API in memory: what the web app is tested against."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sanic.response import raw, text

from bot.desk.accounts.second_factor import SecondFactor

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
COOKIE, CSRF = "aftercare_desk", "c5rf"
PASSWORD, CODE, TOKEN = "correct horse", "123456", "invited-1"
# What a hostile customer, file or order has in every place.
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
DISPOSITIONS = [{"id": "answered", "title": "Question answered"}, {"id": "spam", "title": "Spam"}]
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def ago(minutes: float) -> str:
    """A time of the past, or with a negative number of the future."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


class Refused(Exception):
    """An answer that is an error; `more` stands beside its code."""

    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.more = status, code, more


class DeskApi:
    """The state; a test changes it and tells it on in the server's event loop."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.agents = [self.agent(1, "Anna Berg", "admin"), self.agent(2, "Tomas Petraitis", "agent")]
        self.invited = {"name": "", "password": ""}
        self.signed_in = True
        self.needs_code = False
        self.conversations: dict[int, dict[str, Any]] = {}
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.events: dict[int, list[dict[str, Any]]] = {}
        self.surveys: dict[int, list[dict[str, Any]]] = {}
        self.orders: dict[int, list[dict[str, Any]]] = {}
        self.listeners: set[asyncio.Queue[tuple[str, dict[str, Any]] | None]] = set()
        self.viewers: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.fail: dict[str, Refused] = {}  # by what a path ends in

    @staticmethod
    def agent(number: int, name: str, role: str) -> dict[str, Any]:
        first = name.split()[0].lower()
        more = {"languages": ["en"], "skills": [], "capacity": 6, "state": "online", "totp": False}
        return {
            "id": number, "email": f"{first}@shop.example", "name": name, "role": role, "language": "en",
            **more,
        }  # fmt: skip

    @property
    def me(self) -> dict[str, Any]:
        return self.agents[0]

    def add(self, number: int, name: str | None, **more: Any) -> None:
        """A conversation without messages; `more` takes the place of its values."""
        plain = {"text": "", "until": None, "segments": False, "limit": 4000, "plain": False}
        self.conversations[number] = {
            "id": number, "channel": "web", "owner": "queue", "agent": None,
            "customer": {"name": name, "contact": None, "proven_by": None}, "language": "en", "preview": "",
            "preview_author": None, "updated_at": ago(1), "heard_at": ago(1), "unread": 0, "priority": 0,
            "reason": "asked", "skill": "", "answer_due_at": None, "answered_at": None,
            "resolve_due_at": None, "waiting_since": None, "viewers": [], "disposition": None,
            "summary": "", "wish": None, "packet": {},
            "send": {**plain, "state": "open"}, "linked": [], "survey": None, **more,
        }  # fmt: skip
        self.messages[number], self.notes[number], self.events[number] = [], [], []
        self.surveys[number] = []

    def begin(self, number: int, name: str, words: str) -> None:
        """A conversation with its customer's first message."""
        self.add(number, name)
        self.say(number, "customer", words)

    def say(self, number: int, author: str, words: str, minutes: float = 0, **more: Any) -> dict[str, Any]:
        entries = self.messages[number]
        entry = {
            "seq": entries[-1]["seq"] + 1 if entries else 1, "author": author, "author_name": None,
            "text": words, "buttons": [], "at": ago(minutes), "edited_at": None, "delivery": None,
            "attachments": [], **more,
        }  # fmt: skip
        entries.append(entry)
        conversation = self.conversations[number]
        conversation.update(preview=words, preview_author=author, updated_at=entry["at"])
        conversation["unread"] += author == "customer"
        self.tell("conversation", id=number, seq=entry["seq"], kind="message")
        return entry

    def tell(self, event: str, **data: Any) -> None:
        for queue in self.listeners:
            queue.put_nowait((event, data))

    def cut(self) -> None:
        """Ends all event streams."""
        for queue in self.listeners:
            queue.put_nowait(None)

    def change(self, number: int, owner: str, agent: dict[str, Any] | None = None, **more: Any) -> None:
        conversation = self.conversations[number]
        by = (agent or self.me)["name"]
        self.events[number].append(
            {"at": ago(0), "from": conversation["owner"], "to": owner, "by": by, "why": None}
        )
        held = {"id": agent["id"], "name": agent["name"]} if agent else None
        conversation.update(owner=owner, agent=held, **more)
        self.tell("conversation", id=number, kind="owner")

    def called(self, ending: str) -> list[Any]:
        """The bodies of requests whose path ends so."""
        return [body for _, path, body in self.calls if path.endswith(ending)]


def blueprint(api: DeskApi) -> Blueprint:
    routes = Blueprint("desk_api", url_prefix="/desk/v1")

    async def refuse(_request: Request, error: Refused) -> HTTPResponse:
        answer = {"error": {"code": error.code, "message": error.code, **error.more}}
        return json_response(answer, error.status)

    routes.exception(Refused)(refuse)

    @routes.on_request
    async def guard(request: Request) -> None:
        form = request.headers.get("content-type", "").startswith("multipart")
        if form:
            body: Any = {"file": request.files.get("file") if request.files else None}
        else:
            body = request.json if request.body else None
        api.calls.append((request.method, request.path, body))
        for ending, refused in api.fail.items():
            if request.path.endswith(ending):
                raise refused
        if request.path.endswith(("/sessions", "/accept", "/password-resets")):
            return
        if not api.signed_in:
            raise Refused(401, "signed_out")
        if request.method != "GET" and request.headers.get("x-csrf-token") != CSRF:
            raise Refused(403, "csrf")

    def find(number: int) -> dict[str, Any]:
        if number not in api.conversations:
            raise Refused(404, "not_found")
        return api.conversations[number]

    def session() -> HTTPResponse:
        api.signed_in = True
        answer = json_response({"csrf": CSRF, "agent": api.me})
        answer.add_cookie(COOKIE, "s", path="/desk", httponly=True, secure=False, samesite="Strict")
        return answer

    @routes.post("/sessions")
    async def sign_in(request: Request) -> HTTPResponse:
        given = request.json
        if given["email"] != api.me["email"] or given["password"] != PASSWORD:
            raise Refused(401, "wrong")
        if api.needs_code and given.get("code") != CODE:
            raise Refused(401, "second_factor")
        return session()

    @routes.post("/invitations/accept")
    async def accept(request: Request) -> HTTPResponse:
        if request.json["token"] != TOKEN:
            raise Refused(404, "not_found")
        api.me["name"] = request.json["name"]
        return session()

    @routes.post("/password-resets")
    async def reset(_request: Request) -> HTTPResponse:
        return json_response({}, 202)

    @routes.delete("/sessions/current")
    async def sign_out(_request: Request) -> HTTPResponse:
        api.signed_in = False
        return HTTPResponse(status=204)

    @routes.get("/me")
    async def me(_request: Request) -> HTTPResponse:
        shop = {"name": "Linden & Co", "colour": "#2f6b4f", "languages": ["en", "lt"]}
        known = [{key: one[key] for key in ("id", "name", "state")} for one in api.agents]
        return json_response(
            {"agent": api.me, "csrf": CSRF, "shop": shop, "dispositions": DISPOSITIONS, "agents": known}
        )

    @routes.patch("/me")
    async def change_me(request: Request) -> HTTPResponse:
        api.me.update({key: value for key, value in request.json.items() if key != "password"})
        return json_response({"agent": api.me})

    @routes.post("/me/totp")
    async def offer(_request: Request) -> HTTPResponse:
        uri = pyotp.TOTP(SECRET).provisioning_uri(name=api.me["email"], issuer_name="Linden & Co")
        return json_response({"secret": SECRET, "uri": uri, "qr": SecondFactor.picture(uri)})

    @routes.put("/me/totp")
    async def confirm(request: Request) -> HTTPResponse:
        if request.json["code"] != CODE:
            raise Refused(400, "second_factor")
        return HTTPResponse(status=204)

    @routes.get("/conversations")
    async def conversations(request: Request) -> HTTPResponse:
        view, words = request.args.get("view"), request.args.get("q", "").lower()
        known = list(api.conversations.values())
        tests: dict[str | None, Callable[[dict[str, Any]], bool]] = {
            "queue": lambda one: one["owner"] == "queue",
            "mine": lambda one: (one["agent"] or {}).get("id") == api.me["id"],
            "bot": lambda one: one["owner"] == "bot",
            "closed": lambda one: one["owner"] == "closed",
            "all": lambda _one: True,
        }

        def texts(one: dict[str, Any]) -> list[str]:
            said = [entry["text"] for entry in api.messages[one["id"]]]
            return [one["customer"]["name"] or "", *said]

        shown = [
            {
                key: one[key]
                for key in one
                if key not in ("summary", "wish", "packet", "send", "linked", "survey")
            }
            for one in known
            if tests[view](one)
            and any(words in said.lower() for said in texts(one))
            and request.args.get("channel", one["channel"]) == one["channel"]
        ]
        shown.sort(key=lambda one: one["updated_at"], reverse=True)
        if view == "queue":
            shown.sort(key=lambda one: (-one["priority"], one["answer_due_at"] or "9"))
        at = int(request.args.get("after", 0))
        counts = {
            name: sum(map(test, known)) for name, test in tests.items() if name in ("queue", "mine", "all")
        }
        counts["unread"] = sum(one["unread"] > 0 for one in known)
        more = str(at + 50) if len(shown) > at + 50 else None
        return json_response({"conversations": shown[at : at + 50], "counts": counts, "next": more})

    @routes.get("/conversations/<number:int>")
    async def conversation(request: Request, number: int) -> HTTPResponse:
        detail = find(number)
        after = int(request.args.get("after", 0))
        entries = [entry for entry in api.messages[number] if entry["seq"] > after][-200:]
        return json_response(
            {
                "conversation": detail,
                "messages": entries,
                "notes": api.notes[number],
                "events": api.events[number],
                "surveys": api.surveys[number],
            }
        )

    @routes.get("/conversations/<number:int>/messages")
    async def older(request: Request, number: int) -> HTTPResponse:
        before = int(request.args["before"][0])
        return json_response(
            {"messages": [entry for entry in api.messages[number] if entry["seq"] < before][-200:]}
        )

    @routes.post("/conversations/<number:int>/<action:claim|release|bot|close|assign>")
    async def act(request: Request, number: int, action: str) -> HTTPResponse:
        detail = find(number)
        if action == "claim":
            if detail["owner"] == "human" and detail["agent"]["id"] != api.me["id"]:
                raise Refused(409, "taken", agent=detail["agent"]["name"])
            api.change(number, "human", api.me)
        elif action == "assign":
            (agent,) = [one for one in api.agents if one["id"] == request.json["agent_id"]]
            api.change(number, "human", agent)
        elif action == "close":
            api.change(number, "closed", disposition=request.json["disposition"])
        else:
            api.change(number, "bot" if action == "bot" else "queue")
        return json_response({"conversation": detail})

    @routes.post("/conversations/<number:int>/messages")
    async def reply(request: Request, number: int) -> HTTPResponse:
        given = request.json
        if find(number)["owner"] != "human":
            raise Refused(409, "wrong_state")
        for entry in api.messages[number]:
            if entry.get("client_msg_id") == given["client_msg_id"]:
                return json_response({"message": entry})
        sent = {"delivery": {"state": "sent", "reason": None}, "client_msg_id": given["client_msg_id"]}
        entry = api.say(number, "agent", given["text"], author_name=api.me["name"], **sent)
        return json_response({"message": entry}, 201)

    @routes.post("/conversations/<number:int>/files")
    async def file(request: Request, number: int) -> HTTPResponse:
        assert request.files is not None and request.form is not None
        name = request.files["file"][0].name
        attached = {
            "id": 1, "kind": "file", "name": name, "media_type": "text/plain", "size": 5, "state": "stored",
            "link": "/files/1", "reference": None,
        }  # fmt: skip
        entry = api.say(
            number,
            "agent",
            request.form.get("text") or "",
            author_name=api.me["name"],
            attachments=[attached],
        )
        return json_response({"message": entry}, 201)

    @routes.post("/conversations/<number:int>/<action:typing|read>")
    async def signal(_request: Request, number: int, action: str) -> HTTPResponse:
        if action == "read":
            find(number)["unread"] = 0
            api.tell("conversation", id=number, kind="read")
        return HTTPResponse(status=204)

    @routes.post("/conversations/<number:int>/view")
    async def view(_request: Request, number: int) -> HTTPResponse:
        return json_response({"viewers": api.viewers})

    @routes.post("/conversations/<number:int>/notes")
    async def note(request: Request, number: int) -> HTTPResponse:
        written = {
            "id": len(api.notes[number]) + 1, "author_name": api.me["name"], "text": request.json["text"],
            "mentions": request.json["mentions"], "at": ago(0),
            "after_seq": api.messages[number][-1]["seq"] if api.messages[number] else 0,
        }  # fmt: skip
        api.notes[number].append(written)
        api.tell("conversation", id=number, kind="note")
        return json_response({"note": written}, 201)

    @routes.get("/conversations/<number:int>/transcript")
    async def transcript(_request: Request, number: int) -> HTTPResponse:
        return text("\n".join(entry["text"] for entry in api.messages[number]))

    @routes.post("/conversations/<number:int>/transcript")
    async def mail(_request: Request, number: int) -> HTTPResponse:
        return json_response({}, 202)

    @routes.get("/conversations/<number:int>/orders")
    async def orders(_request: Request, number: int) -> HTTPResponse:
        return json_response({"orders": api.orders.get(number, [])})

    @routes.post("/orders/<order>/<action:cancel|invoice|address>")
    async def order_action(request: Request, order: str, action: str) -> HTTPResponse:
        (found,) = [one for known in api.orders.values() for one in known if one["number"] == order]
        if action == "cancel":
            if not found["can_cancel"]:
                raise Refused(409, "not_allowed", state=found["state"])
            found.update(state="cancelled", can_cancel=False, can_change_address=False)
        elif action == "address":
            found["address"] = request.json["address"]
        return json_response({"order": found})

    @routes.get("/conversations/<_number:int>/cases")
    async def cases(_request: Request, _number: int) -> HTTPResponse:
        return json_response({"cases": []})

    @routes.get("/case-counts")
    async def case_counts(_request: Request) -> HTTPResponse:
        return json_response({"counts": {"open": 0, "mine": 0, "overdue": 0}})

    @routes.get("/canned")
    async def canned(request: Request) -> HTTPResponse:
        known = [
            ("delivery", "How long does delivery take?", "We deliver within 1-3 working days."),
            ("returns", "How do I return something?", "You can return it within 30 days."),
        ]
        words = request.args.get("q", "").lower()
        found = [
            {"id": one, "title": title, "text": answer}
            for one, title, answer in known
            if words in title.lower()
        ]
        return json_response({"answers": found})

    @routes.get("/callbacks")
    async def callbacks(_request: Request) -> HTTPResponse:
        wish = {"id": 1, "conversation_id": 1, "phone": "+37060000123", "wish": "after five", "state": "open"}
        return json_response({"callbacks": [wish]})

    @routes.get("/faults")
    async def faults(_request: Request) -> HTTPResponse:
        return json_response({"faults": api.faults})

    @routes.get("/figures")
    async def figures(_request: Request) -> HTTPResponse:
        return json_response({
            "waiting": 3, "longest_wait_seconds": 540, "handoffs": 41, "answered_in_target": 0.93,
            "resolved_in_target": 0.88, "overdue": 2,
            "resolution_seconds": {"median": 5400, "p90": 30000},
            "first_answer_seconds": {"median": 95, "p90": 610},
            "satisfaction": {
                "asked": 30, "count": 19, "average": 4.6, "scores": [0, 0, 2, 4, 13],
                "comments": [{"score": 3, "comment": HOSTILE, "conversation": 1}],
            },
            "agents": [
                {"id": 1, "name": "Anna Berg", "open": 2, "closed": 17, "satisfaction": 4.8, "ratings": 9},
                {"id": 2, "name": "Tom", "open": 0, "closed": 1, "satisfaction": None, "ratings": None},
            ],
        })  # fmt: skip

    @routes.get("/agents")
    async def agents(_request: Request) -> HTTPResponse:
        more = {"disabled": False, "invited": False, "seen_at": ago(2)}
        return json_response({"agents": [{**one, **more} for one in api.agents]})

    @routes.post("/agents")
    async def invite(request: Request) -> HTTPResponse:
        agent = {**api.agent(len(api.agents) + 1, request.json["name"], request.json["role"]), **request.json}
        api.agents.append(agent)
        return json_response({"agent": agent, "link": "https://shop.example/desk#invitation=abc"}, 201)

    @routes.get("/audit")
    async def audit(_request: Request) -> HTTPResponse:
        entry = {"id": 1, "who": "anna@shop.example", "action": "claim", "target": "conversation:1"}
        return json_response({"entries": [{**entry, "details": {"name": HOSTILE}, "at": ago(3)}]})

    @routes.get("/events")
    async def events(request: Request) -> None:
        queue: asyncio.Queue[tuple[str, dict[str, Any]] | None] = asyncio.Queue()
        api.listeners.add(queue)
        response = await request.respond(content_type="text/event-stream")
        try:
            await response.send(": hello\n\n")
            while (event := await queue.get()) is not None:
                await response.send(f"event: {event[0]}\ndata: {json.dumps(event[1])}\n\n")
        finally:
            api.listeners.discard(queue)

    return routes


def picture_blueprint() -> Blueprint:
    """A stored picture, as attachments link to it."""
    routes = Blueprint("pictures")

    @routes.get("/files/<number:int>")
    async def picture(_request: Request, number: int) -> HTTPResponse:
        return raw(PIXEL, content_type="image/png")

    return routes
