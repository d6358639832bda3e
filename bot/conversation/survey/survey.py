"""The question how it was, once a person's work is done, and what customers answer to it.

Closed stays closed for a score and a word about it. A score is a pressed button, at any time, or typed
while nothing else was said. After it, the next words count as a remark, unless they are a request.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from actions import intents
from actions.intents import Intent
from bot.assistant.protocol import Assistant, Reply
from bot.conversation.survey import score
from bot.conversation.words.courtesy import meaning as meaning_of
from store.conversations.conversations import Conversation
from store.conversations.inbox import Waiting
from store.conversations.payload import Payload
from store.core import events
from store.core.database import Connection
from store.core.events import SurveyAnswered
from store.handoffs import surveys
from store.handoffs.surveys import Survey
from store.vocabulary import Owner, SurveyState

NOT_AGAIN = timedelta(hours=24)  # is a customer asked
WITHIN = timedelta(days=7)  # of the question counts what is typed
REMARK_WITHIN = timedelta(days=1)  # of the score
_SORRY_UP_TO = 3


def question(
    connection: Connection,
    assistant: Assistant,
    conversation: Conversation,
    handoff_id: int | None,
    agent_id: int | None,
    at: datetime,
    *,
    buttons: bool,
) -> Reply | None:
    """The question to a customer who can be reached, noted as asked; None for one whom no person has answered
    or who was asked lately. Without `buttons` it asks for a digit."""
    if not surveys.served(connection, conversation.id):
        return None
    if surveys.asked_since(connection, conversation, at - NOT_AGAIN):
        return None
    survey_id = surveys.add(connection, conversation.id, handoff_id, agent_id, at)
    if not buttons:
        return Reply(assistant.say("utter_survey_by_digit", conversation.language).text)
    choices = [
        {"intent": Intent.RATE, "entities": {"survey": str(survey_id), "score": str(n)}, "title": f"{n} ★"}
        for n in range(1, surveys.BEST + 1)
    ]
    return assistant.say("utter_survey", conversation.language, {"choices": choices})


def hear(
    connection: Connection,
    assistant: Assistant,
    conversation: Conversation,
    waiting: Waiting,
    pressed: Payload | None,
    at: datetime,
) -> tuple[Reply, ...] | None:
    """What is said to a message that answers the question; None for a message that doesn't."""
    answer = _Answer(connection, assistant, conversation, at)
    if pressed and pressed.intent == Intent.RATE:
        return answer.press(pressed.entities)
    if conversation.owner != Owner.CLOSED:
        return None
    one = surveys.latest(connection, conversation.id)
    if one is None:
        return None
    replies = answer.type(one, waiting.text) if pressed is None and not waiting.command else None
    if replies is None:
        surveys.finish(connection, conversation.id)
    return replies


def is_request(assistant: Assistant, text: str) -> bool:
    """Whether words behind a score want something, so that they are no remark. A question taken for a remark
    would stay without an answer: that is worse than a lost remark."""
    return _wants(text, meaning_of(assistant, text))


def _wants(text: str, meaning: str | None) -> bool:
    return "?" in text or (meaning is not None and not intents.of(meaning).remark)


class _Answer:
    """To one question, at one moment."""

    def __init__(
        self, connection: Connection, assistant: Assistant, conversation: Conversation, at: datetime
    ) -> None:
        self._connection = connection
        self._assistant = assistant
        self._conversation = conversation
        self._at = at

    def press(self, entities: Mapping[str, str]) -> tuple[Reply, ...]:
        one = surveys.get(self._connection, self._conversation.id, int(entities["survey"]))
        return self._rate(one, int(entities["score"])) if one else ()

    def type(self, one: Survey, text: str) -> tuple[Reply, ...] | None:
        """What is typed to a question that waits for a score or for words."""
        if one.state == SurveyState.DONE or self._at > one.asked_at + WITHIN:
            return None
        found = score.read(text)
        if found:
            replies = self._rate(one, found[0])
            return self._remark(one, found[1]) if found[1] else replies
        if one.state == SurveyState.ASKED:
            return self._courtesy(text)
        late = one.answered_at is not None and self._at > one.answered_at + REMARK_WITHIN
        return None if late else self._remark(one, text)

    def _rate(self, one: Survey, given: int) -> tuple[Reply, ...]:
        """A first score is thanked for, with an invitation to say more where nobody else is talking; a better
        thought replaces it, and the same once more changes nothing."""
        if one.score == given:
            return ()
        closed = self._conversation.owner == Owner.CLOSED
        first = one.score is None
        state = one.state
        if first:
            state = SurveyState.COMMENTING if closed else SurveyState.DONE
        surveys.rate(self._connection, one.id, given, state, self._at)
        self._tell()
        if self._conversation.owner in (Owner.QUEUE, Owner.HUMAN):
            return ()  # the bot is silent beside people
        if not (first and closed):
            return (self._say("utter_survey_thanks"),)
        return (self._say("utter_survey_sorry" if given <= _SORRY_UP_TO else "utter_survey_remark"),)

    def _courtesy(self, text: str) -> tuple[Reply, ...] | None:
        """Thanks and a farewell are answered, and the question stays open."""
        meaning = meaning_of(self._assistant, text)
        return (self._say(f"utter_{meaning}"),) if meaning and intents.of(meaning).courtesy else None

    def _remark(self, one: Survey, text: str) -> tuple[Reply, ...] | None:
        """Keeps words about the score; None for words that want something else."""
        meaning = meaning_of(self._assistant, text)
        if _wants(text, meaning):
            return None
        if meaning == Intent.DENY:
            surveys.finish(self._connection, self._conversation.id)  # "no, thanks"
            return (self._say("utter_survey_thanks"),)
        surveys.comment(self._connection, one.id, text)
        self._tell()
        return (self._say("utter_survey_thanks"),)

    def _say(self, response: str) -> Reply:
        return self._assistant.say(response, self._conversation.language)

    def _tell(self) -> None:
        events.publish(self._connection, SurveyAnswered(self._conversation.id))
