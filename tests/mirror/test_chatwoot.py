"""A Chatwoot beside the program: people there answer customers here, and nothing is lost or doubled."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from bot.conversation import ownership
from bot.conversation.worker import Worker
from bot.desk.answers import MAX_TEXT
from bot.mirror.chatwoot import client as chatwoot_client
from bot.mirror.external import ExternalError, Post
from bot.runtime.bus import Bus
from channels.contract import Attachment
from store.accounts import agents, audit
from store.conversations import conversations, suppressions
from store.conversations.memory import Memory
from store.core.database import Connection, Database
from store.tables import conversations as conversations_table
from store.tables import handoffs, messages, ownership_changes
from store.tables import mirrors as mirrors_table
from store.vocabulary import Owner, Role, Suppression
from tests.desk.shop import Actor
from tests.faults import THOROUGH
from tests.mirror.chatwoot_server import FakeChatwoot
from tests.mirror.mirrored import Shop, hurry, shop
from tests.runtime.test_files import png
from tests.speaking import part


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def mirrored(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(database, tmp_path) as one:
        yield one


async def test_from_the_request_to_the_end(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("hello")
    assert not there.conversations  # the bot gets on by itself
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and len(there.seen()) == 3)
    note, asked, answered = there.seen()
    assert note.startswith("# What it is about: ") and "Customer: hello" in note and "re hello" in note
    assert asked == "> person please"
    assert answered.startswith("# Assistant: re person please") and there.status() == "open"
    assert mirrored.owner() == "queue"

    await there.say("Hello, this is Rita.")
    await mirrored.until(lambda: "agent: Hello, this is Rita." in mirrored.said())
    assert mirrored.owner() == "human" and mirrored.conversation().agent_id is None
    assert mirrored.entries()[-1].author_name == "Rita"
    assert "system: utter_person_joined (en) Rita" in mirrored.said()

    await mirrored.write("my parcel is wet")
    await mirrored.until(lambda: there.seen()[-1] == "> my parcel is wet")
    await there.say("customer seems upset", private=True)
    await there.say("I send another one.")
    await mirrored.until(lambda: mirrored.said()[-1] == "agent: I send another one.")
    assert not any("upset" in one or one.startswith("bot: re my") for one in mirrored.said())

    await there.turn("resolved")
    await mirrored.until(lambda: mirrored.owner() == "closed")
    assert mirrored.said()[-1] == "system: utter_conversation_closed (en)"
    assert there.answers and set(there.answers) == {200}
    done = [(one.who, one.action) for one in mirrored.run(audit.entries)]
    assert done == [("chatwoot", "closed"), ("chatwoot:Rita", "replied"), ("chatwoot:Rita", "replied")]
    # The bot is there again, and a new request goes to the same conversation.
    await mirrored.write("thanks")
    assert mirrored.said()[-1] == "bot: re thanks" and mirrored.owner() == "bot"
    await mirrored.write("person again")
    await mirrored.until(
        lambda: there.status() == "open" and there.seen()[-1].startswith("# Assistant: re p")
    )
    assert "> person again" in there.seen() and "> thanks" not in there.seen()
    assert any(one.startswith("# What") and "Customer: thanks" in one for one in there.seen())
    assert len(there.conversations) == len(there.contacts) == 1
    assert len([one for one in mirrored.said() if "I send another" in one]) == 1


async def test_the_same_by_sms(mirrored: Shop) -> None:
    there, phone = mirrored.chatwoot, "+37060000001"
    await mirrored.twilio.say(phone, "person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    assert [one["name"] for one in there.contacts.values()] == [phone]
    await there.say("This is Rita.")
    bubbles = mirrored.twilio.thread(phone).bubbles
    await mirrored.until(lambda: any("This is Rita." in one.text for one in bubbles))
    await mirrored.twilio.say(phone, "finally")
    await mirrored.until(lambda: there.seen()[-1] == "> finally")
    await there.turn("resolved")
    await mirrored.until(lambda: "utter_conversation_closed" in bubbles[-1].text)
    assert mirrored.conversation(phone, "sms").owner == "closed"


async def test_what_did_not_reach_the_customer_is_shown_there(mirrored: Shop) -> None:
    there, phone = mirrored.chatwoot, "+37060000001"
    await mirrored.twilio.say(phone, "person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    mirrored.run(lambda c: suppressions.add(c, "sms", phone, Suppression.STOPPED, datetime.now(UTC)))
    message = await there.say("Are you there?")
    await mirrored.until(lambda: message["status"] == "failed")
    assert message["content_attributes"]["external_error"] == "nothing may be sent to this customer"
    endless = await there.say("x" * (MAX_TEXT + 1))
    await mirrored.until(lambda: endless["status"] == "failed")
    assert not any("Are you" in one.text for one in mirrored.twilio.thread(phone).bubbles)
    reported = there.calls[f"PATCH {message['id']}"]
    await asyncio.sleep(0.5)
    assert there.calls[f"PATCH {message['id']}"] == reported == 1  # said once


async def test_back_to_the_bot(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    await there.say("The bot will help you.")
    await there.turn("pending")
    await mirrored.until(lambda: mirrored.owner() == "bot")
    assert mirrored.said()[-1] == "bot: utter_back_from_person (en)"
    assert mirrored.conversation().memory == Memory({"order": "10234"})  # no open question is left
    await mirrored.write("where is it")
    assert mirrored.said()[-1] == "bot: re where is it" and mirrored.owner() == "bot"
    # Someone there takes it again, by opening it or by answering.
    await there.turn("open")
    await mirrored.until(lambda: mirrored.owner() == "human")
    await mirrored.write("hello?")
    await mirrored.until(lambda: there.seen()[-1] == "> hello?")
    assert "bot: re hello?" not in mirrored.said()
    await there.turn("resolved")
    await mirrored.until(lambda: mirrored.owner() == "closed")
    await there.say("One more thing.")
    await mirrored.until(lambda: mirrored.owner() == "human" and there.status() == "open")
    assert "agent: One more thing." in mirrored.said()


async def test_both_desks(mirrored: Shop) -> None:
    there, desk = mirrored.chatwoot, mirrored.program.service.desk
    service = mirrored.program.service
    ours = mirrored.run(
        lambda c: Actor(
            agents.add(c, "anna@linden.example", "Anna", Role.AGENT, password="!", state="online")
        )
    )
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    number = mirrored.conversation().id
    await service.act(desk.claim, ours, number)
    await service.act(desk.reply, ours, number, "1", "Anna here.")
    await mirrored.until(lambda: there.seen()[-1] == "# Anna: Anna here.")
    assert "# System: utter_person_joined (en) Anna" in there.seen()
    # Whoever answers has it.
    await there.say("I know this customer.")
    await mirrored.until(lambda: mirrored.said()[-1] == "agent: I know this customer.")
    assert mirrored.owner() == "human" and mirrored.conversation().agent_id is None
    await service.act(desk.claim, ours, number)
    await service.act(desk.close, ours, number, "answered", "Good bye.")
    await mirrored.until(lambda: there.status() == "resolved")
    assert there.seen()[-3:-1] == ["# Anna: Good bye.", "# System: utter_conversation_closed (en)"]
    assert mirrored.owner() == "closed"
    [*_, last] = mirrored.run(lambda c: list(c.execute(select(ownership_changes.c.by))))
    assert last.by == f"agent:{ours.agent.id}"
    assert mirrored.said().count("system: utter_conversation_closed (en)") == 1


async def test_webhooks_that_are_lost(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    there.trouble.lose = True
    messages = [await there.say(f"answer {number}") for number in range(25)]
    await mirrored.until(lambda: "agent: answer 24" in mirrored.said())
    assert [one for one in mirrored.said() if one.startswith("agent")] == [
        f"agent: answer {number}" for number in range(25)
    ]
    # Chatwoot thought that they were lost; it is told otherwise.
    await mirrored.until(lambda: {one["status"] for one in messages} == {"sent"})
    await there.turn("resolved")
    await mirrored.until(lambda: mirrored.owner() == "closed")
    await there.say("PS: goodbye")
    await mirrored.until(lambda: "agent: PS: goodbye" in mirrored.said())


async def test_chatwoot_is_down_for_a_while(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    there.trouble.down = True
    await mirrored.write("person please")
    await mirrored.write("it is urgent")
    await mirrored.until(lambda: there.calls["GET search"] > 2)
    there.trouble.down = False
    await mirrored.until(lambda: there.conversations and "> it is urgent" in there.seen())
    there.trouble.down = True
    await mirrored.write("one")
    await mirrored.write("two")
    await there.say("Rita here.")  # the webhook comes through, the question what it was doesn't
    before = there.calls.total()
    await mirrored.until(lambda: there.calls.total() > before + 3)
    there.trouble.down = False
    await mirrored.until(lambda: "> two" in there.seen() and "agent: Rita here." in mirrored.said())
    words = [one for one in there.seen() if one.startswith(">")]
    assert words == ["> person please", "> it is urgent", "> one", "> two"]
    counted = Counter(there.seen() + mirrored.said())
    assert counted["agent: Rita here."] == 1
    assert sum(one.startswith("# What") for one in there.seen()) == 1


@pytest.mark.parametrize("trouble", [[429] * 3, [500, 502, 503] * 2, [401, 403], [422] * 3])
async def test_answers_that_are_no_help(
    mirrored: Shop, trouble: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chatwoot_client, "REFUSED_WAIT", 0.05)
    there = mirrored.chatwoot
    there.trouble.statuses = list(trouble)
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    there.trouble.statuses = list(trouble)
    for number in range(5):
        await mirrored.write(f"m{number}")
    await there.say("Rita here.")
    await mirrored.until(lambda: "> m4" in there.seen() and "agent: Rita here." in mirrored.said())
    assert [one for one in there.seen() if one.startswith("> m")] == [f"> m{n}" for n in range(5)]
    assert mirrored.said().count("agent: Rita here.") == 1


async def test_writes_that_are_taken_but_not_answered(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    there.trouble.drops = 4  # contact, conversation, request, first words
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and any("re person" in one for one in there.seen()))
    there.trouble.drops = 1
    await mirrored.write("one")
    await mirrored.write("two")
    await mirrored.until(lambda: there.seen()[-1] == "> two")
    assert len(there.contacts) == len(there.conversations) == 1
    counted = Counter(there.seen())
    assert set(counted.values()) == {1} and len(counted) == 6, counted
    there.trouble.drops = 1
    with_us = mirrored.conversation().id
    mirrored.run(lambda c: c.execute(handoffs.update().values(open=False)))
    mirrored.run(lambda c: _close(c, mirrored, with_us))
    await mirrored.until(lambda: there.status() == "resolved")
    await asyncio.sleep(0.5)
    assert mirrored.owner() == "closed"


def _close(connection: Connection, mirrored: Shop, conversation_id: int) -> None:
    held = conversations.lock(connection, conversation_id)
    assert held
    ownership.change(connection, held, Owner.CLOSED, by="test", why="test", at=datetime.now(UTC))


async def test_a_process_dies_after_each_write(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was written there and not noted here is not written again."""
    fake = FakeChatwoot()
    async with shop(database, tmp_path, fake, start=False) as one:
        mirroring = one.program.mirroring
        assert mirroring
        desk, worker = mirroring._desk, part(one.program, Worker)
        bus = part(one.program, Bus)
        await bus.start()
        await desk.start()
        await worker.start()
        real = desk.post

        async def dies(external_id: str, post: Post) -> None:
            await real(external_id, post)
            raise ExternalError("and then it was killed")

        monkeypatch.setattr(desk, "post", dies)
        await one.write("hello")
        await one.write("person please")
        for number in range(12):
            one.run(lambda c: c.execute(mirrors_table.update().values(due_at=datetime.now(UTC))))
            await mirroring.step()
            if number == 5:
                await one.write("still there?")
        assert Counter(fake.seen()).most_common(1)[0][1] == 1
        assert [text[:20] for text in fake.seen()[1:]] == [
            "> person please",
            "# Assistant: re pers",
            "> still there?",
            "# Assistant: utter_w",
        ]
        await desk.stop()
        await worker.stop()
        await bus.stop()


async def test_the_customer_writes_while_it_is_ended_there(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    await there.say("Rita here.")
    await mirrored.until(lambda: mirrored.owner() == "human")
    for number in range(3):
        await asyncio.gather(there.turn("resolved"), mirrored.write(f"wait {number}"))
        await asyncio.sleep(0.4)
        # Either it went there, and is open; or it came after the end, and the bot has answered it.
        words, bot = f"> wait {number}", f"bot: re wait {number}"
        await mirrored.until(lambda: (words in there.seen()) != (bot in mirrored.said()))  # noqa: B023
        if mirrored.owner() != "human":
            await there.turn("open")
            await mirrored.until(lambda: mirrored.owner() == "human")
        assert there.status() == "open"


async def test_words_that_nobody_has_read_there_open_it_again(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    await there.say("Rita here.")
    await mirrored.until(lambda: mirrored.owner() == "human")
    there.trouble.down = True
    await mirrored.write("no, wait")
    await there.turn("resolved")
    there.trouble.down = False
    await mirrored.until(lambda: "> no, wait" in there.seen())
    await mirrored.until(lambda: there.status() == "open")
    await asyncio.sleep(0.5)
    assert mirrored.owner() == "human" and there.status() == "open"


async def test_files_go_along_in_their_order(mirrored: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    there = mirrored.chatwoot
    channel: Any = next(iter(mirrored.program.channels))
    asked = asyncio.Event()

    async def fetch(_attachment: Attachment, _most: int) -> bytes:
        await asked.wait()
        return png()

    monkeypatch.setattr(channel, "fetch", fetch)
    phone = "+37060000001"
    await mirrored.twilio.attach(phone, "p.png", "image/png", png(), "look, it is broken")
    await mirrored.twilio.say(phone, "person please")
    await mirrored.twilio.attach(phone, "q.png", "image/png", png(), "and this")
    await mirrored.twilio.say(phone, "please")
    await mirrored.until(lambda: there.conversations)
    await asyncio.sleep(0.3)
    assert there.seen() == []
    asked.set()
    await mirrored.until(lambda: "> please" in there.seen())
    words = [one for one in there.seen() if one.startswith(">")]
    assert words == ["> person please", "> and this", "> please"]
    assert there.uploads == [png(), png()]
    [first, *_] = there.messages[there.only]
    assert first["private"] and first["attachments"]  # what came before the request


async def test_files_that_are_refused_hold_nothing_up(mirrored: Shop) -> None:
    there, phone = mirrored.chatwoot, "+37060000001"
    there.trouble.no_files = True
    await mirrored.twilio.say(phone, "person please")
    await mirrored.twilio.attach(phone, "q.png", "image/png", png(), "look")
    await mirrored.twilio.say(phone, "did you?")
    await mirrored.until(lambda: there.conversations and "> did you?" in there.seen())
    words = [one for one in there.seen() if one.startswith(">")]
    assert words == ["> person please", "> look\n[file.png]", "> did you?"]


async def test_only_people_are_passed_on(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    for sender in (None, {"type": "agent_bot", "name": "Bot"}, {"type": "captain_assistant"}, "x", {}):
        message = there._add(there.only, "outgoing", "from a machine", sender=sender)
        await there._tell_message(message)
    await there.say("from a rule", content_attributes={"automation_rule_id": 4})
    await there.say("Gone", content_attributes={"deleted": True})
    await there.say("ours", source_id="aftercare:1:99999:h5")
    await there.say("elsewhere", source_id="aftercare:99:1")
    there._add(there.only, "template", "How were we?")
    attachment = {"data_url": "https://chatwoot.example/label.pdf"}
    bad = [{"data_url": "javascript:alert(1)"}, {}, None, {"data_url": ["x"]}]
    await there.say("\x00Here\ud800\r\nit is", name="\n Rita\x07 ", attachments=[attachment, *bad])
    await mirrored.until(lambda: any("Here" in one for one in mirrored.said()))
    assert mirrored.said()[-1] == "agent: Here\nit is\nhttps://chatwoot.example/label.pdf"
    assert mirrored.entries()[-1].author_name == "Rita"
    assert sum(one.startswith("agent") for one in mirrored.said()) == 1


async def test_a_conversation_that_was_deleted_there(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    await there.say("Rita here.")
    await mirrored.until(lambda: "agent: Rita here." in mirrored.said())
    there.conversations.clear()
    there.messages.clear()
    await mirrored.write("where did you go?")
    await mirrored.until(lambda: there.conversations and "> where did you go?" in there.seen())
    assert there.seen()[0].startswith("# What it is about")
    assert mirrored.said().count("agent: Rita here.") == 1


async def test_another_chatwoot_has_other_conversations_under_the_same_numbers(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and len(there.seen()) == 3)

    def free() -> bool:
        return mirrored.run(lambda c: c.execute(select(mirrors_table.c.leased_until)).scalar()) is None

    await mirrored.until(free)
    # It is set up anew: under Anna's number stands Ben.
    number = there.only
    there.contacts.clear()
    ben = {"id": 1, "name": "Ben", "identifier": "web:default:ben"}
    there.contacts[1] = ben
    there.conversations[number] |= {
        "contact_id": 1,
        "custom_attributes": {"aftercare": "web:default:ben"},
        "meta": {"sender": ben},
    }
    there.messages[number].clear()
    await there.say("Dear Ben, your code is 1234.", to=number)
    await mirrored.write("hello?")
    await mirrored.until(lambda: len(there.conversations) == 2)
    new = max(there.conversations)
    await mirrored.until(lambda: "> hello?" in there.seen(new))
    assert there.seen(number) == ["< Dear Ben, your code is 1234."]
    assert not any("Ben" in one for one in mirrored.said())
    # Contacts may be merged: the conversation stays the customer's.
    there.conversations[new]["meta"] = {"sender": {**ben, "identifier": "merged"}}
    await there.say("Hello Anna.", to=new)
    await mirrored.until(lambda: "agent: Hello Anna." in mirrored.said())
    assert len(there.conversations) == 2


async def test_what_is_quiet_is_looked_at_more_seldom(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    await there.turn("resolved")
    await mirrored.until(lambda: mirrored.owner() == "closed")
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)

    def age(connection: Connection) -> None:
        connection.execute(messages.update().values(created_at=long_ago))
        connection.execute(ownership_changes.update().values(at=long_ago))
        connection.execute(conversations_table.update().values(created_at=long_ago))

    mirrored.run(age)
    await mirrored.until(
        lambda: mirrored.run(lambda c: c.execute(select(mirrors_table.c.due_at)).scalar()) is None
    )
    calls = there.calls.total()
    await asyncio.sleep(0.4)
    assert there.calls.total() == calls
    # But a webhook still brings it to mind.
    await there.say("Rita here.")
    await mirrored.until(lambda: "agent: Rita here." in mirrored.said())


async def test_two_processes_share_the_work(database: Database, tmp_path: Path) -> None:
    if database.is_sqlite:
        pytest.skip("one process has an SQLite")
    fake = FakeChatwoot()
    async with shop(database, tmp_path, fake) as one:
        other = Database(database.engine.url.render_as_string(hide_password=False))
        async with shop(other, tmp_path, FakeChatwoot(), start=False) as second:
            assert second.program.mirroring and one.program.mirroring
            mirroring = second.program.mirroring
            for part in (mirroring, mirroring._arrivals, mirroring._departures):
                part._desk = one.program.mirroring._desk
            await second.program.mirroring._loop.start()
            for number in range(6):
                await asyncio.gather(*(one.write(f"person {number}", f"c{who}") for who in range(4)))
            await one.until(lambda: len(fake.conversations) == 4)
            for place in fake.conversations:
                await asyncio.gather(*(fake.say(f"answer {n}", to=place) for n in range(5)))
            await one.until(
                lambda: all(
                    sum(text.startswith("agent") for text in one.said(f"c{who}")) == 5 for who in range(4)
                )
            )
            await one.until(lambda: all("> person 5" in fake.seen(place) for place in fake.conversations))
            await second.program.mirroring._loop.stop(patience=None)
            await asyncio.gather(*second.program.mirroring._pool.tasks)
        other.close()
        for place in fake.conversations:
            customers = [text for text in fake.seen(place) if text.startswith(">")]
            assert customers == [f"> person {number}" for number in range(6)]


@pytest.mark.parametrize("seed", range(8 if THOROUGH else 2))
async def test_whatever_happens_nothing_is_lost_or_doubled(mirrored: Shop, seed: int) -> None:
    """Customers, people there and faults in any order; then all is well again, and everything is counted."""
    there, random = mirrored.chatwoot, Random(seed)
    wrote: list[str] = []
    answered: list[str] = []

    async def customer() -> None:
        wrote.append(f"{random.choice(['person', 'hm'])} c{len(wrote)}")
        await mirrored.write(wrote[-1])

    async def person() -> None:
        answered.append(f"answer {len(answered)}")
        await there.say(answered[-1])

    async def turn() -> None:
        await there.turn(random.choice(["open", "resolved", "resolved", "pending"]))

    async def fault() -> None:
        kind = random.randrange(5)
        there.trouble.down = kind == 0
        there.trouble.lose = kind == 1
        there.trouble.statuses = [random.choice([429, 500, 502]) for _ in range(3)] if kind == 2 else []
        there.trouble.drops = int(kind == 3)

    await mirrored.write("person please")
    await mirrored.until(lambda: there.conversations and "> person please" in there.seen())
    for _ in range(25):
        steps = random.choices([customer, person, turn, fault], [4, 3, 2, 2], k=random.randint(1, 3))
        await asyncio.gather(*(step() for step in dict.fromkeys(steps)))
        await asyncio.sleep(random.choice([0, 0.05, 0.3]))
    there.trouble = type(there.trouble)()
    await there.turn("open")
    await person()
    await mirrored.write("person at last")
    wrote.append("person at last")

    def complete() -> bool:
        return "> person at last" in there.seen() and f"agent: {answered[-1]}" in mirrored.said()

    await mirrored.until(complete)
    await asyncio.sleep(0.5)
    here, seen = mirrored.said(), Counter(there.seen())
    assert [one for one in here if one.startswith("agent")] == [f"agent: {one}" for one in answered]
    for one in wrote:
        assert here.count(f"customer: {one}") == 1
        by_bot, by_people = here.count(f"bot: re {one}"), seen[f"> {one}"]
        assert by_bot <= 1 and by_people <= 1 and by_bot + by_people >= 1, (one, by_bot, by_people)
    assert max(seen.values()) == 1 or all("utter" in one or "was" in one for one, n in seen.items() if n > 1)
    order = [one for one in there.seen() if one.startswith("> ")]
    assert order == sorted(order, key=lambda one: wrote.index(one[2:]) if one[2:] in wrote else -1)
