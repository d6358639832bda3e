"""Every text that the assistant can say, put together with plausible facts."""

import json
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.assistant.rasa.generator import LocalizedGenerator
from bot.settings import Settings
from bot.shop import facts as shops
from bot.shop.desk_texts import DeskTexts
from bot.shop.faq import load_faq
from bot.shop.knowledge import Knowledge
from bot.shop.layers import Layers
from bot.shop.responses import Responses
from bot.shop.yaml_source import SourceError

MORNING = datetime(2026, 5, 12, 8, tzinfo=UTC)  # a Tuesday
MONEY = {"amount": "1234.50", "currency": "EUR"}
FACTS: dict[str, Any] = {
    "price": MONEY,
    "text": "Keeps dry, even on a wet day.",
    "values": "S, M, L",
    "option": "Length",
    "goods": "2 × Wool jumper; Yoga mat",
    "agent": "Anna",
    "product": "Oak lamp",
    "order": "10234",
    "order_number": "10234",
    "items": "Linen shirt",
    "count": 2,
    "total": MONEY,
    "amount": MONEY,
    "address": "Elm Street 5, 01100 Vilnius",
    "new_address": "Mill Lane 4, 10115 Berlin",
    "wish": "after five",
    "on": "2026-05-11",
    "place": "Kaunas",
    "carrier": "DPD",
    "tracking": "AC1",
    "link": "https://tracking.example/AC1",
    "number": "INV-1",
    "code": "482913",
    "method": {"phrase": "method_card"},
    "money_back": {"phrase": "money_back", "total": MONEY},
    "why": {"phrase": "why_shipped"},
    "instead": {"phrase": "instead_return"},
    "state": {"title_key": "short_shipped"},
    "language": "pl",
    "time": "09:00",
    "day": "Monday",
    "title": "The toothbrush doesn't charge",
    # of cases
    "case": "R-7K2M9QX",
    "summary": {"phrase": "case_summary_return"},
    "reckoning": [{"phrase": "case_part_goods"}, {"phrase": "case_part_delivery"}],
    "next": {"phrase": "case_by_answer"},
    "kind": {"title_key": "kind_return"},
    "words": "It pinches.",
    "question": "Which size?",
    "return_address": "Elm Street 5, 01100 Vilnius",
    "days": 14,
    "until": "2026-05-21",
    "answer": "2026-05-21",
    "refund": "2026-05-21",
    "send_back": "2026-05-21",
}


@pytest.fixture(scope="module")
def knowledge(settings: Settings) -> Knowledge:
    """All five languages, also those that the demonstration shop has not switched on."""
    languages = ("en", "lt", "lv", "id", "kk")
    shop = shops.load(settings.home / "shop.yml").model_copy(update={"languages": languages})
    faq = load_faq(settings.home / "data" / "faq", shop, languages)
    names = [entry.id for entry in faq]
    responses = Responses.load(Layers(settings.home), languages, names)
    return Knowledge(shop, faq, responses, DeskTexts.load(settings.home, shop.name, languages))


@pytest.fixture(scope="module")
def generator(knowledge: Knowledge) -> LocalizedGenerator:
    return LocalizedGenerator(knowledge.shop, knowledge.faq, knowledge.responses, lambda: MORNING)


def unfinished(text: str) -> bool:
    return not text or re.search(r"[{}]|\bNone\b|  |\.\.| [.,;:!?](\s|$)", text) is not None


def test_every_response_in_every_wording(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for language, responses in knowledge.responses.variants.items():
        for name, variants in responses.items():
            seen = set()
            for seed in range(60):
                message = generator.compose(
                    name, language, {**FACTS, "parts": [{"phrase": "state_shipped", **FACTS}]}, seed=str(seed)
                )
                assert not unfinished(message["text"]), (name, message["text"])
                seen.add(message["text"])
                for button in message["buttons"]:
                    assert not unfinished(button["title"])
                    assert json.loads(button["payload"])["intent"]
            assert len(seen) == len(variants), name


def test_every_phrase(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for language, phrases in knowledge.responses.phrases.items():
        for name in phrases:
            parts = [{"phrase": name, **FACTS}]
            text = generator.compose("utter_order_answer", language, {"parts": parts})["text"]
            assert not unfinished(text), (name, text)


def test_every_title(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for language, titles in knowledge.responses.titles.items():
        for name in titles:
            choices = [{"intent": "track_order", "title_key": name, **FACTS}]
            button = generator.compose("utter_choose_order", language, {"choices": choices})["buttons"][0]
            assert not unfinished(button["title"]), name


def test_every_faq_answer_and_question(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for entry in knowledge.faq:
        for language in knowledge.shop.languages:
            message = generator.compose(f"utter_{entry.id}", language)
            assert not unfinished(message["text"]), message["text"]
            assert message["buttons"] == []
            assert generator.title(entry.id, language) == entry.question[language]


def test_money_and_days_are_written_as_the_language_writes_them(generator: LocalizedGenerator) -> None:
    answer = generator.compose("utter_ask_cancel_form_confirmed", "en", FACTS)["text"]
    assert "(Linen shirt, €1,234.50)" in answer
    parts = [{"phrase": "expected", "on": "2026-05-14"}, {"phrase": "expected", "on": "2024-02-29"}]
    said = generator.compose("utter_order_answer", "en", {"parts": parts})["text"]
    assert said == "Expected: Thursday 14 May.\nExpected: 29 February 2024."


COUNTS = {
    "en": ("1 more", "2 more", "10 more"),
    "lt": ("dar 1 prekė", "dar 2 prekės", "dar 10 prekių"),
    "lv": ("vēl 1 prece", "vēl 2 preces", "vēl 10 preču"),
    "id": ("1 produk lainnya", "2 produk lainnya", "10 produk lainnya"),
    "kk": ("тағы 1 тауар", "тағы 2 тауар", "тағы 10 тауар"),
}
PARCELS = {
    "en": ("in 1 parcel:", "in 2 parcels:", "in 21 parcels:"),
    "lt": ("1 siunta:", "2 siuntomis:", "21 siunta:"),
    "lv": ("1 pakā:", "2 pakās:", "21 pakā:"),
    "id": ("1 paket:", "2 paket:", "21 paket:"),
    "kk": ("1 сәлемдемеге", "2 сәлемдемеге", "21 сәлемдемеге"),
}


@pytest.mark.parametrize("language", COUNTS)
def test_goods_and_parcels_are_counted(generator: LocalizedGenerator, language: str) -> None:
    for name, counts, said in (
        ("more_items", (1, 2, 10), COUNTS[language]),
        ("parcels", (1, 2, 21), PARCELS[language]),
    ):
        parts = [{"phrase": name, "items": "X", "count": count} for count in counts]
        lines = generator.compose("utter_order_answer", language, {"parts": parts})["text"].split("\n")
        assert all(text in line for text, line in zip(said, lines, strict=True)), lines


@pytest.mark.parametrize(
    ("language", "near", "far"),
    [
        ("en", "was delivered on Thursday 14 May.", "was delivered on 29 February 2024."),
        ("lt", "pristatytas gegužės 14 d., ketvirtadienį.", "pristatytas 2024 m. vasario 29 d."),
        ("lv", "ir piegādāts ceturtdien, 14. maijā.", "ir piegādāts 2024. gada 29. februārī."),
        ("id", "pada Kamis, 14 Mei.", "pada 29 Februari 2024."),
        ("kk", "14 мамыр, бейсенбі күні жеткізілді.", "2024 ж. 29 ақпан күні жеткізілді."),
    ],
)
def test_days_are_inflected_and_end_with_one_full_stop(
    generator: LocalizedGenerator, language: str, near: str, far: str
) -> None:
    parts = [{"phrase": "state_delivered_on", **FACTS, "on": on} for on in ("2026-05-14", "2024-02-29")]
    lines = generator.compose("utter_order_answer", language, {"parts": parts})["text"].split("\n")
    assert lines[0].endswith(near)
    assert lines[1].endswith(far)


@pytest.mark.parametrize(
    ("language", "promise"),
    [
        ("en", "back on Monday at 09:00"),
        ("lt", "vėl dirbs pirmadienį nuo 09:00 val."),
        ("lv", "būs atpakaļ pirmdien plkst. 09:00"),
        ("id", "online lagi hari Senin pukul 09.00"),
        ("kk", "дүйсенбі күні сағат 09:00"),
    ],
)
def test_a_weekday_is_promised_in_its_case(knowledge: Knowledge, language: str, promise: str) -> None:
    saturday = datetime(2026, 5, 16, 12, tzinfo=UTC)
    generator = LocalizedGenerator(knowledge.shop, knowledge.faq, knowledge.responses, lambda: saturday)
    assert promise in generator.compose("utter_handoff", language)["text"]


@pytest.mark.parametrize(
    ("language", "returns", "delivery", "money"),
    [
        ("en", "within 30 days", ("1-3 working days", "by 14:00", "for 7 days"), "€1,234.50"),
        ("lt", "per 30 dienų", ("1-3 darbo dienas", "iki 14:00 val.", "laukia 7 dienas"), "1 234,50 €"),
        ("lv", "30 dienu laikā", ("1-3 darba dienas", "plkst. 14:00", "gaida 7 dienas"), "1 234,50 €"),
        ("id", "dalam 30 hari", ("1-3 hari kerja", "pukul 14.00", "selama 7 hari"), "€1.234,50"),
        ("kk", "30 күн ішінде", ("1-3 жұмыс күнінде", "сағат 14:00", "7 күн"), "1 234,50 €"),
    ],
)
def test_the_shops_facts_are_inflected(
    generator: LocalizedGenerator, language: str, returns: str, delivery: tuple[str, ...], money: str
) -> None:
    assert returns in generator.compose("utter_return_order", language)["text"]
    answer = generator.compose("utter_faq_delivery_time", language)["text"]
    assert all(text in answer for text in delivery), answer
    said = generator.compose("utter_ask_cancel_form_confirmed", language, FACTS)["text"]
    assert money in said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("days", [1, 2, 21])
def test_another_number_takes_another_form(knowledge: Knowledge, days: int) -> None:
    shop = knowledge.shop.model_copy(update={"facts": {**knowledge.shop.facts, "return_days": days}})
    generator = LocalizedGenerator(shop, knowledge.faq, knowledge.responses, lambda: MORNING)
    said = {
        language: generator.compose("utter_return_order", language)["text"] for language in shop.languages
    }
    forms = {
        1: ("within 1 day of", "per 1 dieną nuo", "1 dienas laikā"),
        2: ("within 2 days of", "per 2 dienas nuo", "2 dienu laikā"),
        21: ("within 21 days of", "per 21 dieną nuo", "21 dienas laikā"),
    }
    assert all(form in said[language] for form, language in zip(forms[days], ("en", "lt", "lv"), strict=True))


def test_languages_are_buttons_with_what_they_call_themselves(generator: LocalizedGenerator) -> None:
    message = generator.compose("utter_language_not_spoken", "lt", {"language": "pl"})
    titles = [button["title"] for button in message["buttons"]]
    assert titles == [
        "English", "Lietuvių", "Latviešu", "Bahasa Indonesia", "Қазақша", "Kalbėti su žmogumi"
    ]  # fmt: skip
    payload = json.loads(message["buttons"][4]["payload"])
    assert payload == {"intent": "change_language", "entities": {"language": "kk"}}
    assert message["text"].endswith("porozmawiać z konsultantem.")
    unknown = generator.compose("utter_language_not_spoken", "en", {"language": ""})["text"]
    assert unknown.endswith("a person can help you too.")


def test_a_number_is_never_a_template(generator: LocalizedGenerator) -> None:
    parts = [{"phrase": "more_items", "items": "X", "count": "{order} {shop, plural, other {#}}"}]
    text = generator.compose("utter_order_answer", "en", {"parts": parts})["text"]
    assert "Linden" not in text


@pytest.mark.parametrize(
    ("language", "old", "new", "problem"),
    [
        (
            "lt",
            "one {# prekė} few {# prekės} ",
            "one {# prekė} ",
            "more_items: count: the plural has no few;",
        ),
        ("lv", "{count, plural, zero", "{coun, plural, zero", "unknown placeholder coun"),
        ("en", "{count, plural, one", "{count plural, one", "a plural that can't be read"),
        ("en", "{on:date}.", "{on:day}.", "{on:day}: unknown kind; "),
        ("id", "{on:date}.", "{on:date.", "a brace outside a placeholder"),
        ("kk", "buttons: [languages]", "buttons: [language]", 'no title for the button "language"'),
    ],
)
def test_texts_that_would_go_wrong_are_refused(
    settings: Settings,
    knowledge: Knowledge,
    tmp_path: Path,
    language: str,
    old: str,
    new: str,
    problem: str,
) -> None:
    folder = tmp_path / "data" / "responses"
    shutil.copytree(settings.home / "data" / "responses", folder)
    path = folder / f"{language}.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    faq = [entry.id for entry in knowledge.faq]
    with pytest.raises(SourceError) as caught:
        Responses.load(Layers(tmp_path), ("en", "lt", "lv", "id", "kk"), faq)
    assert any(problem in str(one) and f"{language}.yml:" in str(one) for one in caught.value.problems)


@pytest.mark.parametrize(
    ("at", "promise"),
    [
        ("2026-05-12T08:00+00:00", "Our team is here now"),  # Tuesday 11:00 in Vilnius
        ("2026-05-12T09:30+00:00", "back today at 13:00"),  # their lunch
        ("2026-05-12T02:00+00:00", "back today at 09:00"),
        ("2026-05-12T15:30+00:00", "back tomorrow at 09:00"),
        ("2026-05-16T12:00+00:00", "back on Monday at 09:00"),  # Saturday 15:00
        ("2026-12-23T18:00+00:00", "back on Monday at 09:00"),  # Christmas, and then a Sunday
    ],
)
def test_the_time_promised_for_a_person_is_true(knowledge: Knowledge, at: str, promise: str) -> None:
    generator = LocalizedGenerator(
        knowledge.shop, knowledge.faq, knowledge.responses, lambda: datetime.fromisoformat(at)
    )
    for response in ("handoff", "handoff_damaged", "already_handed_off", "still_waiting", "failed_turn"):
        assert promise in generator.compose(f"utter_{response}", "en")["text"]
    waiting = {generator.compose("utter_waiting", "en", seed=str(seed))["text"] for seed in range(20)}
    assert len(waiting) >= 3 and all(promise in text for text in waiting)


@pytest.mark.parametrize(
    ("language", "promise"),
    [
        ("en", "back on Tuesday 12 January, at 09:00, and"),
        ("lt", "vėl dirbs sausio 12 d., antradienį, nuo 09:00 val."),
        ("lv", "atpakaļ otrdien, 12. janvārī, plkst. 09:00 un"),
        ("id", "pada Selasa, 12 Januari, pukul 09.00, dan"),
        ("kk", "12 қаңтар, сейсенбі күні сағат 09:00 болғанда"),
    ],
)
def test_a_day_of_another_week_is_told_by_its_date(knowledge: Knowledge, language: str, promise: str) -> None:
    away = tuple(date(2027, 1, day) for day in range(2, 12))
    support = knowledge.shop.support.model_copy(update={"closed_on": away})
    generator = LocalizedGenerator(
        knowledge.shop.model_copy(update={"support": support}),
        knowledge.faq,
        knowledge.responses,
        lambda: datetime(2026, 12, 31, 20, tzinfo=UTC),
    )
    assert promise in generator.compose("utter_handoff", language)["text"]


def test_a_fact_is_never_a_template(generator: LocalizedGenerator) -> None:
    evil = "{shop} {order} {new_address} {total:money} %s"
    text = generator.compose("utter_address_changed", "en", {"order": evil, "new_address": evil})["text"]
    assert text.count(evil) == 2


def test_a_missing_fact_and_an_unknown_response_are_errors(generator: LocalizedGenerator) -> None:
    with pytest.raises(KeyError, match="new_address"):
        generator.compose("utter_address_changed", "en", {"order": "10234"})
    with pytest.raises(KeyError):
        generator.compose("utter_nothing", "en")


def test_the_same_seed_gives_the_same_wording(generator: LocalizedGenerator) -> None:
    wordings = {seed: generator.compose("utter_greet", "en", seed=seed) for seed in map(str, range(20))}
    assert len({wording["text"] for wording in wordings.values()}) == 2
    for seed, wording in wordings.items():
        assert generator.compose("utter_greet", "en", seed=seed) == wording
