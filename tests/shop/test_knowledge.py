import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.shop.facts import Shop, load
from bot.shop.faq import MAX_ANSWER, FaqEntry, KnowledgeError, load_faq, render
from bot.shop.yaml_source import MAX_BYTES
from tests.paths import ROOT

INTENTS = {
    "faq_cancellation_policy", "faq_contact_details", "faq_create_account", "faq_delete_account",
    "faq_delivery_options", "faq_delivery_time", "faq_edit_account", "faq_gift_cards", "faq_how_to_order",
    "faq_opening_hours", "faq_payment_methods", "faq_privacy", "faq_product_availability",
    "faq_refund_policy", "faq_registration_problem", "faq_reset_password", "faq_return_policy",
    "faq_warranty_policy",
}  # fmt: skip

GOOD = """\
faq:
  - id: faq_delivery_time
    topic: delivery
    question:
      en: How long does delivery take?
      lt: Kiek trunka pristatymas?
    examples:
      en: &five
        - how long
        - how many days
        - delivery time
        - when would it come
        - is it quick
      lt:
        - kiek trunka
        - kada atvesite
        - per kiek dienų
        - pristatymo laikas
        - ar greitai
    answer:
      en: It takes {delivery_days} days.
      lt: Tai trunka {delivery_days} d. d.
""".replace(" &five", "")

SECOND = """\
  - id: faq_colour
    topic: products
    question: {en: Which colours?}
    examples:
      en: [which colours, red, blue, green one, do you have black]
    answer: {en: "See {url}"}
"""


@pytest.fixture(scope="session")
def shop() -> Shop:
    return load(ROOT / "shop.yml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "faq"
    made.mkdir()
    return made


def problems(folder: Path, shop: Shop, text: str | bytes, *languages: str) -> list[str]:
    (folder / "a.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(KnowledgeError) as caught:
        load_faq(folder, shop, languages or ("en",))
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


# --- the demonstration shop's own entries ----------------------------------------------------------


def test_every_faq_intent_has_an_entry(shop: Shop) -> None:
    entries = load_faq(ROOT / "data" / "faq", shop, shop.languages)
    assert {entry.id for entry in entries} >= INTENTS


def test_answers_are_filled_in_and_short_enough_for_a_phone(shop: Shop) -> None:
    for entry in load_faq(ROOT / "data" / "faq", shop, shop.languages):
        for language in shop.languages:
            assert len(entry.examples[language]) >= 6, entry.source
            answer = render(entry.answer[language], shop.values(language))
            assert "{" not in answer, entry.source
            assert len(answer) <= 480, entry.source
            assert ".." not in answer, entry.source


# --- reading ---------------------------------------------------------------------------------------


def test_an_entry(folder: Path, shop: Shop) -> None:
    (folder / "a.yml").write_text(GOOD, encoding="utf-8")
    (entry,) = load_faq(folder, shop, ["en"])
    assert entry == FaqEntry(
        id="faq_delivery_time",
        topic="delivery",
        question={"en": "How long does delivery take?"},
        examples={"en": ("how long", "how many days", "delivery time", "when would it come", "is it quick")},
        answer={"en": "It takes {delivery_days} days."},
        source="faq/a.yml:2",
    )


def test_all_languages_and_files_in_order(folder: Path, shop: Shop) -> None:
    (folder / "b.yml").write_text("faq:\n" + SECOND, encoding="utf-8")
    (folder / "a.yml").write_text(GOOD, encoding="utf-8")
    assert [entry.id for entry in load_faq(folder, shop, ["en"])] == ["faq_delivery_time", "faq_colour"]
    (folder / "b.yml").unlink()
    (entry,) = load_faq(folder, shop, ["lt", "en"])
    assert list(entry.answer) == ["lt", "en"]
    assert entry.examples["lt"][0] == "kiek trunka"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("id: faq_delivery_time", "id: delivery_time", 'faq/a.yml:2: id: "delivery_time" doesn\'t fit'),
        ("id: faq_delivery_time", "id: faq_Delivery", "faq/a.yml:2: id: "),
        ("id: faq_delivery_time", "id: 5", 'faq/a.yml:2: id: must be text; put it in quotes: "5"'),
        ("id: faq_delivery_time", "id:", "faq/a.yml:2: id: empty"),
        ("  - id: faq_delivery_time\n    topic", "  - topic", "faq/a.yml:2: id: missing; write for"),
        ("topic: delivery", "topic: [a]", "faq/a.yml:3: topic: must be one text, not a list"),
        ("topic: delivery", "topic: a\n    topic: b", "faq/a.yml:4: topic: written twice (first in line 3)"),
        ("topic: delivery", "topic: a\n    colour: b", "faq/a.yml:4: colour: unknown key; known: answer, ex"),
        ("    answer:", "    anwser:", 'faq/a.yml:20: anwser: unknown key; did you mean "answer"?'),
        ("    answer:", "    anwser:", "faq/a.yml:2: answer: missing"),
        ("      en: It takes {delivery_days} days.\n", "", 'faq/a.yml:20: answer: missing for language "en"'),
        ("It takes {delivery_days} days.", "", "faq/a.yml:21: answer.en: empty"),
        ("It takes {delivery_days} days.", "[a, b]", "faq/a.yml:21: answer.en: must be one text"),
        ("It takes {delivery_days} days.", "y" * (MAX_ANSWER + 1), "faq/a.yml:21: answer.en: too long (1201"),
        ("{delivery_days} days", "{delivery_day} days", 'unknown placeholder {delivery_day}; did you mean'),
        ("{delivery_days} days", "{zzz} days", "faq/a.yml:21: answer.en: unknown placeholder {zzz}; known: "),
        ("{delivery_days} days", "{shop.name} days", "faq/a.yml:21: answer.en: a brace outside"),
        ("{delivery_days} days", "{shop[0]} days", "faq/a.yml:21: answer.en: a brace outside"),
        ("{delivery_days} days", "{ shop } days", "faq/a.yml:21: answer.en: a brace outside"),
        ("{delivery_days} days", "{{shop}} days", "faq/a.yml:21: answer.en: a brace outside"),
        ("{delivery_days} days", "{shop days", "faq/a.yml:21: answer.en: a brace outside"),
        (
            "{delivery_days} days",
            "{delivery_days, plural, one {# day}}",
            "faq/a.yml:20: answer: en: delivery_days: the plural has no other; this language needs one {…} other",  # noqa: E501
        ),
        (
            "{delivery_days} days",
            "{delivery_day, plural, one {# day} other {# days}}",
            'faq/a.yml:21: answer.en: unknown placeholder {delivery_day}; did you mean "delivery_days"?',
        ),
        ("      en: How long does delivery take?\n", "", 'faq/a.yml:4: question: missing for language "en"'),
        ("How long does delivery take?", "x" * 81, "faq/a.yml:5: question.en: too long (81"),
        ("lt: Kiek trunka", "LT: Kiek trunka", "faq/a.yml:6: question.LT: not a language; write its two"),
        ("        - is it quick\n", "", "faq/a.yml:8: examples.en: only 4 given; write at least 5"),
        ("- is it quick", "- yes: no", "faq/a.yml:13: examples.en[5]: must be one text"),
        ("- is it quick", "- 12", 'faq/a.yml:13: examples.en[5]: must be text; put it in quotes: "12"'),
        ("- is it quick", "-", "faq/a.yml:13: examples.en[5]: empty"),
        ("- is it quick", '- "  "', "faq/a.yml:13: examples.en[5]: empty"),
        ("- is it quick", "- " + "x" * 301, "faq/a.yml:13: examples.en[5]: too long (301"),
        ("- is it quick", "- How long??", 'examples.en[5]: "How long??" stands in faq/a.yml:9 too; keep one'),
        ("- is it quick", "\t- is it quick", "faq/a.yml:13: a tab; use spaces instead"),
        ("- is it quick", "- is it: quick: or not", "faq/a.yml:13: broken YAML"),
        ("- is it quick", "- *none", "faq/a.yml:13: broken YAML"),
        ("- is it quick", '- "is it quick', "broken YAML"),
        ("faq:\n", "faqs:\n", 'faq/a.yml:1: must start with the line "faq:"'),
        ("faq:\n", "version: 3\nfaq:\n", "faq/a.yml:1: version: unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(folder: Path, shop: Shop, old: str, new: str, expected: str) -> None:
    found = problems(folder, shop, changed(old, new))
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", 'faq/a.yml:1: must start with the line "faq:"'),
        (b"faq:", "faq/a.yml:1: faq: must be a list of entries"),
        (b"faq: []", "faq/a.yml:1: faq: must be a list of entries"),
        (b"faq: {a: b}", "faq/a.yml:1: faq: must be a list of entries"),
        (b"faq: [null, 3, text]", "faq/a.yml:1: must be a block"),
        (b"faq:\n - \xff\xfe", "faq/a.yml:2: not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "faq/a.yml:1: larger than 1 MB"),
        (b"faq: " + b"[" * 1000, "faq/a.yml:1: broken YAML"),
    ],
)
def test_a_file_that_is_something_else(folder: Path, shop: Shop, content: bytes, expected: str) -> None:
    found = problems(folder, shop, content)
    assert any(expected in problem for problem in found), found


def test_a_language_that_nobody_wrote_yet(folder: Path, shop: Shop) -> None:
    found = problems(folder, shop, GOOD, "en", "lv")
    assert [problem.split(": ")[1] for problem in found] == ["question", "examples", "answer"]
    assert all('missing for language "lv"; write it below lv:' in problem for problem in found)


def test_ids_and_examples_are_unique_over_all_files(folder: Path, shop: Shop) -> None:
    again = dedent("""\
        faq:
          - id: faq_delivery_time
            topic: other
            question: {en: Again?}
            examples: {en: [again, and again, How many days?, and so on, in one line, in one line]}
            answer: {en: Yes.}
        """)
    (folder / "b.yml").write_text(again, encoding="utf-8")
    assert problems(folder, shop, GOOD) == [
        'faq/b.yml:2: id: "faq_delivery_time" is taken (faq/a.yml:2); write another id',
        'faq/b.yml:5: examples.en[3]: "How many days?" stands in faq/a.yml:10 too; keep one of them',
        'faq/b.yml:5: examples.en[6]: "in one line" stands in faq/b.yml:5 too; keep one of them',
    ]


def test_the_same_words_in_two_languages_are_no_repetition(folder: Path, shop: Shop) -> None:
    (folder / "a.yml").write_text(changed("- ar greitai", "- delivery time"), encoding="utf-8")
    assert len(load_faq(folder, shop, ["en", "lt"])) == 1


def test_all_problems_of_all_files_are_told_at_once(folder: Path, shop: Shop) -> None:
    (folder / "b.yml").write_text("faq:\n" + SECOND.replace("{url}", "{ulr}"), encoding="utf-8")
    (folder / "c.yml").write_text("faq: [", encoding="utf-8")
    (folder / "d.yaml").write_text("", encoding="utf-8")
    text = (
        changed("- is it quick", "-")
        .replace("topic: delivery", "topic: A B")
        .replace("{delivery_days} days", "{x}")
    )
    found = problems(folder, shop, text)
    assert [problem.split(": ")[0] for problem in found] == [
        "faq/a.yml:3",
        "faq/a.yml:8",
        "faq/a.yml:13",
        "faq/a.yml:21",
        "faq/b.yml:7",
        "faq/c.yml:1",
        "faq/d.yaml:1",
    ]
    assert 'did you mean "url"?' in found[4]


def test_no_files_at_all(folder: Path, shop: Shop) -> None:
    for place in (folder, folder / "nowhere"):
        with pytest.raises(KnowledgeError, match="has no FAQ files"):
            load_faq(place, shop, ["en"])


def test_a_plural_takes_the_form_of_the_shops_number(folder: Path, shop: Shop) -> None:
    text = changed(
        "{delivery_days} days", "{return_days, plural, one {# day} other {# days}}, {delivery_days}"
    )
    text = text.replace(
        "{delivery_days} d. d.", "{return_days, plural, one {# dieną} few {# dienas} other {# dienų}}"
    )
    (folder / "a.yml").write_text(text, encoding="utf-8")
    for days, en, lt in ((30, "30 days", "30 dienų"), (1, "1 day", "1 dieną"), (22, "22 days", "22 dienas")):
        other = shop.model_copy(update={"facts": {**shop.facts, "return_days": days}})
        (entry,) = load_faq(folder, other, ["en", "lt"])
        assert entry.answer["en"] == f"It takes {en}, {{delivery_days}}."
        assert entry.answer["lt"] == f"Tai trunka {lt}"


# --- filling in ------------------------------------------------------------------------------------


def test_render_fills_plain_names_once() -> None:
    values = {"shop": "{email}", "email": "a@b.example"}
    assert render("{shop}, {email}, {order_number}", values) == "{email}, a@b.example, {order_number}"


@pytest.mark.parametrize(
    "text", ["{shop.name}", "{shop[0]}", "{shop!r}", "{shop:>9}", "{0}", "{}", "{Shop}", "%(shop)s", "$shop"]
)
def test_render_knows_no_other_syntax(text: str) -> None:
    assert render(text, {"shop": "x"}) == text


@settings(max_examples=50, deadline=None)
@given(st.text(), st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True), st.text()))
def test_render_takes_any_text(text: str, values: dict[str, str]) -> None:
    filled = render(text, values)
    if not re.search(r"\{[a-z_]+\}", text):
        assert filled == text


def test_the_guides_example_is_a_right_one(folder: Path, shop: Shop) -> None:
    guide = (ROOT / "docs" / "knowledge.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(  - id: faq_.*?)```", guide, re.DOTALL)
    (folder / "a.yml").write_text("faq:\n" + block, encoding="utf-8")
    (entry,) = load_faq(folder, shop, ["en"])
    assert entry.id == "faq_shop_visit"
    assert shop.contact.address in render(entry.answer["en"], shop.values("en"))
