"""Tells the shop's own system what happens to cases: each event at least once, those of a case in order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import httpx

from bot.runtime import log
from bot.runtime.http.outside import Blocked, Outside
from bot.runtime.work.jobs import Backoff, JobError, Jobs, utc_now
from bot.shopside import case_record, hook_signature
from bot.shopside.case_record import ShopCaseNews
from bot.shopside.hook_config import HookConfig
from store.cases import cases, timeline
from store.cases.feed import hook_queue
from store.cases.feed.hook_queue import Hook
from store.core import channel_faults
from store.core.database import Connection, Database
from store.vocabulary import Fault, HookState

MAX_ATTEMPTS: Final = 20  # six to twelve hours
MAX_BODY: Final = 256 * 1024  # bytes
ALERT_AFTER: Final = 6  # attempts in vain, about five minutes
LONGEST_WAIT: Final = 3600.0  # seconds that we let ourselves be asked to wait
CHANNEL: Final = "case_webhook"  # as faults of it are called

_log = log.get("case_hooks")


class CaseHooks(Jobs[Hook]):
    """Runs from `start` until `stop`; `wake` says that something happened to a case."""

    kind = "case_hooks"
    queue = hook_queue.QUEUE
    max_attempts = MAX_ATTEMPTS
    lease = timedelta(minutes=1)
    backoff = Backoff(10.0, 3600.0)

    def __init__(
        self,
        database: Database,
        config: HookConfig,
        clock: Callable[[], datetime] = utc_now,
        *,
        outside: Outside | None = None,
    ) -> None:
        super().__init__(database, clock)
        self._config = config
        self._outside = outside or Outside(config.url, internal=config.internal)

    async def start(self) -> None:
        await self._database.run(hook_queue.begin, self._clock())
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        await self._outside.close()

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> list[Hook]:
        hook_queue.note_new(connection, at)
        return hook_queue.claim(connection, at, until, room)

    async def run(self, hook: Hook, until: datetime) -> None:
        body = await self._database.fetch(_body, hook)
        if body is None:
            await self.keep(hook, self._ended, hook, until, HookState.SKIPPED)
            return
        if len(body) > MAX_BODY:
            raise JobError(f"it has more than {MAX_BODY} bytes", permanent=True)
        await self._post(hook, body)
        await self.keep(hook, self._ended, hook, until, HookState.SENT)
        _log.info("case_told", number=hook.event_id, case=hook.case_id)

    async def _post(self, hook: Hook, body: bytes) -> None:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Aftercare",
            "Aftercare-Event": str(hook.event_id),
            hook_signature.HEADER: hook_signature.sign(self._config.secret, body, self._clock().timestamp()),
        }
        try:
            answer = await self._outside.post(body, headers)
        except Blocked:
            raise JobError("the name stands for an internal address") from None
        except TimeoutError:
            raise JobError("no answer in time") from None
        except (httpx.HTTPError, OSError) as error:
            raise JobError(f"no answer: {type(error).__name__}") from error
        if not 200 <= answer.status_code < 300:
            raise JobError(f"answered with {answer.status_code}", retry_after=_asked(answer))

    def _ended(self, connection: Connection, hook: Hook, until: datetime, state: HookState) -> None:
        if self.queue.end(connection, hook.id, until, state, reason=None) and state == HookState.SENT:
            channel_faults.clear(connection, CHANNEL)

    def failed(self, connection: Connection, hook: Hook, until: datetime, error: JobError) -> str:
        outcome = super().failed(connection, hook, until, error)
        if outcome == "parked" or hook.attempts + 1 >= ALERT_AFTER:
            channel_faults.note(connection, CHANNEL, "", Fault.ADDRESS, error.reason, self._clock())
        return outcome


def _body(connection: Connection, hook: Hook) -> bytes | None:
    event, case = timeline.get(connection, hook.event_id), cases.get(connection, hook.case_id)
    if event is None or case is None:
        return None
    news = ShopCaseNews(event=case_record.event(event), case=case_record.record(case))
    return news.model_dump_json().encode()


def _asked(answer: httpx.Response) -> float | None:
    """The seconds that the answer asks us to wait, if it does."""
    asked = answer.headers.get("retry-after", "")
    if answer.status_code not in (429, 503) or not (asked.isascii() and asked.isdigit()):
        return None
    return min(float(asked[:9]), LONGEST_WAIT)
