"""The question after a person's work: when it is asked, what counts as its answer, and what does not."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.conversation.survey import score, survey
from channels.splitting import Capabilities
from store.conversations import outbox, proofs, suppressions
from store.conversations.transcript import Entry
from store.core.database import Database
from store.handoffs import surveys
from store.handoffs.surveys import Survey
from store.tables import surveys as table
from tests.desk.shop import Actor, Shop
from tests.desk.test_races import Killed, killed_at

ABLE = {
    "sms": Capabilities(text=640),
    "messenger": Capabilities(
        text=2000, buttons=13, window=timedelta(hours=24), human_window=timedelta(days=7)
    ),
}
ANNA = "+37061111111"


class Talk:
    """One customer whom an agent serves."""

    def __init__(self, database: Database, channel: str = "web", address: str = "anna") -> None:
        self.shop = Shop(database, ABLE)
        self.who = self.shop.agent("Anna")
        self.channel, self.address = channel, address
        self.id = self.say("person")

    def say(self, text: str, **more: Any) -> int:
        place = self.shop.write(text, self.address, self.channel, **more)
        self.shop.work()
        return place.conversation_id

    def do(self, work: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with self.shop.database.write() as connection:
            return work(connection, *args, **more)

    def serve(self, text: str | None = "hello", *, ask: bool = True, who: Actor | None = None) -> None:
        """An agent takes the conversation, answers, and closes it."""
        who = who or self.who
        self.shop.now += timedelta(minutes=1)
        self.do(self.shop.desk.claim, who, self.id)
        if text:
            self.do(self.shop.desk.reply, who, self.id, f"k{self.last.seq}", text)
        self.do(self.shop.desk.close, who, self.id, "answered", ask=ask)

    def token(self, given: int) -> str:
        """Of a button of the last question."""
        asked = [one for one in self.shop.transcript(self.id) if one.text.startswith("utter_survey (")]
        return asked[-1].buttons[given - 1]["token"]

    def press(self, given: int, **more: Any) -> None:
        self.say("", press=self.token(given), **more)

    @property
    def last(self) -> Entry:
        return self.shop.transcript(self.id)[-1]

    @property
    def owner(self) -> str:
        return self.shop.get(self.id).owner

    @property
    def survey(self) -> Survey | None:
        with self.shop.database.read() as connection:
            return surveys.latest(connection, self.id)

    @property
    def result(self) -> tuple[str, int | None, str | None]:
        one = self.survey
        assert one
        return one.state, one.score, one.comment

    def count(self) -> int:
        with self.shop.database.read() as connection:
            found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return found


@pytest.fixture
def talk(database: Database) -> Talk:
    return Talk(database)


# --- asking ----------------------------------------------------------------------------------------


def test_the_customer_is_asked_after_the_closing_words(talk: Talk) -> None:
    talk.serve()
    closing, asked = talk.shop.transcript(talk.id)[-2:]
    assert (closing.text, asked.text) == ("utter_conversation_closed (en)", "utter_survey (en)")
    assert [one["title"] for one in asked.buttons] == ["1 ★", "2 ★", "3 ★", "4 ★", "5 ★"]
    one = talk.survey
    assert one and (one.state, one.score, one.agent_id) == ("asked", None, talk.who.agent.id)
    assert talk.owner == "closed"


def test_an_sms_asks_for_a_digit(database: Database) -> None:
    talk = Talk(database, "sms", ANNA)
    talk.serve()
    assert (talk.last.text, talk.last.buttons) == ("utter_survey_by_digit (en)", [])
    talk.say("4")
    assert (talk.result, talk.owner) == (("commenting", 4, None), "closed")


def test_who_was_not_answered_by_a_person_is_not_asked(talk: Talk) -> None:
    talk.serve(None)
    assert talk.survey is None
    # Neither for an answer of another time.
    talk.say("hello again")
    talk.serve(ask=False)
    talk.shop.now += timedelta(minutes=1)
    talk.say("person")
    talk.serve(None)
    assert talk.survey is None


def test_last_words_are_an_answer(talk: Talk) -> None:
    talk.do(talk.shop.desk.claim, talk.who, talk.id)
    talk.do(talk.shop.desk.close, talk.who, talk.id, "answered", "Done, bye", ask=True)
    assert talk.survey


def test_the_agent_may_leave_it_out(talk: Talk) -> None:
    talk.serve(ask=False)
    assert talk.survey is None
    assert talk.last.text == "utter_conversation_closed (en)"


def test_nobody_is_asked_twice_in_a_day(talk: Talk) -> None:
    talk.serve()
    talk.say("person")
    talk.shop.now += survey.NOT_AGAIN - timedelta(minutes=5)
    talk.serve()
    assert talk.count() == 1
    talk.say("person")
    talk.shop.now += timedelta(hours=25)
    talk.serve()
    assert talk.count() == 2


def test_the_same_customer_on_another_channel_is_not_asked_again(talk: Talk) -> None:
    talk.do(proofs.succeed, talk.id, "anna@example.com")
    talk.serve()
    other = talk.shop.talk("person", address=ANNA, channel="sms")
    talk.do(proofs.succeed, other, "anna@example.com")
    stranger = talk.shop.talk("person", address="+37062222222", channel="sms")
    for one in (other, stranger):
        talk.do(talk.shop.desk.claim, talk.who, one)
        talk.do(talk.shop.desk.close, talk.who, one, "answered", "bye", ask=True)
    with talk.shop.database.read() as connection:
        assert surveys.latest(connection, other) is None
        assert surveys.latest(connection, stranger)


def test_who_wants_no_messages_is_not_asked(database: Database) -> None:
    talk = Talk(database, "sms", ANNA)
    talk.do(talk.shop.desk.claim, talk.who, talk.id)
    talk.do(talk.shop.desk.reply, talk.who, talk.id, "k", "hello")
    talk.do(suppressions.add, "sms", ANNA, "stopped", talk.shop.now)
    talk.do(talk.shop.desk.close, talk.who, talk.id, "answered", ask=True)
    assert talk.survey is None
    assert talk.last.text == "hello"


@pytest.mark.parametrize(("hours", "asked"), [(23, True), (25, False), (24 * 8, False)])
def test_outside_messengers_window_nobody_is_asked(database: Database, hours: int, asked: bool) -> None:
    talk = Talk(database, "messenger", "77")
    talk.do(talk.shop.desk.claim, talk.who, talk.id)
    talk.do(talk.shop.desk.reply, talk.who, talk.id, "k", "hello")
    talk.shop.now += timedelta(hours=hours)
    talk.do(talk.shop.desk.close, talk.who, talk.id, "answered", ask=True)
    assert (talk.survey is not None) == asked


def test_a_question_that_was_not_sent_is_taken_back_when_a_person_comes(database: Database) -> None:
    talk = Talk(database, "sms", ANNA)
    talk.serve()
    asked = talk.last.seq
    talk.do(talk.shop.desk.claim, talk.who, talk.id)
    with database.read() as connection:
        assert outbox.states(connection, talk.id, [asked]) == {asked: "withdrawn"}


# --- answers ---------------------------------------------------------------------------------------


def test_a_score_and_a_word_leave_it_closed(talk: Talk) -> None:
    talk.serve()
    talk.press(4)
    assert (talk.result, talk.owner) == (("commenting", 4, None), "closed")
    assert talk.last.text == "utter_survey_remark (en)"
    talk.say("quick and friendly <script>alert(1)</script>")
    assert talk.result == ("done", 4, "quick and friendly <script>alert(1)</script>")
    assert (talk.last.text, talk.owner) == ("utter_survey_thanks (en)", "closed")
    # From now on it is a conversation like others.
    talk.say("track_order please")
    assert (talk.last.text, talk.owner) == ("re track_order please", "bot")
    assert talk.result[2] == "quick and friendly <script>alert(1)</script>"


def test_a_low_score_is_regretted(talk: Talk) -> None:
    talk.serve()
    talk.press(2)
    assert talk.last.text == "utter_survey_sorry (en)"


def test_a_better_thought_replaces_a_score_and_the_same_again_changes_nothing(talk: Talk) -> None:
    talk.serve()
    talk.press(2, name="one")
    said = len(talk.shop.transcript(talk.id))
    talk.press(2, name="one")
    assert len(talk.shop.transcript(talk.id)) == said, "the provider's repetition"
    talk.press(2)
    assert (talk.result, len(talk.shop.transcript(talk.id))) == (("commenting", 2, None), said + 1)
    talk.press(5)
    assert (talk.result, talk.last.text) == (("commenting", 5, None), "utter_survey_thanks (en)")
    talk.say("4")
    assert (talk.result, talk.owner) == (("commenting", 4, None), "closed")
    talk.say("good")
    talk.press(3)
    assert (talk.result, talk.owner) == (("done", 3, "good"), "closed")


def test_a_request_is_no_remark(talk: Talk) -> None:
    talk.serve()
    talk.press(5)
    talk.say("track_order 10234")
    assert (talk.result, talk.owner) == (("done", 5, None), "bot")
    assert talk.last.text == "re track_order 10234"


@pytest.mark.parametrize(
    ("text", "command"), [("and why did it take so long?", None), ("thank you", "order 10234"), ("", "help")]
)
def test_questions_and_commands_go_to_the_bot(talk: Talk, text: str, command: str | None) -> None:
    talk.serve()
    talk.press(5)
    talk.say(text, command=command)
    assert (talk.owner, talk.result) == ("bot", ("done", 5, None))


def test_a_complaint_about_the_work_is_a_remark(talk: Talk) -> None:
    talk.serve()
    talk.press(1)
    talk.say("complaint nobody listened")
    assert (talk.result, talk.owner) == (("done", 1, "complaint nobody listened"), "closed")


def test_no_thanks_is_no_remark(talk: Talk) -> None:
    talk.serve()
    talk.press(5)
    talk.say("deny thanks")
    assert (talk.result, talk.last.text) == (("done", 5, None), "utter_survey_thanks (en)")
    assert talk.owner == "closed"


def test_a_typed_score_may_have_a_word_with_it(talk: Talk) -> None:
    talk.serve()
    talk.say("5, very kind")
    assert (talk.result, talk.owner) == (("done", 5, "very kind"), "closed")
    assert talk.last.text == "utter_survey_thanks (en)"


def test_a_score_with_a_request_counts_and_is_answered(talk: Talk) -> None:
    talk.serve()
    talk.say("5. track_order 10234")
    assert (talk.result, talk.owner) == (("done", 5, None), "bot")
    assert talk.last.text == "re 5. track_order 10234"


def test_thanks_are_answered_and_the_question_stays(talk: Talk) -> None:
    talk.serve()
    talk.say("thank you")
    assert (talk.last.text, talk.owner) == ("utter_thank (en)", "closed")
    talk.say("5")
    assert talk.result == ("commenting", 5, None)


def test_something_else_than_a_score_opens_it_again(talk: Talk) -> None:
    talk.serve()
    talk.say("hello")
    assert (talk.last.text, talk.owner) == ("re hello", "bot")
    talk.say("5")
    assert talk.last.text == "re 5", "typed among other things, it is no score"
    # A button says what it means at any time.
    talk.press(4)
    assert (talk.result, talk.last.text) == (("done", 4, None), "utter_survey_thanks (en)")
    assert talk.owner == "bot"
    talk.say("nice")
    assert talk.last.text == "re nice"


def test_beside_a_person_the_bot_only_notes_the_score(talk: Talk) -> None:
    talk.serve()
    talk.do(talk.shop.desk.claim, talk.who, talk.id)
    talk.press(3)
    assert (talk.result, talk.last.author, talk.owner) == (("done", 3, None), "customer", "human")
    talk.say("are you there")
    assert talk.last.author == "customer"


def test_a_word_that_comes_late_is_a_message_like_others(talk: Talk) -> None:
    talk.serve()
    talk.press(5)
    talk.shop.now += survey.REMARK_WITHIN + timedelta(minutes=1)
    talk.say("good")
    assert (talk.result, talk.owner) == (("done", 5, None), "bot")


def test_a_score_that_is_typed_late_is_a_message_like_others(talk: Talk) -> None:
    talk.serve()
    talk.shop.now += survey.WITHIN + timedelta(minutes=1)
    talk.say("5")
    assert (talk.result, talk.owner) == (("done", None, None), "bot")


def test_buttons_of_an_earlier_question_mean_that_one(talk: Talk) -> None:
    talk.serve()
    first = talk.token(1)
    talk.shop.now += timedelta(days=2)
    talk.say("person")
    talk.serve()
    talk.say("", press=first)
    with talk.shop.database.read() as connection:
        assert [one.score for one in surveys.answered(connection, talk.id)] == [1]
    assert talk.result == ("asked", None, None)


def test_nobody_presses_for_another_customer(talk: Talk) -> None:
    talk.serve()
    with pytest.raises(LookupError):
        talk.shop.write("", "mallory", press=talk.token(1))
    assert talk.result == ("asked", None, None)


def test_another_closing_forgets_what_was_waited_for(talk: Talk) -> None:
    talk.serve()
    talk.press(5)
    talk.do(talk.shop.desk.claim, talk.who, talk.id)
    talk.do(talk.shop.desk.close, talk.who, talk.id, "answered")
    talk.say("good")
    assert (talk.result, talk.owner) == (("done", 5, None), "bot")


# --- killed in the middle --------------------------------------------------------------------------


def test_a_killed_process_loses_and_doubles_nothing(talk: Talk) -> None:
    """Each of the three transactions, ended at every one of its statements, and then done again."""
    talk.do(talk.shop.desk.claim, talk.who, talk.id)
    talk.do(talk.shop.desk.reply, talk.who, talk.id, "k", "hello")
    killed(talk, lambda connection: talk.shop.desk.close(connection, talk.who, talk.id, "answered", ask=True))
    assert [one.text for one in talk.shop.transcript(talk.id)][-2:] == [
        "utter_conversation_closed (en)",
        "utter_survey (en)",
    ]
    talk.shop.write("", press=talk.token(4))
    killed(talk, talk.shop.turns.take_turn)
    talk.shop.write("good")
    killed(talk, talk.shop.turns.take_turn)
    assert (talk.result, talk.count(), talk.owner) == (("done", 4, "good"), 1, "closed")
    said = [one.text for one in talk.shop.transcript(talk.id)]
    assert said[-4:] == ["4 ★", "utter_survey_remark (en)", "good", "utter_survey_thanks (en)"]


def killed(talk: Talk, work: Callable[..., Any]) -> None:
    statement, done = 0, False
    while not done:
        with suppress(Killed), talk.shop.database.write() as connection, killed_at(connection, statement):
            work(connection)
            done = True
        statement += 1
    assert statement > 3


# --- scores ----------------------------------------------------------------------------------------

SCORES = [
    ("5", 5, ""), (" 5! ", 5, ""), ("5/5", 5, ""), ("4 из 5", 4, ""), ("3 stars", 3, ""),
    ("4 žvaigždutės", 4, ""),
    ("5 ★", 5, ""), ("★★★★☆", 4, ""), ("⭐️⭐️⭐️", 3, ""), ("5️⃣", 5, ""), ("５", 5, ""), ("пять", 5, ""),
    ("Бес", 5, ""), ("5-тен 4", 4, ""), ("penki", 5, ""), ("TRĪS", 3, ""), ("lima", 5, ""), ("5++", 5, ""),
    ("5, great", 5, "great"), ("1 - never again", 1, "never again"), ("4\nall good", 4, "all good"),
]  # fmt: skip
NO_SCORES = [
    "", " ", "0", "6", "10", "15", "5 days ago", "4,5", "3-4", "5.5", "10234",
    "two parcels came", "⭐⭐⭐⭐⭐⭐",
    "one of them is missing", "no", "hello", "5 5", "-5", "+37061111111", "5" * 4000, "★" * 4000, "\u0665x",
]  # fmt: skip


@pytest.mark.parametrize(("text", "given", "rest"), SCORES)
def test_scores_as_people_type_them(text: str, given: int, rest: str) -> None:
    assert score.read(text) == (given, rest)


@pytest.mark.parametrize("text", NO_SCORES)
def test_other_texts_are_no_scores(text: str) -> None:
    assert score.read(text) is None


def test_any_text_is_read() -> None:
    dice = random.Random(5)
    signs = "5 1/,.-+★⭐☆\ufe0f\u20e3\n\tпtiš()!?😀５" + chr(0x0) + chr(0xFFFF)
    for _ in range(3000):
        found = score.read("".join(dice.choices(signs, k=dice.randrange(40))))
        assert found is None or 1 <= found[0] <= 5


# --- results ---------------------------------------------------------------------------------------


def test_results_are_counted(database: Database) -> None:
    shop = Shop(database)
    anna, bert = shop.agent("Anna"), shop.agent("Bert")
    for n, (who, given) in enumerate([(anna, 5), (anna, 4), (bert, 1), (bert, None)]):
        which = shop.talk("person", address=f"v{n}")
        with database.write() as connection:
            shop.desk.claim(connection, who, which)
            shop.desk.close(connection, who, which, "answered", "bye", ask=True)
        if given:
            asked = shop.transcript(which)[-1]
            shop.write("", f"v{n}", press=asked.buttons[given - 1]["token"])
            shop.work()
    with database.read() as connection:
        found = surveys.results(connection, shop.now - timedelta(days=1))
        later = surveys.results(connection, shop.now + timedelta(days=1))
        agents = surveys.by_agent(connection, shop.now - timedelta(days=1))
    assert found == {"asked": 4, "count": 3, "average": 3.33, "scores": [1, 0, 0, 1, 1], "comments": []}
    assert later == {"asked": 0, "count": 0, "average": None, "scores": [0] * 5, "comments": []}
    assert agents == {anna.agent.id: (4.5, 2), bert.agent.id: (1.0, 1)}
