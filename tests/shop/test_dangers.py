"""How customers tell of danger, in the shop's own lists of words, and what only sounds like it."""

from collections import Counter
from pathlib import Path

import pytest

from bot.assistant.evaluation.examples import TrainingData
from bot.shop import facts as shops
from bot.shop import tone
from bot.shop.layers import Layers
from bot.shop.tone import Tone
from bot.shop.yaml_source import SourceError
from store.vocabulary import Mood
from tests.paths import ROOT

LANGUAGES = ("en", "lt", "lv", "id", "kk")
TONES = tone.load(Layers(ROOT), LANGUAGES)
RUSSIAN = [
    "ударило током от чайника",
    "зарядка загорелась",
    "чайник взорвался в руках",
    "ребёнок порезался",
    "запах гари от утюга",
    "телефон задымился, пошел дым",
    "батарея вздулась",
    "получила ожог руки",
    "отравились всей семьей",
    "сын проглотил деталь",
    "udarilo tokom",
]
DANGERS = {
    "en": [
        "the lamp caught fire last night",
        "my daughter got hurt by the broken toy",
        "the charger is smoking!!",
        "it smells like burning plastic",
        "KETTLE EXPLODED in my hands",
        "i got an electric shock from the toaster",
        "it gave me a shock when i plugged it in",
        "the iron shocked my wife",
        "we all got food poisoning from it",
        "the glass cut my son's finger",
        "phone battery is swollen",
        "theres smoke coming out of the charger",
        "my hand is burned",
        "burnt my table",
        "sparks flying out of the plug",
        "he was taken to hospital",
        "my kid swallowed a magnet",
        "plug got so hot it melted",
        "cought fire",
        "my baby choked on a button",
        "My finger got cut",
        "the boiling water scalded me",
        "no one was hurt but it was on fire",
        "the bulb shattered and glass got in my eye",
    ],
    "lt": [
        "lempa užsidegė",
        "LEMPA UZSIDEGE!!!",
        "įkroviklis rūksta",
        "vaikas susižeidė su žaislu",
        "trenkė elektra kai įjungiau",
        "virdulys sprogo rankose",
        "smirdi degesiais is rozetes",
        "baterija issiputus",
        "dukra isipjove pirsta",
        "apsinuodijau kremu",
        "nudegiau ranką",
        "kibirksciuoja kistukas",
        "žmona atsidūrė ligoninėje",
        "vyras susilauze ranka",
        "mane nukrėtė",
        "iš lempos eina dūmai",
        "vos nesudegėm",
        "vaikas nurijo magnetą",
        *RUSSIAN,
    ],
    "lv": [
        "lampa aizdegās",
        "lādētājs kūp",
        "bērns savainojās ar rotaļlietu",
        "iesita strāva",
        "tējkanna uzsprāga rokās",
        "smirdeja pec deguma",
        "akumulators uzpūties",
        "meita iegrieza pirkstā",
        "saindējos ar krēmu",
        "apdedzinaju roku",
        "dzirksteļo kontaktdakša",
        "sieva nonāca slimnīcā",
        "vīrs salauza roku",
        "no lampas nāk dūmi",
        "asiņo pirksts",
        "mājās gandrīz ugunsgrēks",
        "norija magnētu",
        *RUSSIAN,
    ],
    "id": [
        "lampunya kebakar kak",
        "chargernya keluar asap",
        "anak saya terluka kena mainan",
        "kesetrum pas colok",
        "ketelnya meledaaaak",
        "bau gosong",
        "baterainya bengkak",
        "jari anak saya kesayat",
        "keracunan makanan dari sini",
        "tangan saya melepuh",
        "keluar percikan api",
        "colokannya meleleh",
        "istri saya sampai masuk rumah sakit",
        "suami saya jatuh patah tulang",
        "rumah saya hampir kebakaran",
        "anak saya keselek",
        "kacanya pecah tangan saya berdarah",
        "korslet sampe listrik rumah mati",
    ],
    "kk": [
        "шам өртеніп кетті",
        "зарядтағыштан түтін шығып жатыр",
        "балам жарақат алды",
        "ток ұрып жіберді",
        "tok urdy",
        "шәйнек жарылып кетті",
        "күйік иісі шығып тұр",
        "батареясы ісіп кетті",
        "қызым саусағын кесіп алды",
        "кремнен уланып қалдым",
        "қолымды күйдіріп алдым",
        "қолымды куйдирип алдым",
        "розеткадан ұшқын шығып жатыр",
        "әйелім ауруханаға түсті",
        "кішкене бөлшегін балам жұтып қойды",
        "жедел жәрдем шақырдық",
        *RUSSIAN,
    ],
}
HARMLESS = {
    "en": [
        "is the fire sale still on",
        "a hot water bottle please",
        "this deal is fire",
        "the lamp burns 40 W",
        "your prices are on fire",
        "do you have it in smoke grey or burnt orange",
        "shock price!",
        "gas stove cover 60 cm",
        "is the lamp safe for children?",
        "is it fire resistant?",
        "is the battery safe on a plane",
        "a smoke detector and a fire extinguisher",
        "shock absorbers for my bike",
        "the bulb burned out after a week",
        "is it a choking hazard for a baby",
        "please cut the order in half",
        "the exploding kittens game",
        "can you deliver to the hospital",
        "a smoking jacket, size M",
        "a first aid kit with bandages",
        "the shoes hurt a little, can I exchange them",
        "Burns Road 5, Fireside Court",
        'is "The House Is Burning" in stock',
    ],
    "lt": [
        "gaisrinės mašina vaikui",
        "dūmų detektorius",
        "ar lempa saugi vaikams",
        "ar audinys nedegus",
        "lemputė dega raudonai",
        "užsidegė lemputė ant maršrutizatoriaus",
        "dūminė spalva yra?",
        "šildyklė kojoms",
        "taškai sudegė?",
        "siunta nukentėjo kelyje",
        "dujinės viryklės dangtis",
        "man dega, reikia rytoj",
        "adresas Ugniagesių g. 3",
        "Feuer",
    ],
    "lv": [
        "dūmu detektors",
        "vai lampa ir droša bērniem",
        "lampiņa deg zaļā krāsā",
        "spuldze izdega",
        "mana punkti sadega",
        "gāzes plīts pārsegs",
        "kūpināts lasis",
        "piepūšamais baseins",
        "vai audums ir ugunsdrošs",
        "aizdevums uz nomaksu",
        "Uguns iela 4, Rīga",
    ],
    "id": [
        "alarm kebakaran ada?",
        "apakah lampunya aman untuk anak",
        "poin saya hangus ya?",
        "vouchernya hangus",
        "kompor gas 2 tungku",
        "warna smoke grey",
        "bantal pemanas",
        "diskonnya membara kak",
        "alamat Jalan Api no 3",
        "tahan api ga kainnya",
        "boneka gunung meletus, gunung api meletus",
        "barangnya rusak",
    ],
    "kk": [
        "өрт сөндіргіш бар ма",
        "түтін датчигі қанша",
        "шам балаларға қауіпсіз бе",
        "шам жанып тұр",
        "бонусым күйіп кетті ме",
        "экраны жарылған телефон келді",
        "газ плитаның қақпағы",
        "түтін түсті көйлек",
        "ток үнемдейтін шам",
        "құп, болады",
        "бір цифрын жұтып қойыппын",
        "доставка из Канады",
    ],
}


def _all(texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language in texts for text in texts[language]]


@pytest.mark.parametrize(("language", "text"), _all(DANGERS))
def test_danger(language: str, text: str) -> None:
    assert TONES[language].hear(text).danger


@pytest.mark.parametrize(("language", "text"), _all(HARMLESS))
def test_what_only_sounds_like_it(language: str, text: str) -> None:
    """In no language: all lists are asked, whichever is spoken."""
    assert {one: TONES[one].hear(text).danger for one in LANGUAGES} == dict.fromkeys(LANGUAGES, frozenset())


def test_the_words_are_told() -> None:
    heard = TONES["en"].hear("It CAUGHT fire, and my hand is burned")
    assert heard.danger == {"caught fire", "burned"}
    assert (heard.mood, heard.alarming) == (Mood.CALM, False)


def test_danger_is_heard_beside_a_threat() -> None:
    sound = TONES["en"].hear("it caught fire, I'll sue you")
    assert sound.danger and (sound.mood, sound.alarming) == (Mood.THREATENING, True)


def test_customers_who_want_something_else_tell_of_none() -> None:
    """Of forty thousand sentences that customers may write, only some about goods that failed or about other
    things than the shop's tell of danger; no question that the FAQ answers does."""
    examples = TrainingData.load(ROOT, shops.load(ROOT / "shop.yml")).examples
    found: Counter[str] = Counter()
    for example in examples:
        found[example.intent] += any(TONES[one].hear(example.text).danger for one in LANGUAGES)
    assert len(examples) > 40_000
    likely = ("warranty_claim", "report_problem", "out_of_scope")
    assert sum(found[intent] for intent in likely) >= 20, "many of those mean it"
    others = {intent: count for intent, count in found.items() if count and intent not in likely}
    assert sum(others.values()) <= 3, others
    assert not [intent for intent in others if intent.startswith("faq_")]


def test_a_language_of_ones_own_without_the_list_has_no_danger() -> None:
    assert Tone({"threats": ["court"]}).hear("it exploded").danger == frozenset()


def write(home: Path, text: str) -> Layers:
    path = home / "data" / "escalation" / "en.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return Layers(home)


def test_an_owners_list_stands_in_the_place_of_ours(tmp_path: Path) -> None:
    mine = tone.load(write(tmp_path, "dangers:\n  - leak* ... gas\n"), ["en"])["en"]
    assert mine.hear("it leaks a lot of gas").danger and not mine.hear("it exploded").danger
    assert mine.hear("I'll sue you").alarming, "the other lists are ours"


def test_an_owner_can_have_none(tmp_path: Path) -> None:
    assert not tone.load(write(tmp_path, "dangers: []\n"), ["en"])["en"].hear("it exploded").danger


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dangers:\n  - fire\n  - b*rn\n", 'en.yml:3: dangers[2]: "b*rn": a * stands at the end'),
        ("dangers:\n  - ... fire\n", "en.yml:2: dangers[1]: ... stands between two words"),
        ("dangers: fire\n", "en.yml:1: dangers: must be a list"),
        ("dangers:\n  - 112\n", "en.yml:2: dangers[1]: must be text"),
        ("dangers:\n  -\n", "en.yml:2: dangers[1]: empty"),
        ("dangers:\n  - '!!!'\n", "en.yml:2: dangers[1]: no word"),
        (f"dangers:\n  - {'x' * 81}\n", "en.yml:2: dangers[1]: "),
        ("dangers:\n" + "  - fire\n" * 1001, "en.yml:1: dangers: "),
        ("dangers:\n  - fire\ndangers: []\n", "en.yml:3: "),
    ],
)
def test_a_wrong_list_is_refused_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        tone.load(write(tmp_path, text), ["en"])
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", ["", " ", "?" * 4000, "fire " * 1000, "a\0b", "burn" * 1000, "🔥" * 500])
def test_any_text_can_be_heard(text: str) -> None:
    assert TONES["en"].hear(text).danger == frozenset()
