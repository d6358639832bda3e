"""What becomes of a message whose turn fails again and again: a person is asked for, and the messages behind
it go on.

What handles the failure shares nothing with what failed: no assistant, no texts, no packet. Each step is a
transaction of its own, and where one fails the next smaller one is taken:

1. the message ends as `failed`, and a person is asked for with a bare request;
2. else it ends as `parked`, by itself; asking for a person is tried again later;
3. after 1, what may fail: the request is put into words, and the customer gets an apology.
"""

from bot.conversation.turns import Turn, TurnFailed, Turns
from bot.runtime import log, metrics
from store.conversations import inbox
from store.core.database import Connection, Database
from store.vocabulary import InboxState

AT_ONCE = 20  # parked messages for which a person is asked again

_log = log.get("giving_up")


async def give_up(database: Database, turns: Turns, failure: TurnFailed) -> Turn | None:
    """Puts off the conversation whose turn failed, or gives the message up. None if it was put off, or
    parked."""
    try:
        turn = await database.run(
            turns.give_up, failure.conversation_id, failure.message_id, failure.kind, failure.seen
        )
    except Exception as error:
        # If the database is away, neither goes this; whoever called waits for it.
        if await database.run(_park, turns, failure):
            metrics.parked.labels("message").inc()
            _log.error("message_parked", conversation=failure.conversation_id, exc_info=error)
        return None
    if turn is None:
        return None
    metrics.parked.labels("message").inc()
    return await _afterwards(database, turns, turn, failure)


async def bring_to_people(database: Database, turns: Turns) -> int:
    """Asks for a person for what was parked, as far as that can be done now; for how many messages it was."""
    count = 0
    for claim, reason in await database.fetch(inbox.parked, AT_ONCE):
        try:
            turn = await database.run(turns.hand_over, claim, reason)
        except Exception as error:
            _log.warning("still_parked", conversation=claim.conversation_id, error=type(error).__name__)
            continue
        if turn:
            count += 1
            await _afterwards(database, turns, turn, None)
    return count


def _park(connection: Connection, turns: Turns, failure: TurnFailed) -> bool:
    """Whether the message is out of the way for good; it may be that only a connection was lost."""
    if turns.put_off(connection, failure.conversation_id, failure.seen):
        return False
    return (
        inbox.give_up(connection, failure.message_id, InboxState.PARKED, failure.kind, turns.now())
        is not None
    )


async def _afterwards(database: Database, turns: Turns, turn: Turn, failure: TurnFailed | None) -> Turn:
    for step in (turns.explain, turns.apologise):
        try:
            turn = await database.run(step, turn, failure)
        except Exception as error:
            _log.error(
                "not_done_after_failure",
                step=step.__name__,
                conversation=turn.conversation.id,
                exc_info=error,
            )
    return turn
