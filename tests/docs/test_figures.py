"""Figures in sentences of our pages against the constants of the code that they state."""

import re
from datetime import timedelta

import pytest

from actions import sent_code
from actions.guides import guide_talk
from bot.assistant.evaluation import data_check
from bot.conversation import sender, turns
from bot.conversation.survey import survey
from bot.desk import answers, desk_events
from bot.desk.accounts import invitations, lockout, passwords, sessions
from bot.desk.api import account_routes, message_routes
from bot.mirror import sync
from bot.mirror.chatwoot import payloads
from bot.runtime import files
from bot.runtime.mail.mail_sender import MailSender
from bot.shop import faq, phrases
from bot.shop.facts import Support
from bot.shop.guides import guide_file
from bot.web import app, file_routes
from channels import contract
from channels.messenger import channel as messenger
from channels.messenger import render
from channels.sms import segments
from channels.sms.channel import SmsChannel
from channels.telegram.channel import CAPABILITIES as TELEGRAM
from channels.web import events, identity, parse
from channels.web.config import MIN_SECRET, WebLimits
from store.conversations import outbox, throttle, visits
from store.core import database, job_queue
from store.handoffs import surveys
from store.vocabulary import ThrottleScope
from tests.docs.reading import DOCS, read, table
from tests.paths import ROOT

WORDS = {
    **dict(enumerate(["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])),
    12: "twelve",
    14: "14",
    40: "forty",
    200: "two hundred",
}
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
MEGABYTE = 1024 * 1024
FREE_TRIES = throttle.LIMITS[ThrottleScope.CONVERSATION].free
WAITS, SHARED = throttle.WAITS, throttle.LIMITS[ThrottleScope.CONTACT]
FROM_ONE = throttle.LIMITS[ThrottleScope.CONTACT_FROM]


def in_browser(path: str, pattern: str) -> int:
    """A figure of the pages' scripts."""
    (found,) = re.findall(pattern, read(ROOT / "web" / path))
    return int(found.replace("_", ""))


def default(model: type[Support], name: str) -> timedelta:
    value = model.model_fields[name].default
    assert isinstance(value, timedelta)
    return value


def mail_hours() -> int:
    """How long a mail is tried at most, in hours; chance makes it up to a half less."""
    pauses = MailSender.backoff
    return round(
        sum(min(pauses.longest, pauses.first * 2.0**n) for n in range(MailSender.max_attempts - 1)) / 3600
    )


MAIL_HOURS = mail_hours()

# A page, a sentence of it, and what stands for each {} in it.
FIGURES: list[tuple[str, str, tuple[float, ...]]] = [
    ("channels/web.md", "{} or more random characters", (MIN_SECRET,)),
    ("channels/web.md", "a token lives {} minutes at most", (identity.LIFETIME / MINUTE,)),
    (
        "channels/web.md",
        "writes nothing for {} minutes, or {} hours after the shop last vouched",
        (visits.IDLE / MINUTE, visits.LIFETIME / HOUR),
    ),
    ("channels/web.md", "at most {} KiB a request", (parse.MAX_BODY / 1024,)),
    ("channels/web.md", "oldest first, at most {};", (events.PAGE,)),
    ("channels/web.md", "`text`: 1 to {} characters", (contract.MAX_TEXT,)),
    ("channels/web.md", "A comment is sent every {} s", (events.HEARTBEAT,)),
    (
        "channels/web.md",
        "good for {} seconds",
        (in_browser("chat/chat.js", r"const TYPING = ([\d_]+)") / 1000,),
    ),
    (
        "channels/web.md",
        "fetches every {} seconds instead",
        (in_browser("shared/feed.js", r"const POLL = ([\d_]+)") / 1000,),
    ),
    (
        "channels/web.md",
        "(a list, up to {} are shown)",
        (in_browser("chat/chat.js", r"starters\(\)\.slice\(0, (\d+)\)"),),
    ),
    ("channels/sms.md", "are cut** at {} characters", (SmsChannel.capabilities.text,)),
    (
        "channels/sms.md",
        "{} plain characters, or {} with others",
        (segments.GSM_SINGLE, segments.UCS_SINGLE),
    ),
    (
        "channels/sms.md",
        "come back within {} minutes; after {} wrong tries a new one is sent",
        (sent_code.LIFETIME / MINUTE, sent_code.MAX_WRONG),
    ),
    ("channels/telegram.md", "Texts over {} units", (TELEGRAM.text,)),
    (
        "channels/telegram.md",
        "At most {} messages a second are sent, and {} a second to a customer after a burst of {}.",
        (
            TELEGRAM.account_pace.burst + TELEGRAM.account_pace.rate,
            TELEGRAM.address_pace.rate,
            TELEGRAM.address_pace.burst,
        ),
    ),
    (
        "channels/telegram.md",
        "all messages wait {} minutes, and the log says so; a message fails after {} tries",
        (sender.OutboxSender.backoff.longest / 60, sender.MAX_ATTEMPTS),
    ),
    (
        "channels/messenger.md",
        "cut after {} units (UTF-16)",
        (render.MAX_TEXT,),
    ),
    (
        "channels/messenger.md",
        "quick replies, at most {} under a message. Messenger cuts their titles after {} characters",
        (render.QUICK_REPLIES, render.MAX_TITLE),
    ),
    ("channels/messenger.md", "until {} hours after", (messenger.WINDOW / HOUR,)),
    (
        "channels/messenger.md",
        "answer up to {} days: ask for it",
        (messenger.HUMAN_WINDOW / DAY,),
    ),
    ("settings.md", "or older than {} minutes, are refused", (payloads.MAX_AGE / 60,)),
    ("desk/accounts.md", "works once, for {} days", (invitations.INVITATION / DAY,)),
    (
        "desk/accounts.md",
        "works once, for {} hour; at most one mail in {} minutes",
        (invitations.RESET / HOUR, invitations.RESET_AGAIN / 60),
    ),
    ("desk/accounts.md", "{} to {} characters, neither", (passwords.MIN_LENGTH, passwords.MAX_LENGTH)),
    (
        "desk/accounts.md",
        "{} wrong tries in a row lock an account for {} minutes",
        (lockout.MAX_FAILURES, lockout.LOCK / MINUTE),
    ),
    (
        "desk/accounts.md",
        "One network has {} tries, then {} a minute",
        (account_routes.NETWORK_BURST, account_routes.NETWORK_RATE * 60),
    ),
    (
        "desk/accounts.md",
        "lasts {} hours, or {} hours without use",
        (sessions.LIFETIME / HOUR, sessions.IDLE / HOUR),
    ),
    ("desk/accounts.md", "is tried again for {} to {} hours", (MAIL_HOURS / 2, MAIL_HOURS)),
    ("desk/agents.md", "a password of at least {} characters", (passwords.MIN_LENGTH,)),
    ("desk/agents.md", "works once, for {} days", (invitations.INVITATION / DAY,)),
    ("desk/agents.md", "{} wrong tries with numbers and contacts", (FREE_TRIES + 1,)),
    ("desk/agents.md", "rate the work from 1 to {}", (surveys.BEST,)),
    ("desk/agents.md", "for a request and at most {} a day", (survey.NOT_AGAIN / DAY,)),
    (
        "desk/agents.md",
        "ends after {} hours without use, or {} in all",
        (sessions.IDLE / HOUR, sessions.LIFETIME / HOUR),
    ),
    ("desk/agents.md", "good for {} hour.", (invitations.RESET / HOUR,)),
    ("desk/owner.md", "`off` for never | {} minutes |", (default(Support, "alert_after") / MINUTE,)),
    ("desk/chatwoot.md", "An answer may have {} characters", (answers.MAX_TEXT,)),
    (
        "desk/chatwoot.md",
        "is looked at {} a minute anyway, a closed one more and more seldom for {} days",
        (sync.CATCH_UP / MINUTE, sync.FORGOTTEN / DAY),
    ),
    ("deploy.md", "Customers' files are up to {} MB each", (files.MAX_BYTES / MEGABYTE,)),
    ("deploy.md", "an agent's file may have {};", (message_routes.MAX_FILE / MEGABYTE,)),
    ("deploy.md", "Each keeps up to {} connections", (database.POSTGRES_THREADS,)),
    ("reliability.md", "If a turn fails {} times", (turns.MAX_FAILURES,)),
    ("reliability.md", "up to {} conversations side by side", (sender.UNDER_WAY,)),
    ("reliability.md", "is tried up to {} times", (sender.MAX_ATTEMPTS,)),
    (
        "reliability.md",
        "is taken again within {} s and then within {} s",
        tuple(pause.total_seconds() for pause in turns.BACKOFF),
    ),
    ("reliability.md", "`sending` for more than {} minutes", (outbox.LEASE / MINUTE,)),
    ("reliability.md", "no lease than {} minutes", (job_queue.LONGEST_LEASE / MINUTE,)),
    ("knowledge.md", "Write at least {} examples", (faq.MIN_EXAMPLES,)),
    ("knowledge.md", "The limit is {} characters", (faq.MAX_ANSWER,)),
    ("knowledge.md", "the FAQ page shows it; at most {} characters", (faq.MAX_QUESTION,)),
    ("knowledge.md", "{} wrong tries to prove an order", (FREE_TRIES + 1,)),
    ("knowledge.md", "{} wrong pairs in a conversation are free", (FREE_TRIES,)),
    (
        "knowledge.md",
        "waits a minute and a person is called, then {} minutes, {}, {} hours and {} at most",
        (WAITS[1] / MINUTE, WAITS[2] / MINUTE, WAITS[3] / HOUR, WAITS[4] / HOUR),
    ),
    (
        "knowledge.md",
        "has {} wrong tries free, of one network or sender {} of them",
        (SHARED.free, FROM_ONE.free),
    ),
    ("knowledge.md", "{} turns in a row failed", (turns.MAX_FAILURES,)),
    ("knowledge.md", "allows up to {} words between", (phrases.MAX_BETWEEN,)),
    ("guides.md", "for up to {} words between", (phrases.MAX_BETWEEN,)),
    ("guides.md", "several guides fit; at most {} characters", (guide_file.MAX_GUIDE_TITLE,)),
    ("guides.md", "each in a line of its own; at most {}", (guide_file.MAX_PROBLEMS,)),
    (
        "guides.md",
        "at most {} steps of at most {} characters, in a file of at most {} kB",
        (guide_file.MAX_STEPS, guide_file.MAX_STEP, guide_file.MAX_FILE // 1000),
    ),
    ("guides.md", "After {} things that didn't help", (guide_talk.FAILURES,)),
    (
        "testing.md",
        "has fewer than {} examples in it ({} out of scope",
        (data_check.AT_LEAST, data_check.AT_LEAST * data_check.OUT_OF_SCOPE_TIMES),
    ),
    ("orders.md", "longer than {} bytes", (app.MAX_BODY,)),
    ("events.md", "with a comment every {} s", (desk_events.HEARTBEAT,)),
    ("events.md", "happens within {} s is told together", (desk_events.PACE,)),
]


def ways(number: float) -> set[str]:
    """A number as sentences have it."""
    if number != int(number):
        return {str(number)}
    whole = int(number)
    once = {"once"} if whole == 1 else set()
    return {str(whole), f"{whole:,}", WORDS.get(whole, str(whole)), *once}


@pytest.mark.parametrize(("page", "sentence", "values"), FIGURES, ids=lambda value: str(value)[:40])
def test_a_figure_is_the_codes(page: str, sentence: str, values: tuple[float, ...]) -> None:
    text = " ".join(read(DOCS / page).split())
    pattern = r"([\w,.]+(?: hundred)?)".join(re.escape(part) for part in sentence.split("{}"))
    found = re.search(pattern, text)
    assert found, f"{page} has no such sentence any more; change it here too: {sentence}"
    for written, value in zip(found.groups(), values, strict=True):
        assert written.lower() in ways(value), f"{page}: {sentence}: {written} is {value:g} in the code"


def test_the_web_chats_limits_are_the_codes() -> None:
    limits = WebLimits()

    def then(rate: float) -> str:
        return f"{rate:g} a second" if rate >= 1 else f"{rate * 3600:g} an hour"

    assert table(read(DOCS / "channels" / "web.md"), "by", "what", "burst") == [
        ["visitor", "messages", f"{limits.visitor_burst:g}", then(limits.visitor_rate)],
        ["visitor", "reading: messages, events", f"{limits.read_burst:g}", then(limits.read_rate)],
        ["visitor", "event streams", f"{limits.visitor_streams} open at a time", ""],
        ["address", "sessions", f"{limits.session_burst:g}", then(limits.session_rate)],
        ["address", "messages", f"{limits.message_burst:g}", then(limits.message_rate)],
        ["address", "event streams", f"{limits.streams} open at a time", ""],
        ["address", "files", f"{file_routes.OF_NETWORK} at a time, of one file {file_routes.OF_FILE}", ""],
    ]
