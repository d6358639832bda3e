"""Whether what came back from the shop's own account was written by a machine: a greeting, an away message, a
broadcast. Providers don't tell; a machine is too quick for a person, or says the same to many.

In doubt it was a person: then the assistant is silent for a while, and nobody is talked over.
"""

from datetime import datetime, timedelta

from channels.contract import HumanEcho
from store.conversations import echoes, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.core import timers
from store.core.database import Connection
from store.vocabulary import Author

KIND = "automatic_replies"  # of the timer by which admins are told

QUICK = timedelta(seconds=2)  # nobody reads and answers in so short a time
SOON = timedelta(seconds=5)  # nor anybody the same, again and again
MANY = 3  # others who got the same within a day
PAUSE = timedelta(hours=1)  # without a word: what is said then begins a new talk
LOOKED_BACK = 20  # messages


def is_automatic(connection: Connection, conversation: Conversation, echo: HumanEcho) -> bool:
    """Whether an answer that we didn't give is no person's."""
    others = echoes.note(connection, conversation, echo.text, echo.at)
    if echo.automatic:
        return True
    waited = _waited(_recent(connection, conversation), echo.at)
    if waited is not None and waited <= QUICK:
        return True
    return others >= MANY and (waited is None or waited <= SOON)


def was_automatic(connection: Connection, conversation: Conversation, at: datetime) -> bool:
    """Whether what the shop said last looks automatic now that the customer's message of `at` is here, which
    began the talk and came after its answer."""
    said = _recent(connection, conversation)
    last = said[-1] if said else None
    if last is None or last.author != Author.AGENT or not at <= last.at <= at + QUICK:
        return False
    return all(one.at < at - PAUSE for one in said[:-1])


def report(connection: Connection, conversation: Conversation, at: datetime) -> None:
    """Has the shop's admins told that another program answers on this account."""
    timers.schedule(connection, KIND, f"{conversation.channel}:{conversation.account}", at)


def _recent(connection: Connection, conversation: Conversation) -> list[Entry]:
    first = max(0, conversation.last_seq - LOOKED_BACK)
    talk = transcript.after(connection, conversation.id, first)
    # Not what came with this very transaction.
    known = [one for one in talk if one.seq <= conversation.last_seq]
    return [one for one in known if one.author in (Author.CUSTOMER, Author.AGENT)]


def _waited(said: list[Entry], at: datetime) -> timedelta | None:
    """How long the customer had waited for a person at a moment, since they began to write; None for who
    hadn't written."""
    began = None
    for one in reversed(said):
        if one.author == Author.AGENT or (began or at) - one.at > PAUSE:
            break
        began = one.at
    return at - began if began else None
