"""How urgent a public remark is, and whether the assistant may answer it: from its words alone."""

from dataclasses import replace

from actions import intents
from actions.intents import Kind
from bot.assistant.protocol import Assistant, Reply, Understanding
from bot.conversation.public.exposure import exposes
from bot.handoff.triggers import SURE, Call, Said, Triggers
from bot.shop.handoff_rules import PRIORITIES
from store.vocabulary import Mood, Reason

# How sure an answer must be that everybody reads.
SURE_IN_PUBLIC = 0.8


def judge(heard: Understanding, triggers: Triggers) -> Call:
    """Why a person is needed and how soon: a complaint, a problem with goods, anger or danger soon; a plain
    remark or praise for the one reason that it is public."""
    said = Said(heard.text, heard.language, heard.intent, heard.confidence)
    call = triggers.decide(said) or triggers.call(
        Reason.PUBLIC, said, triggers.mood([heard.text], heard.language)
    )
    meaning = intents.of(heard.intent)
    problem = meaning.begins_case and heard.confidence >= SURE
    upset = triggers.mood([heard.text], heard.language) != Mood.CALM
    if call.reason != Reason.PUBLIC or problem or upset:
        return replace(call, priority=max(call.priority, PRIORITIES["high"]))
    return call


def answer(heard: Understanding, call: Call, assistant: Assistant) -> Reply | None:
    """The answer of the FAQ, word for word, if nothing but that was asked. The dialogue core never hears what
    is public: nothing can be proven, looked up or changed."""
    asked = intents.of(heard.intent).kind is Kind.QUESTION
    if not asked or heard.confidence < SURE_IN_PUBLIC or call.reason != Reason.PUBLIC or call.priority:
        return None
    if exposes(heard.text):
        return None
    return Reply(assistant.say(f"utter_{heard.intent}", heard.language).text)
