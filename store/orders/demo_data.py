"""The made-up people and products of the demonstration shop."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from store.vocabulary import NoReturn


@dataclass(frozen=True, slots=True)
class Country:
    """Where customers live. Family names are (a man's, a woman's); the phone has room for a number
    below 400, and belongs to a range kept free for fiction where the country has one."""

    language: str
    currencies: tuple[str, ...]
    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    towns: dict[str, str]  # and the country that each is in, ISO 3166
    carriers: tuple[str, ...]
    phone: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((man, woman or man) for man, _, woman in (name.partition("/") for name in text.split()))


COUNTRIES: Final = (
    Country(
        language="en",
        currencies=("EUR", "EUR", "USD"),
        men=_words("James Oliver Daniel Samuel Henry Thomas Adam Patrick"),
        women=_words("Emma Grace Sophie Hannah Chloe Alice Ruth Megan"),
        families=_pairs("Carter Walsh Bennett Murphy O'Neill Hughes Fletcher Price Shaw Brooks"),
        streets=("Elm Street", "Station Road", "Mill Lane", "Harbour View"),
        towns={
            "Boston, MA 02108, USA": "US",
            "Chicago, IL 60601, USA": "US",
            "Dublin D02, Ireland": "IE",
            "Valletta, Malta": "MT",
        },
        carriers=("DHL Express", "UPS", "FedEx"),
        phone="+1{area}55501{last:02d}",
    ),
    Country(
        language="lt",
        currencies=("EUR",),
        men=_words("Jonas Tomas Mantas Lukas Andrius Darius Paulius Žygimantas"),
        women=_words("Rūta Eglė Ieva Gabija Austėja Živilė Jūratė Monika"),
        families=_pairs(
            "Kazlauskas/Kazlauskienė Petrauskas/Petrauskaitė Jankauskas/Jankauskienė Žukas/Žukaitė "
            "Stankevičius/Stankevičiūtė Šimkus/Šimkutė Butkus/Butkienė Vaitkus/Vaitkutė"
        ),
        streets=("Gedimino pr.", "Laisvės al.", "Žalgirio g.", "Taikos pr."),
        towns={
            "LT-01103 Vilnius": "LT",
            "LT-44240 Kaunas": "LT",
            "LT-91230 Klaipėda": "LT",
            "LT-76298 Šiauliai": "LT",
        },
        carriers=("Omniva", "DPD", "LP Express"),
        phone="+37060000{number:03d}",
    ),
    Country(
        language="lv",
        currencies=("EUR",),
        men=_words("Jānis Mārtiņš Kristaps Andris Edgars Artūrs Roberts Ģirts"),
        women=_words("Anna Līga Ilze Kristīne Laura Elīna Dace Šarlote"),
        families=_pairs(
            "Bērziņš/Bērziņa Kalniņš/Kalniņa Ozoliņš/Ozoliņa Liepiņš/Liepiņa Krūmiņš/Krūmiņa "
            "Ģērmanis/Ģērmane Zariņš/Zariņa Ķirsis/Ķirse"
        ),
        streets=("Brīvības iela", "Čaka iela", "Lāčplēša iela", "Rīgas iela"),
        towns={
            "Rīga, LV-1010": "LV",
            "Liepāja, LV-3401": "LV",
            "Daugavpils, LV-5401": "LV",
            "Jūrmala, LV-2015": "LV",
        },
        carriers=("Omniva", "DPD", "Latvijas Pasts"),
        phone="+37120000{number:03d}",
    ),
    Country(
        language="id",
        currencies=("EUR", "IDR"),
        men=_words("Budi Agus Rizky Dimas Bayu Hendra Joko Fajar"),
        women=_words("Siti Dewi Putri Rina Ayu Wulan Intan Ratna"),
        families=_pairs("Santoso Wijaya Pratama Saputra Hidayat Kusuma Nugroho Lestari"),
        streets=("Jl. Sudirman", "Jl. Diponegoro", "Jl. Gajah Mada", "Jl. Merdeka"),
        towns={"Jakarta 10220": "ID", "Bandung 40111": "ID", "Surabaya 60271": "ID", "Denpasar 80111": "ID"},
        carriers=("JNE", "J&T Express", "SiCepat"),
        phone="+6281200000{number:03d}",
    ),
    Country(
        language="kk",
        currencies=("EUR", "KZT"),
        men=_words("Нұрлан Ерлан Арман Данияр Айдос Бекзат Тимур Қайрат"),
        women=_words("Айгүл Динара Әсел Жанар Мадина Гүлнар Сәуле Ақбота"),
        families=_pairs(
            "Ахметов/Ахметова Серіков/Серікова Оспанов/Оспанова Қасымов/Қасымова Нұрғалиев/Нұрғалиева "
            "Жүнісов/Жүнісова Әбілов/Әбілова Сейітов/Сейітова"
        ),
        streets=("Абай даңғылы", "Достық даңғылы", "Қабанбай батыр көшесі", "Тұран даңғылы"),
        towns={
            "Алматы 050000": "KZ",
            "Астана 010000": "KZ",
            "Шымкент 160000": "KZ",
            "Қарағанды 100000": "KZ",
        },
        carriers=("Kazpost", "CDEK", "DHL Express"),
        phone="+77000000{number:03d}",
    ),
)

# For e-mail addresses; what Unicode decomposes (š, ģ, ė) is not listed.
LATIN: Final = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфхыэғәіқңөұүһ", "abvgdeziiklmnoprstufhyegaiqnouuh", strict=True))
    | {"ж": "zh", "ч": "ch", "ш": "sh", "ю": "yu", "я": "ya"}
)

RATES: Final = {"EUR": Decimal(1), "USD": Decimal("1.1"), "IDR": Decimal(17000), "KZT": Decimal(520)}
DELIVERY: Final = Decimal("4.90")  # in EUR
# Per cent of tax within a price; in the United States it comes on top, and the shop sends none there.
TAXES: Final = {"US": 0, "IE": 23, "MT": 18, "LT": 21, "LV": 21, "ID": 11, "KZ": 16}
STEPS: Final = {"EUR": Decimal("0.1"), "USD": Decimal("0.1"), "IDR": Decimal(1000), "KZT": Decimal(10)}

# What can't be sent back for no reason.
NO_RETURN: Final = {
    "ELE-501": NoReturn.HYGIENE,
    "BEA-801": NoReturn.SEALED,
    "BEA-802": NoReturn.HYGIENE,
}
# (article number, name, price in EUR)
PRODUCTS: Final = tuple(
    (sku, name, Decimal(price))
    for sku, name, price in (
        ("CLO-101", "Linen shirt", "39.90"),
        ("CLO-102", "Wool jumper", "64.90"),
        ("CLO-103", "Rain jacket", "89.00"),
        ("CLO-104", "Cotton socks, 5 pairs", "14.90"),
        ("SHO-201", "Running shoes", "94.90"),
        ("SHO-202", "Leather boots", "139.00"),
        ("SHO-203", "House slippers", "24.90"),
        ("HOM-301", "Bedside lamp", "34.50"),
        ("HOM-302", "Linen bedding, double", "119.00"),
        ("HOM-303", "Wall clock", "29.90"),
        ("KIT-401", "Coffee grinder", "49.90"),
        ("KIT-402", "Cast-iron pan, 26 cm", "44.90"),
        ("KIT-403", "Set of four mugs", "32.00"),
        ("ELE-501", "Wireless headphones", "129.00"),
        ("ELE-502", "Phone charger, 45 W", "27.90"),
        ("ELE-503", "E-book reader", "149.00"),
        ("BOO-601", "Cookbook: One Pot", "22.50"),
        ("BOO-602", "Atlas of Small Islands", "35.00"),
        ("TOY-701", "Wooden train set", "54.90"),
        ("TOY-702", "Puzzle, 1000 pieces", "16.90"),
        ("BEA-801", "Hand cream, 75 ml", "9.90"),
        ("BEA-802", "Electric toothbrush", "59.90"),
        ("GAR-901", "Pruning shears", "26.90"),
        ("GAR-902", "Watering can, 8 l", "19.90"),
        ("SPO-951", "Yoga mat", "29.90"),
        ("SPO-952", "Bicycle helmet", "49.90"),
        ("PET-971", "Dog bed, medium", "44.00"),
        ("STA-981", "Notebook, dotted A5", "12.90"),
    )
)


def price_in(currency: str, euros: Decimal) -> Decimal:
    """A price as the shop rounds it in a currency."""
    if currency == "EUR":
        return euros
    step = STEPS[currency]
    return (euros * RATES[currency] / step).quantize(Decimal(1)) * step
