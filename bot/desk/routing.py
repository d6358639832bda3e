"""Gives what waits to agents who are online, speak the language, know the subject and have room."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.desk.agent_actions import Desk, Outcome
from bot.runtime import log
from bot.runtime.work.sweep import Sweep
from store.accounts import agents
from store.accounts.agents import Agent
from store.conversations import conversations
from store.core.database import Connection, Database
from store.desk import assignments
from store.desk.assignments import Candidate, Waiting
from store.vocabulary import Owner, Presence

# A page that shows the desk gives a sign of life every minute.
PRESENT = timedelta(minutes=3)
AT_ONCE = 20

_log = log.get("routing")


def can_take(agent: Agent, language: str, skill: str) -> bool:
    """Whether an agent speaks a language and knows a subject ("": any)."""
    return (not agent.languages or language in agent.languages) and (not skill or skill in agent.skills)


def choose(waiting: Waiting, candidates: list[Candidate]) -> Candidate | None:
    """Who gets a conversation: of those who can, the one with the most room, in parts of what each can
    take at a time; then the one who has the fewest."""
    able = [
        one
        for one in candidates
        if one.load < one.agent.capacity and can_take(one.agent, waiting.language, waiting.skill)
    ]
    return min(able, key=lambda one: (one.load / one.agent.capacity, one.load, one.agent.id), default=None)


class Router(Sweep):
    """Looks again every few seconds, and at once when it is woken."""

    kind = "routing"

    def __init__(self, database: Database, desk: Desk, clock: Callable[[], datetime]) -> None:
        super().__init__(database, clock)
        self._desk = desk

    async def find(self) -> int:
        """Gives what waits; how many conversations those were."""
        count = 0
        for one in await self._database.fetch(assignments.waiting, AT_ONCE):
            outcome = await self._do(self.give, one)
            if outcome:
                count += 1
                _log.info("assigned", conversation=one.conversation_id, agent=outcome.conversation.agent_id)
        return count

    def give(self, connection: Connection, waiting: Waiting) -> Outcome | None:
        """Gives a conversation to the best agent, in one transaction; None if nobody can take it, or it
        waits no more."""
        conversation = conversations.lock(connection, waiting.conversation_id)
        if conversation is None or conversation.owner != Owner.QUEUE:
            return None
        candidates = assignments.candidates(connection, self._clock() - PRESENT)
        while best := choose(waiting, candidates):
            # The agent's row is locked: two processes don't fill the same place.
            agent = self._with_room(connection, best.agent)
            if agent:
                return self._desk.give(connection, conversation, agent, "assigned")
            candidates.remove(best)
        return None

    def _with_room(self, connection: Connection, agent: Agent) -> Agent | None:
        known = agents.credentials(connection, agent.id, lock=True)
        if known is None or known.agent.state != Presence.ONLINE or known.agent.disabled:
            return None
        load = len(conversations.of_agent(connection, agent.id))
        return known.agent if load < known.agent.capacity else None
