"""The router's data file is what training makes of the utterances, and numpy scores as scikit-learn does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ultracore.ai.routing import Router
from ultracore.ai.routing.classifier import load, save
from ultracore.ai.routing.features import features, words
from ultracore.ai.routing.service import CLASSES, LABELS, MODEL_FILE
from ultracore.ai.routing.training import report
from ultracore.ai.routing.training.corpus import HELD_OUT, Corpus, read_corpus, read_held_out
from ultracore.ai.routing.training.fit import Fitted, fit
from ultracore.errors import OperatorError


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus()


@pytest.fixture(scope="module")
def fitted(corpus: Corpus) -> Fitted:
    return fit(corpus)


@pytest.fixture(scope="module")
def small(corpus: Corpus) -> Corpus:
    return Corpus(corpus.texts[::8], corpus.classes[::8], corpus.pairs)


def test_the_shipped_file_is_what_the_utterances_give(fitted: Fitted, corpus: Corpus) -> None:
    shipped = load(MODEL_FILE)
    assert shipped.classes == CLASSES
    assert shipped.vocabulary == fitted.model.vocabulary
    assert (shipped.temperature, shipped.threshold) == pytest.approx(
        (fitted.model.temperature, fitted.model.threshold), abs=0.011
    )
    rebuilt, router = Router(fitted.model), Router(shipped)
    for text in corpus.texts:
        new, old = rebuilt.route(text), router.route(text)
        assert new.confidence == pytest.approx(old.confidence, abs=0.01)


def test_numpy_scores_as_the_scikit_learn_pipeline_does(fitted: Fitted, corpus: Corpus) -> None:
    unseen = [
        "could u pay 3,000 to sam's acct & tell me my balence???",
        "frozen pizza",
        "my super card loan transfer",
    ]
    texts = [*corpus.texts, *(text for *_, text in corpus.pairs), *unseen]
    expected = fitted.pipeline.decision_function(texts)
    for text, row in zip(texts, expected, strict=True):
        found = fitted.model.logits(text)
        assert found is not None
        np.testing.assert_allclose(found, row, atol=0.01)


def test_fitting_twice_gives_the_same_bytes(small: Corpus, tmp_path: Path) -> None:
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    save(fit(small).model, one)
    save(fit(small).model, two)
    assert one.read_bytes() == two.read_bytes()


def test_cross_validation_keeps_its_level(fitted: Fitted, corpus: Corpus) -> None:
    lines = list(report.cross_validation(corpus, fitted))
    macro = next(line for line in lines if "macro-F1" in line)
    assert float(macro.split()[1].rstrip(",")) >= 0.88
    assert sum(line.split()[0] in LABELS for line in lines if line.strip()) == len(LABELS)
    assert all("->" in line for line in report.mistakes(corpus, fitted))


def test_every_label_has_at_least_150_utterances(corpus: Corpus) -> None:
    sizes = np.bincount(corpus.classes, minlength=len(CLASSES))
    assert sizes[: len(LABELS)].min() >= 150


def test_no_held_out_utterance_was_trained_on(corpus: Corpus) -> None:
    trained = {" ".join(words(text)) for text in corpus.texts}
    copied = [text for text, _ in read_held_out() if " ".join(words(text)) in trained]
    assert copied == [], f"these in {HELD_OUT} are in the training files too"


def test_held_out_utterances_are_measured_with_their_mistakes(tmp_path: Path) -> None:
    (tmp_path / "wealth.txt").write_text("# mine\nhow are my shares\n\nwhat's my balance\n", encoding="utf-8")
    rows = read_held_out(tmp_path)
    assert rows == [("how are my shares", "wealth"), ("what's my balance", "wealth")]
    lines = list(report.held_out(Router.load(), rows))
    assert "wealth taken for accounts" in lines[-1]


def test_an_utterance_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    for name in CLASSES:
        (tmp_path / f"{name}.txt").write_text("the same\n", encoding="utf-8")
    (tmp_path / "two_subjects.tsv").write_text("accounts\tpayments\tboth\n", encoding="utf-8")
    with pytest.raises(OperatorError, match="twice"):
        read_corpus(tmp_path)


def test_a_class_without_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"accounts\.txt"):
        read_corpus(tmp_path)


def test_words_come_in_one_spelling() -> None:
    assert words("What\u2019s CAFÉ-worth $50,000 pleeease?") == "whats cafe - worth $ 00000 pleease ?".split()


def test_pieces_mark_the_borders_of_a_word() -> None:
    assert features("pay") == ["w:pay", " pa", "pay", "ay ", " pay", "pay ", " pay "]
