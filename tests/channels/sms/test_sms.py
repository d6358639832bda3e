"""SMS: keywords, parsing, signatures and sending, against a fake Twilio."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.simulator.fake_sms import SHOP, FakeTwilio
from channels.contract import (
    Attachment,
    AttachmentKind,
    ChannelError,
    Command,
    CommandName,
    Event,
    FetchError,
    Inbound,
    Outbound,
    Proof,
    ProofBy,
    Receipt,
    SendError,
)
from channels.sms import api, keywords, parse, setup
from channels.sms.channel import SmsChannel
from channels.sms.segments import plain, segments
from channels.splitting import Part
from tests.fakes.gateway import FakeGateway
from tests.serving import port, serving, url

FIXTURES = Path(__file__).parent / "fixtures"
SID = "AC" + "0" * 32
TOKEN = "fake-auth-token"
ANNA = "+37061234567"
OURS = {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_FROM": SHOP}


def fixture(name: str) -> dict[str, str]:
    text = (FIXTURES / name).read_text("utf-8").strip().replace("{sid}", SID)
    return dict(parse_qsl(text, keep_blank_values=True))


def sign(address: str, form: dict[str, str], token: str = TOKEN) -> str:
    """As Twilio's documentation says it; written out here, so that it isn't compared with itself."""
    text = address + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


# --- keywords --------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_twilio", [True, False])
@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("STOP", "stop"), ("stop", "stop"), (" Stop. ", "stop"), ("StopAll", "stop"),
        ("unsubscribe!", "stop"),
        ("Stabdyti", "stop"), ("NEBESIŲSTI", "stop"), ("nebesiusti", "stop"), ("Atsisakau", "stop"),
        ("Apturēt", "stop"), ("apturet", "stop"), ("PĀRTRAUKT", "stop"), ("atteikties", "stop"),
        ("BERHENTI", "stop"), ("hentikan", "stop"),
        ("Тоқтату", "stop"), ("токтату", "stop"), ("СТОП", "stop"), ("тоқта", "stop"),
        ("START", "resume"), ("unstop", "resume"), ("Pradėti", "resume"), ("tęsti", "resume"),
        ("Sākt", "resume"), ("MULAI", "resume"), ("lanjutkan", "resume"), ("Бастау", "resume"),
        ("HELP", "help"), ("info", "help"), ("Pagalba", "help"), ("Palīdzība", "help"), ("bantuan", "help"),
        ("Көмек", "help"), ("комек", "help"), ("помощь", "help"), ("Отписаться", "stop"), ("tolong", "help"),
    ],
)  # fmt: skip
def test_a_keyword_counts_in_every_language(word: str, name: str, by_twilio: bool) -> None:
    found = keywords.command(word, by_twilio=by_twilio)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "text",
    [
        "stop my order", "please cancel", "cancel my order", "end of story", "how do i start",
        "help me please",
        "start a return", "stop it", "", " ", "stopp", "noriu stabdyti uzsakyma", "yes", "1", "\u0301",
    ],
)  # fmt: skip
@pytest.mark.parametrize("by_twilio", [True, False])
def test_a_sentence_is_no_keyword(text: str, by_twilio: bool) -> None:
    assert keywords.command(text, by_twilio=by_twilio) is None


def test_twilio_answers_its_own_keywords_and_we_the_others() -> None:
    assert keywords.command("STOP", by_twilio=True) == Command(CommandName.STOP, "answered")
    assert keywords.command("HELP", by_twilio=True) == Command(CommandName.HELP, "answered")
    assert keywords.command("BERHENTI", by_twilio=True) == Command(CommandName.STOP, "id")
    assert keywords.command("BANTUAN", by_twilio=True) == Command(CommandName.HELP, "id")
    assert keywords.command("HELP", by_twilio=False) == Command(CommandName.HELP, "en")


def test_a_word_stands_for_one_thing_in_one_language() -> None:
    words = [
        word
        for of in (keywords.STOP, keywords.RESUME, keywords.HELP)
        for known in of.values()
        for word in known
    ]
    assert len(words) == len(set(words))
    for of in (keywords.STOP, keywords.RESUME, keywords.HELP):
        for language, known in of.items():
            for word in known:
                found = keywords.command(word.lower(), by_twilio=False)
                assert found and found.argument == language


@pytest.mark.parametrize(
    ("word", "language"),
    [("Pagalba", "lt"), ("SĀKT", "lv"), ("berhenti", "id"), ("Тоқтату", "kk"), ("STOP", None),
     ("помощь", None), ("hello", None)],
)  # fmt: skip
def test_a_keyword_tells_the_language_to_begin_in(word: str, language: str | None) -> None:
    form = {"MessageSid": "SM" + "1" * 32, "From": "+37060000001", "To": "+37060000002", "Body": word}
    (event,) = parse.message(form, by_twilio=False)
    assert isinstance(event, Inbound) and event.language == language


@pytest.mark.parametrize("word", ["cancel", "END", "Quit"])
def test_ordinary_words_end_messages_only_where_twilio_says_so(word: str) -> None:
    assert keywords.command(word, by_twilio=True) == Command(CommandName.STOP, "answered")
    assert keywords.command(word, by_twilio=False) is None


# --- length ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 1600, 11),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 1600, 24),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 10, 2),
        ("a" * 70 + "🙂", 2),
        ("ç", 1),
    ],
)
def test_messages_are_counted_as_they_are_billed(text: str, count: int) -> None:
    assert segments(text) == count


def test_typography_never_doubles_the_price() -> None:
    text = plain("It’s “on its way” – tomorrow…\u00a0ok")
    assert text == 'It\'s "on its way" - tomorrow... ok'
    assert segments("x" * 100 + text) == 1
    assert plain("Kur mano užsakymas? Тапсырыс қайда?") == "Kur mano užsakymas? Тапсырыс қайда?"


# --- parsing ---------------------------------------------------------------------------------------

MESSAGE = {"channel": "sms", "account": SHOP, "address": ANNA, "proof": Proof(ANNA, ProofBy.SENDER)}
MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM3/Media"
EXPECTED: dict[str, list[dict[str, Any]]] = {
    "message.txt": [{**MESSAGE, "text": "Where is my order?", "command": None, "choice": None}],
    "message_blank.txt": [],
    "message_media.txt": [
        {
            **MESSAGE,
            "text": "",
            "attachments": (
                Attachment(AttachmentKind.IMAGE, f"{MEDIA}/ME1", "", "image/jpeg"),
                Attachment(AttachmentKind.FILE, f"{MEDIA}/ME2", "", "text/x-vcard"),
            ),
        }
    ],
    "message_option.txt": [{**MESSAGE, "text": "2.", "choice": 2}],
    "message_stop.txt": [{**MESSAGE, "text": "Stop", "command": Command(CommandName.STOP, "answered")}],
    "message_advanced_opt_out.txt": [{"command": Command(CommandName.STOP, "answered")}],
    "message_short_code.txt": [{"address": "1234", "proof": None}],
    "message_new_fields.txt": [{"text": "Kur mano užsakymas?"}],
    "status_queued.txt": [],
    "status_sent.txt": [{"state": "sent", "account": SHOP, "provider_id": "SM" + "9" * 32}],
    "status_delivered.txt": [{"state": "delivered", "reason": None}],
    "status_undelivered.txt": [{"state": "failed", "reason": "Twilio error 30003", "unreachable": False}],
    "status_failed_blocked.txt": [{"state": "failed", "unreachable": True}],
    "status_unknown.txt": [],
}


def parsed(name: str, form: dict[str, str]) -> list[Event]:
    if name.startswith("status"):
        return parse.receipt(form)
    return parse.message(form, by_twilio=True)


def test_every_fixture_has_an_expectation() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_webhook_is_parsed(name: str) -> None:
    events = parsed(name, fixture(name))
    assert len(events) == len(EXPECTED[name])
    for event, expected in zip(events, EXPECTED[name], strict=True):
        assert isinstance(event, Receipt if name.startswith("status") else Inbound)
        assert {field: getattr(event, field) for field in expected} == expected


@pytest.mark.parametrize("number", ["", "x", "-1", "1e9", "99999999999999999999", "٣"])
def test_a_wrong_count_of_media_is_none(number: str) -> None:
    (event,) = parse.message({**fixture("message_media.txt"), "NumMedia": number}, by_twilio=True)
    assert isinstance(event, Inbound)
    assert event.attachments == ()


# --- the shell -------------------------------------------------------------------------------------


class Shell:
    def __init__(self, client: httpx.AsyncClient, gateway: FakeGateway, public: str) -> None:
        self.client, self.gateway, self.public = client, gateway, public

    async def post(
        self, form: dict[str, str], path: str = "/channels/sms", signature: str | None = None, **more: Any
    ) -> httpx.Response:
        if signature is None:
            signature = sign(self.public + path, form)
        body = more.pop("content", urlencode(form).encode())
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return await self.client.post(path, content=body, headers={**headers, **more})


@pytest.fixture
async def shell() -> AsyncIterator[Shell]:
    gateway = FakeGateway()
    # The public address differs from the one that the server sees, as behind every proxy.
    public = "https://chat.shop.example/support"
    channel = setup.load(OURS, public)
    assert channel
    routes = channel.blueprint(gateway)
    assert routes
    async with serving(routes, REQUEST_MAX_SIZE=1_000_000) as client:
        yield Shell(client, gateway, public)


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_signed_webhook_is_stored_and_answered_with_nothing_to_say(shell: Shell, name: str) -> None:
    path = "/channels/sms/status" if name.startswith("status") else "/channels/sms"
    answer = await shell.post(fixture(name), path)
    assert answer.status_code == (204 if name.startswith("status") else 200)
    assert len(shell.gateway.events) == len(EXPECTED[name])
    if answer.status_code == 200:
        assert (answer.text, answer.headers["content-type"]) == ("<Response/>", "text/xml; charset=utf-8")


async def test_the_query_is_part_of_what_is_signed(shell: Shell) -> None:
    form = fixture("message.txt")
    assert (await shell.post(form, "/channels/sms?x=1&y=%20")).status_code == 200
    unsigned = sign(shell.public + "/channels/sms", form)
    assert (await shell.post(form, "/channels/sms?x=1", unsigned)).status_code == 403


@pytest.mark.parametrize("signature", ["", "x", "AAAA", "é", "a" * 5000, "\x7f"])
async def test_without_twilios_signature_nothing_is_taken(shell: Shell, signature: str) -> None:
    answer = await shell.client.post(
        "/channels/sms",
        content=urlencode(fixture("message.txt")),
        headers=[
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"x-twilio-signature", signature.encode()),
        ],
    )
    assert answer.status_code == 403
    assert shell.gateway.events == []


async def test_another_accounts_or_a_changed_message_is_refused(shell: Shell) -> None:
    form = fixture("message.txt")
    signature = sign(shell.public + "/channels/sms", form)
    assert (await shell.post({**form, "From": "+37060000000"}, signature=signature)).status_code == 403
    assert (await shell.post({**form, "Extra": ""}, signature=signature)).status_code == 403
    assert (await shell.post({**form, "AccountSid": "AC" + "1" * 32})).status_code == 403
    wrong = sign(shell.public + "/channels/sms", form, "another token")
    assert (await shell.post(form, signature=wrong)).status_code == 403
    assert shell.gateway.events == []


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To"])
async def test_a_signed_message_that_lacks_what_all_have_is_refused_by_name(
    shell: Shell, missing: str
) -> None:
    form = fixture("message.txt")
    del form[missing]
    answer = await shell.post(form)
    assert answer.status_code == 400
    assert answer.json() == {"error": {"code": "bad_request", "message": f"missing or wrong: {missing}"}}


async def test_a_large_body_is_refused(shell: Shell) -> None:
    assert (await shell.post({**fixture("message.txt"), "Body": "x" * 100_000})).status_code == 413


async def test_when_the_store_fails_twilio_is_told_to_come_again(shell: Shell) -> None:
    shell.gateway.failures = 1
    assert (await shell.post(fixture("message.txt"))).status_code == 500


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_request_breaks_it_and_no_unsigned_one_gets_in(shell: Shell, data: st.DataObject) -> None:
    """Mutated fields, signatures, bodies and types of content."""
    shell.gateway.events.clear()
    form = fixture(data.draw(st.sampled_from(sorted(EXPECTED))))
    for _ in range(data.draw(st.integers(0, 3))):
        name = data.draw(st.one_of(st.sampled_from(sorted(form)), st.text(max_size=12)))
        form[name] = data.draw(st.text(max_size=60))
    path = data.draw(st.sampled_from(["/channels/sms", "/channels/sms/status", "/channels/sms?a=%ff"]))
    if data.draw(st.booleans()):
        assert (await shell.post(form, path)).status_code < 500
        return
    types = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data"]
    kind = data.draw(st.sampled_from([*types, "application/json", ""]))
    body = data.draw(st.one_of(st.just(urlencode(form).encode()), st.binary(max_size=200)))
    signature = data.draw(st.text("ABCab1+/=", max_size=40))
    answer = await shell.post(form, path, signature, content=body, **{"Content-Type": kind})
    assert answer.status_code in (400, 403)
    assert shell.gateway.events == []


# --- sending ---------------------------------------------------------------------------------------


class Line:
    """The channel with a fake Twilio behind it."""

    def __init__(self, fake: FakeTwilio, channel: SmsChannel) -> None:
        self.fake, self.channel = fake, channel

    async def send(self, text: str = "hello", to: str = ANNA) -> str | None:
        return await self.channel.send(Outbound(1, 1, SHOP, to, "bot", text), Part(text))


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    fake, theirs = FakeTwilio(), port()
    public = "http://127.0.0.1:9"
    channel = setup.load(fake.environment(url(theirs), public), public)
    assert isinstance(channel, SmsChannel)
    await channel.start(FakeGateway())
    async with serving(fake.blueprint(), listening=theirs):
        yield Line(fake, channel)
        await channel.stop()
        await fake.close()


async def test_a_message_goes_out_from_the_number_that_was_written_to(line: Line) -> None:
    sid = await line.send("It’s shipped – tomorrow")
    assert line.fake.taken == [{"sid": sid, "to": ANNA, "from": SHOP, "body": "It's shipped - tomorrow"}]


@pytest.mark.parametrize(
    ("status", "permanent", "unknown", "account"),
    [
        (429, False, False, True),
        (503, False, False, False),
        (500, False, True, False),
        (504, False, True, False),
        (400, True, False, False),
    ],
)
async def test_an_error_of_twilio_means_what_it_says(
    line: Line, status: int, permanent: bool, unknown: bool, account: bool
) -> None:
    line.fake.trouble.statuses.append((status, None))
    with pytest.raises(SendError) as caught:
        await line.send()
    error = caught.value
    assert (error.permanent, error.unknown, error.account) == (permanent, unknown, account)
    assert line.fake.taken == []


async def test_who_opted_out_at_twilio_can_not_be_reached(line: Line) -> None:
    line.fake.stopped.add(ANNA)
    with pytest.raises(SendError) as caught:
        await line.send()
    assert caught.value.unreachable
    with pytest.raises(SendError) as caught:
        await line.send(to="nobody")
    assert caught.value.unreachable


async def test_a_wrong_token_stops_the_account_not_the_message(line: Line) -> None:
    line.fake.auth_token = "changed"
    with pytest.raises(SendError) as caught:
        await line.send()
    assert (caught.value.account, caught.value.permanent) == (True, False)


async def test_a_timeout_after_the_message_was_taken_leaves_it_in_doubt(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SEND_SECONDS", 0.3)
    line.fake.trouble.drops = 1
    with pytest.raises(SendError) as caught:
        await line.send()
    assert caught.value.unknown
    assert len(line.fake.taken) == 1


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    held = port()
    address = url(held)
    held.close()
    channel = setup.load({**OURS, "TWILIO_API_URL": address}, "http://127.0.0.1:9")
    assert isinstance(channel, SmsChannel)
    await channel.start(FakeGateway())
    with pytest.raises(SendError) as caught:
        await channel.send(Outbound(1, 1, SHOP, ANNA, "bot", "x"), Part("x"))
    await channel.stop()
    assert (caught.value.unknown, caught.value.permanent) == (False, False)


# --- media -----------------------------------------------------------------------------------------


async def test_a_photo_is_fetched_with_the_accounts_name(line: Line) -> None:
    line.fake.media["ME1"] = ("image/png", b"picture")
    reference = f"{line.channel.config.api_url}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
    assert await line.channel.fetch(Attachment(AttachmentKind.IMAGE, reference), 100) == b"picture"
    with pytest.raises(FetchError, match="too large"):
        await line.channel.fetch(Attachment(AttachmentKind.IMAGE, reference), 3)
    with pytest.raises(FetchError) as caught:
        await line.channel.fetch(Attachment(AttachmentKind.IMAGE, reference + "x"), 100)
    assert caught.value.permanent


@pytest.mark.parametrize(
    "reference",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://api.twilio.com/x",
        "https://api.twilio.com.evil.example/x",
        "https://evil.example/?api.twilio.com",
        "file:///etc/passwd",
        "https://user@evil.example/https://api.twilio.com",
        "",
        "https://[",
    ],
)
async def test_nothing_is_fetched_from_elsewhere(line: Line, reference: str) -> None:
    with pytest.raises(FetchError) as caught:
        await line.channel.fetch(Attachment(AttachmentKind.IMAGE, reference), 100)
    assert caught.value.permanent


# --- settings --------------------------------------------------------------------------------------


def test_without_settings_there_is_no_channel() -> None:
    assert setup.load({}, "https://shop.example") is None


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_missing_setting_is_named_and_no_value_told(name: str) -> None:
    with pytest.raises(ChannelError) as caught:
        setup.load({**OURS, name: ""}, "https://shop.example")
    assert name in str(caught.value)
    assert not any(value in str(caught.value) for value in (SID, TOKEN))


@pytest.mark.parametrize(
    ("changed", "public", "named"),
    [
        ({}, None, "PUBLIC_BASE_URL"),
        ({"TWILIO_FROM": "shop"}, "https://shop.example", "TWILIO_FROM"),
        ({"TWILIO_OPT_OUT": "maybe"}, "https://shop.example", "TWILIO_OPT_OUT"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], public: str | None, named: str) -> None:
    with pytest.raises(ChannelError, match=named):
        setup.load({**OURS, **changed}, public)


async def test_the_check_tells_what_is_wrong_and_no_secret(line: Line) -> None:
    environment = line.fake.environment(line.channel.config.api_url, "https://shop.example")
    assert [one.level for one in await setup.check(environment, "https://shop.example")] == ["ok"]
    line.fake.overrides = ""
    (once, _) = await setup.check(environment, "https://shop.example")
    assert "#rc=3&rp=all" in once.text
    line.fake.overrides = "#rc=1"
    elsewhere = await setup.check(environment, "https://other.example")
    assert [one.level for one in elsewhere] == ["warning", "ok"]
    (clear, *_) = await setup.check(environment, "http://shop.example")
    assert clear.level == "warning" and "not https" in clear.text
    (foreign, _) = await setup.check({**environment, "TWILIO_FROM": "+15005550007"}, "https://shop.example")
    assert foreign.level == "warning" and "not among the account's numbers" in foreign.text
    nobody = {**environment, "TWILIO_API_URL": "http://127.0.0.1:9"}
    (away,) = await setup.check(nobody, "https://shop.example")
    assert away.level == "error" and "can't be reached (ConnectError)" in away.text
    line.fake.auth_token = "changed"
    (wrong,) = await setup.check(environment, "https://shop.example")
    assert wrong.level == "error"
    assert TOKEN not in wrong.text
    assert [one.level for one in await setup.check({}, None)] == ["off"]
    assert [one.level for one in await setup.check({"TWILIO_FROM": SHOP}, None)] == ["error"]
