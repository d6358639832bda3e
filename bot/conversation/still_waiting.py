"""Tells customers who wait for a person too long, again and honestly, when somebody answers."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.conversation.outgoing import Outgoing
from bot.handoff import reminders
from bot.shop.calendar.service_clock import ServiceClock
from store.conversations import conversations
from store.core.database import Connection
from store.core.timers import Job
from store.handoffs import handoffs
from store.vocabulary import Author, Owner

MOST = 2  # times
# So late nobody is told at night; the server was down when it was time.
LATE = timedelta(minutes=30)


class StillWaiting:
    """The job's key is the conversation's id."""

    kind = reminders.KIND

    def __init__(
        self, outgoing: Outgoing, service_clock: ServiceClock, clock: Callable[[], datetime]
    ) -> None:
        self._outgoing = outgoing
        self._service_clock = service_clock
        self._clock = clock

    def run(self, connection: Connection, job: Job) -> datetime | None:
        """Tells the customer, if nobody has come; when it is time again."""
        at = self._clock()
        again = self._service_clock.reminder(at)
        conversation = conversations.lock(connection, int(job.key))
        if again is None or conversation is None or conversation.owner != Owner.QUEUE:
            return None
        request = handoffs.latest(connection, conversation.id)
        if request is None or not request.open or request.claimed_at:
            return None
        hours = self._service_clock.hours
        if at - job.due_at > LATE and not hours.is_open(at):
            return again
        # Who asked at night was told then when somebody comes: one word more is enough.
        most = MOST if hours.is_open(request.created_at) else 1
        if request.reminded >= most:
            return None
        if not self._outgoing.tell(connection, conversation, Author.BOT, "utter_still_waiting"):
            return None
        handoffs.reminded(connection, conversation.id)
        return again if request.reminded + 1 < most else None
