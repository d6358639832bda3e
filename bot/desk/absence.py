"""Brings back conversations whose person isn't there: to the queue while the customer waits, else to the
assistant. Nobody has to remember it: it is found by what the conversations are like."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from bot.conversation.ownership import change
from bot.conversation.words import courtesy
from bot.desk.agent_actions import Desk, cleared
from bot.runtime import log
from bot.runtime.work.sweep import Sweep
from store.accounts import agents
from store.conversations import conversations, transcript
from store.conversations.conversations import Conversation
from store.core.database import Connection, Database
from store.desk import absences
from store.desk.absences import Limits
from store.handoffs import handoffs
from store.vocabulary import Author, Owner

# A page that shows the desk gives a sign of life every minute.
GONE = timedelta(minutes=5)  # without one; then who waits for that agent waits in the queue
AWAY = timedelta(minutes=30)  # unanswered by an agent who is away
LOOKED_BACK = 50  # messages

_log = log.get("absence")


class Absence(Sweep):
    """`silent_for`: how long somebody who answered elsewhere keeps a conversation. `desks`: other programs'
    desks that are mirrored; what people there have stays theirs as long as nobody waits."""

    kind = "absence"

    def __init__(
        self,
        database: Database,
        desk: Desk,
        silent_for: timedelta,
        desks: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(database, clock)
        self._desk = desk
        self._silent_for = silent_for
        self._desks = desks

    async def find(self) -> int:
        """Brings back what nobody has; how many conversations those were."""
        count = 0
        for conversation_id in await self._database.fetch(absences.left, self._limits()):
            back = await self._do(self.bring_back, conversation_id)
            if back:
                count += 1
                _log.info("brought_back", conversation=conversation_id, owner=back.owner)
        return count

    def bring_back(self, connection: Connection, conversation_id: int) -> Conversation | None:
        """Brings one back, in one transaction; None if somebody has it after all."""
        conversation = conversations.lock(connection, conversation_id)
        if conversation is None or not absences.left(connection, self._limits(), conversation_id):
            return None
        at = self._clock()
        waits = self._waits(connection, conversation)
        if conversation.agent_id is not None:
            if not waits and not self._disabled(connection, conversation):
                return None  # only thanks came
            return self._desk.put_back(connection, conversation, "agent gone").conversation
        if waits:
            return self._desk.put_back(connection, conversation, "nobody answered elsewhere").conversation
        if (conversation.held_by or "").partition(":")[0] in self._desks:
            conversations.hold(connection, conversation.id, at + self._silent_for)
            return None
        # Who answered there has answered it all.
        conversation = change(
            connection, conversation, Owner.BOT, by="desk", why="answered elsewhere, long ago", at=at
        )
        handoffs.resolve(connection, conversation.id, at)
        return cleared(connection, conversation, at)

    def _limits(self) -> Limits:
        at = self._clock()
        return Limits(at, at - GONE, at - AWAY)

    def _disabled(self, connection: Connection, conversation: Conversation) -> bool:
        agent = agents.get(connection, conversation.agent_id) if conversation.agent_id else None
        return agent is None or agent.disabled

    def _waits(self, connection: Connection, conversation: Conversation) -> bool:
        """Whether the customer wants something that no person has answered."""
        said = transcript.after(connection, conversation.id, max(0, conversation.last_seq - LOOKED_BACK))
        people = [one.seq for one in said if one.author == Author.AGENT]
        unanswered = [
            one for one in said if one.author == Author.CUSTOMER and one.seq > max(people, default=0)
        ]
        return any(not self._is_courtesy(one.text) for one in unanswered)

    def _is_courtesy(self, text: str) -> bool:
        try:
            return courtesy.is_courtesy(self._desk.outgoing.assistant, text)
        except Exception as error:
            _log.warning("not_understood", error=type(error).__name__)
            return False  # nobody shall wait because the assistant fails
