"""How messages sound, in the shop's own lists of words."""

from collections import Counter
from pathlib import Path

import pytest

from bot.assistant.evaluation.examples import TrainingData
from bot.shop import facts as shops
from bot.shop import tone
from bot.shop.layers import Layers
from bot.shop.tone import Sound, Tone, strongest
from bot.shop.yaml_source import SourceError
from store.vocabulary import Mood
from tests.paths import ROOT

TONES = tone.load(Layers(ROOT), ["en", "lt", "lv", "id", "kk"])

THREATS = {
    "en": [
        "I'll sue you",
        "you will hear from our lawyers",
        "see you in court then",
        "I am going to the police with this",
        "I'm filing a chargeback tomorrow",
        "I will report you to Trading Standards",
        "My lawyer will contact you next week.",
    ],
    "lt": [
        "paduosiu jus į teismą",
        "PADUOSIU I TEISMA!!!",
        "susitiksim teisme",
        "kreipsiuosi į policiją",
        "mano advokatas su jumis susisieks",
        "skundas jau rašomas Valstybinei vartotojų teisių apsaugos tarnybai",
    ],
    "lv": [
        "vērsīšos tiesā",
        "tiekamies tiesa",
        "iesniegšu sūdzību PTAC",
        "iešu uz policiju",
        "mans jurists ar jums sazināsies",
        "griezīšos Patērētāju tiesību aizsardzības centrā",
    ],
    "id": [
        "saya laporkan ke polisi",
        "awas ya kalian, saya viralin",
        "saya akan tempuh jalur hukum",
        "pengacara saya akan menghubungi kalian",
        "sampai ketemu di pengadilan",
        "saya lapor ke YLKI",
    ],
    "kk": [
        "сотқа беремін",
        "sotqa beremin",
        "полицияға арыз жазамын",
        "менің адвокатым хабарласады",
        "прокуратураға барамын",
        "подам на вас в суд, подам в суд",
        "тұтынушылардың құқығын қорғау комитетіне жазамын",
    ],
}
INSULTS = {
    "en": [
        "fuck you",
        "FUCK YOUUUUU",
        "you are thieves",
        "you bloody scammers... you scammers",
        "bunch of idiots",
    ],
    "lt": ["jūs sukčiai", "jus tikri sukciai", "idiotai", "eikit velniop", "eik nachui"],
    "lv": ["jūs esat krāpnieki", "idioti", "debīļi tādi", "ejiet ellē", "ej dirst"],
    "id": ["dasar penipu", "kalian semua penipu", "bangsat", "goblok semua", "brengsek banget"],
    "kk": ["сендер алаяқсыңдар", "алаяқсыздар", "мошенниксиңдер", "идите нахуй", "ақымақтар", "долбоебы"],
}
SWEARING = {
    "en": ["where the fuck is my order", "this is bullshit", "I'm so pissed off"],
    "lt": ["blet kur siunta", "kas čia per šūdas", "užkniso jau"],
    "lv": ["bļin kur ir paka", "kas tas par sūdu, sūdi vien", "besī jau"],
    "id": ["anjir lama banget", "sialan paketnya telat", "kesel gw"],
    "kk": ["блять тапсырысым қайда", "пиздец қой мынау", "ашуым келіп тұр"],
}
UPSET = {
    "en": ["this is ridiculous", "very disappointed", "WHERE IS MY PARCEL PLEASE", "hello???"],
    "lt": ["labai nusivyliau", "kiek galima laukti", "KUR MANO SIUNTA, LAUKIU"],
    "lv": ["esmu vīlies", "cik var gaidīt", "KUR IR MANA PAKA, GAIDU"],
    "id": ["saya kecewa", "parah sih", "MANA PAKET SAYA KAK"],
    "kk": ["көңілім қатты қалды", "масқара ғой", "ТАПСЫРЫСЫМ ҚАЙДА ЖҮР"],
}
CALM = {
    "en": [
        "do you sell killer headphones",
        "I live in Scunthorpe, do you deliver there",
        "I'm a lawyer and need an invoice for my law firm",
        "do you have the board game Court of Thieves",
        'is "Fuck You, Pay Me" in stock, the paperback',
        "is the book “I'll Sue You” available",
        "a police costume for my son, size 128",
        "what is a chargeback and how long does it take",
        "a thief stole the parcel from my porch",
        "my neighbour got scammed online, how do you protect payments",
        "how do I know you are not scammers",
        "an assassin's creed hoodie please",
        "Dick Smith, order 10234",
        "do you have a bass guitar and a Moby Dick edition",
        "the cocktail set and a shiitake kit",
        "can I shoot you an e-mail",
        "this kettle is the bomb",
        "the courthouse street 5 is my address",
        "OK",
        "SIZE XL",
    ],
    "lt": [
        "ar jūs ne sukčiai, norėjau pirkti",
        "vagys pavogė siuntą iš laiptinės, ką daryti",
        "noriu knygos „Teismas“ pirmo leidimo",
        "blynų keptuvė 28 cm, ar turit",
        "policininko kostiumas vaikui",
        "esu advokatė, reikia sąskaitos kontorai",
        "kur mano užsakymas",
        "adresas Teismo g. 5, Vilnius",
    ],
    "lv": [
        "vai jūs neesat krāpnieki",
        "zagļi nozaga paku no kāpņutelpas",
        "man vajag grāmatu „Tiesa”",
        "policista kostīms bērnam",
        "esmu advokāte, vajag rēķinu birojam",
        "adrese Tiesas iela 5, Rīga",
        "kur ir mans pasūtījums",
        "DVI kabelis 2 metri",
    ],
    "id": [
        "saya suka barangnya, makasih kak",
        "makanan anjing 5 kg ada?",
        "kalung anjing ukuran M",
        "paketnya diambil maling di depan rumah, gimana ya",
        "kostum polisi anak ada ga",
        "alamatnya Jalan Pengadilan no 5",
        "paket saya di mana",
        "buku “Penipu Kelas Kakap” ready?",
    ],
    "kk": [
        "иттерге арналған тағам бар ма",
        "малдарға арналған жем сатасыздар ма",
        "мен адвокатпын, кеңсеге шот керек",
        "полицейдің костюмі балаға",
        "«Сот» деген кітап бар ма",
        "интернетте алаяқтар көп, сіздерде қауіпсіз бе",
        "тапсырысым қайда",
        "мекенжайым Сот көшесі 5",
        "доставка қанша тұрады",
    ],
}
DEMANDS = {
    "en": ["delete all my data", "GDPR request: send me a copy of my data", "I invoke my right to erasure"],
    "lt": ["ištrinkite visus mano asmens duomenis", "pagal BDAR 17 straipsnį prašau ištrinti duomenis"],
    "lv": ["izdzēsiet visus manus datus", "pieprasu savu datu kopiju"],
    "id": ["hapus semua data pribadi saya", "berdasarkan UU PDP saya minta salinan semua data saya"],
    "kk": ["барлық деректерімді жойыңыздар", "GDPR бойынша деректерімді өшіріңіз"],
}
QUESTIONS = {
    "en": ["how do I delete my data", "are you GDPR compliant", "delete my account", "what data do you keep"],
    "lt": ["kaip ištrinti paskyrą ir savo duomenis", "o kaip bdar?", "uždarykit mano paskyrą"],
    "lv": ["kā izdzēst kontu un savus datus", "vai ievērojat datu aizsardzības regulu"],
    "id": ["gimana cara hapus data saya", "sesuai aturan perlindungan data pribadi ga?"],
    "kk": ["деректерімді қалай жоямын", "GDPR талаптарын орындайсыздар ма"],
}


def _all(texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language in texts for text in texts[language]]


@pytest.mark.parametrize(("language", "text"), _all(THREATS))
def test_a_threat(language: str, text: str) -> None:
    sound = TONES[language].hear(text)
    assert (sound.mood, sound.alarming) == ("threatening", True)


@pytest.mark.parametrize(("language", "text"), _all(INSULTS))
def test_an_insult(language: str, text: str) -> None:
    sound = TONES[language].hear(text)
    assert (sound.mood, sound.alarming) == ("angry", True)


@pytest.mark.parametrize(("language", "text"), _all(SWEARING))
def test_swearing_is_anger_and_no_alarm(language: str, text: str) -> None:
    assert TONES[language].hear(text) == Sound(Mood.ANGRY)


@pytest.mark.parametrize(("language", "text"), _all(UPSET))
def test_disappointment_and_shouting(language: str, text: str) -> None:
    assert TONES[language].hear(text) == Sound(Mood.UPSET)


@pytest.mark.parametrize(("language", "text"), _all(CALM))
def test_harmless_words_are_calm(language: str, text: str) -> None:
    assert TONES[language].hear(text) == Sound()


@pytest.mark.parametrize(("language", "text"), _all(DEMANDS))
def test_a_demand_about_personal_data(language: str, text: str) -> None:
    assert TONES[language].hear(text).demands_data


@pytest.mark.parametrize(("language", "text"), _all(QUESTIONS))
def test_a_question_about_personal_data(language: str, text: str) -> None:
    assert TONES[language].hear(text) == Sound()


def test_customers_who_want_something_else_raise_no_alarm() -> None:
    """Among forty thousand sentences that customers may write, hardly any is taken for a threat or an insult
    that is none."""
    shop = shops.load(ROOT / "shop.yml")
    alarms: Counter[str] = Counter()
    count = 0
    for example in TrainingData.load(ROOT, shop).examples:
        if example.intent not in ("complaint", "human_agent", "out_of_scope", "newsletter_unsubscribe"):
            count += 1
            alarms[example.language] += TONES[example.language].hear(example.text).alarming
    assert count > 20_000
    assert max(alarms.values()) <= 3, alarms


@pytest.mark.parametrize(
    "text", ["", " ", "?" * 4000, "“" * 4000, '"' * 4001, "a\0b", "you " * 1000, "😡" * 500]
)
def test_any_text_has_a_mood(text: str) -> None:
    assert TONES["en"].hear(text).mood in (Mood.CALM, Mood.UPSET)


def test_the_strongest_mood() -> None:
    assert strongest([Mood.CALM, Mood.THREATENING, Mood.ANGRY]) == "threatening"
    assert strongest([]) == "calm"


def test_nothing_is_heard_without_lists() -> None:
    assert Tone({}).hear("fuck you, I'll sue") == Sound()


def write(home: Path, text: str) -> Layers:
    path = home / "data" / "escalation" / "en.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return Layers(home)


def test_a_list_of_the_owners_stands_in_the_place_of_ours(tmp_path: Path) -> None:
    layers = write(tmp_path, "insults:\n  - rotter*\nthrets: []\n")
    mine = tone.load(layers, ["en", "lt"])
    assert mine["en"].hear("you rotters").alarming
    assert not mine["en"].hear("you idiot").alarming and TONES["en"].hear("you idiot").alarming
    assert mine["en"].hear("I'll sue you").mood == "threatening"
    (note,) = layers.notes
    assert "en.yml:3: threts: " in str(note) and 'did you mean "threats"?' in str(note)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("threats:\n  - i'll sue\n  - s*e\n", 'en.yml:3: threats[2]: "s*e": a * stands at the end'),
        ("threats:\n  - ... data\n", "en.yml:2: threats[1]: ... stands between two words"),
        ("threats: sue\n", "en.yml:1: threats: must be a list"),
        ("threats:\n  - 5\n", "en.yml:2: threats[1]: must be text"),
        ("threats:\n  -\n", "en.yml:2: threats[1]: empty"),
        ("[]\n", "en.yml:1: must be blocks"),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        tone.load(write(tmp_path, text), ["en"])
    assert problem in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"xx\.yml:1: there is no such file"):
        tone.load(Layers(tmp_path), ["xx"])
