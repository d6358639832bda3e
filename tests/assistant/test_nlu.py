"""The classifier's parts: how texts are normalised and cut, and what a trained model keeps."""

from pathlib import Path

import numpy as np
import pytest

from bot.assistant.nlu.classifier import LinearModel, _favour
from bot.assistant.nlu.ngrams import word_ngrams
from bot.shop.wording.folding import fold, normalise

TEXTS = [
    *("where is my order", "track my order", "order status please", "where is the parcel now"),
    *("i want my money back", "refund please", "when is the refund coming", "money back for my order"),
    *("tell me a joke", "what is the weather", "who won the match", "sing me a song"),
]
LABELS = ["track"] * 4 + ["refund"] * 4 + ["out_of_scope"] * 4


@pytest.fixture(scope="module")
def model() -> LinearModel:
    return LinearModel.fit(TEXTS, LABELS, outside="out_of_scope")


@pytest.mark.parametrize(
    "texts",
    [
        ("тапсырысым қайда", "Тапсырысым кайда", "tapsyrysym qaida", "tapsirisim kaida"),
        ("жеткізу қанша тұрады", "jetkizu qansha turady", "zhetkizu kansha turadi"),
        ("kur mano užsakymas", "KUR MANO UZSAKYMAS"),
        ("where is 10234", "where is #20871"),
    ],
)
def test_one_text_has_many_spellings(texts: tuple[str, ...]) -> None:
    assert len({normalise(text) for text in texts}) == 1


def test_letters_stay_where_diacritics_matter() -> None:
    assert normalise("Тапсырысым Қайда", folded=False) == "тапсырысым қайда"
    # Entities are found in the folded text: no letter may become two.
    assert len(fold("щётка, юбка, часы")) == len("щётка, юбка, часы")


def test_inflected_words_share_their_stems() -> None:
    one, other = (set(word_ngrams(text)) for text in ("užsakymas atvyko", "užsakymo neatvyko"))
    assert {"užs3", "užsa4", "^4 užsa4"} <= one & other
    assert not {"užsakymas", "atvyko"} & other


def test_what_only_one_text_says_is_left_out(model: LinearModel) -> None:
    words, _ = model.blocks
    assert "refund" in words.index
    assert "weather" not in words.index


def test_a_saved_model_says_the_same(model: LinearModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded = LinearModel.load(tmp_path)
    for text in (*TEXTS, "", "ъь", "nothing known"):
        assert np.allclose(model.scores(text), loaded.scores(text), atol=0.01)


def test_training_twice_gives_the_same_model(model: LinearModel) -> None:
    again = LinearModel.fit(TEXTS, LABELS, outside="out_of_scope")
    assert np.array_equal(again.weights, model.weights)
    assert again.temperature == model.temperature


def test_what_is_outside_is_favoured_as_far_as_it_helps() -> None:
    targets = np.array([0, 0, 1, 1])
    short_of_a_little = np.array([[0.5, -0.5], [0.5, -0.5], [0.1, 0.0], [0.2, 0.05]])
    assert 0.15 < _favour(short_of_a_little, targets, 1) <= 0.2
    hopeless = np.array([[0.1, 0.0], [0.1, 0.0], [0.5, -0.5], [0.5, -0.5]])
    assert _favour(hopeless, targets, 1) == 0
