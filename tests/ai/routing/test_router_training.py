"""The router's data file is what training makes of the utterances, and it scores as the fitted weights do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ultracore.ai.routing import Router
from ultracore.ai.routing.classifier import load, save
from ultracore.ai.routing.features import features, words
from ultracore.ai.routing.service import CLASSES, LABELS, MODEL_FILE
from ultracore.ai.routing.training import report
from ultracore.ai.routing.training.corpus import Corpus, read_corpus
from ultracore.ai.routing.training.evaluation import accuracy, judge
from ultracore.ai.routing.training.fit import Fitted, count_all, fit
from ultracore.ai.routing.training.sources import HELD_OUT, held_out, read_folder
from ultracore.errors import OperatorError


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus()


@pytest.fixture(scope="module")
def fitted(corpus: Corpus) -> Fitted:
    return fit(corpus)


@pytest.fixture(scope="module")
def small(corpus: Corpus) -> Corpus:
    return corpus.part(12)


def test_the_shipped_file_was_made_of_the_utterances_that_the_repository_holds(corpus: Corpus) -> None:
    shipped = load(MODEL_FILE)
    assert shipped.classes == CLASSES
    assert shipped.made_of.split()[0] == corpus.made_of.split()[0], "rebuild it, as docs/router.md says"
    assert MODEL_FILE.stat().st_size < 3_000_000


def test_the_shipped_file_knows_what_it_was_trained_on(corpus: Corpus) -> None:
    assert accuracy(judge(Router.load(), corpus.utterances)) >= 0.97


def test_the_shipped_form_scores_as_the_fitted_weights_do(fitted: Fitted, corpus: Corpus) -> None:
    texts = [row.text for row in corpus.part(7).utterances]
    table = count_all([row.text for row in corpus.utterances])
    expected = fitted.weights.logits(table.counts[::7])
    for text, row in zip(texts, expected, strict=True):
        found = fitted.model.logits(text)
        assert found is not None
        np.testing.assert_allclose(found, row, atol=0.35)
        assert found.argmax() == row.argmax() or row.max() - row[found.argmax()] < 0.35


def test_fitting_twice_gives_the_same_bytes(small: Corpus, tmp_path: Path) -> None:
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    save(fit(small).model, one)
    save(fit(small).model, two)
    assert one.read_bytes() == two.read_bytes()


def test_unseen_utterances_keep_their_level(fitted: Fitted, corpus: Corpus) -> None:
    lines = [line.split() for line in report.unseen(corpus, fitted)]
    first, second = (
        [float(line[-1]) for line in lines if line[:2] == ["writer", name] and len(line) == 4] for name in "AB"
    )
    # By the other folds, and by a router that has seen nothing of the writer.
    assert first[0] >= 0.88 and first[1] >= 0.77
    assert second[0] >= 0.79 and second[1] >= 0.75
    assert sum(line[0] in LABELS for line in lines) == 2 * len(LABELS)


def test_every_label_has_at_least_150_utterances(corpus: Corpus) -> None:
    kinds = [row.kind for row in corpus.utterances]
    assert min(kinds.count(label) for label in LABELS) >= 150


def test_no_held_out_utterance_was_trained_on(corpus: Corpus) -> None:
    trained = {(row.language, " ".join(words(row.text))) for row in corpus.utterances}
    copied = [row.text for row in held_out() if (row.language, " ".join(words(row.text))) in trained]
    assert copied == [], f"these in {HELD_OUT} are in the training files too"


def test_lines_below_a_heading_have_its_intent(tmp_path: Path) -> None:
    (tmp_path / "wealth.txt").write_text("# mine\nhow are my shares\n\nwhat's my balance\n", encoding="utf-8")
    rows = read_folder(tmp_path, "me")
    assert [(row.text, row.kind, row.intent) for row in rows] == [
        ("how are my shares", "wealth", "mine"),
        ("what's my balance", "wealth", "mine"),
    ]


def test_an_utterance_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    (tmp_path / "thanks.txt").write_text("the same\n", encoding="utf-8")
    (tmp_path / "second_writer.txt").write_text("[thanks]\nthe same\n", encoding="utf-8")
    with pytest.raises(OperatorError, match="twice"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("missing", ["accounts.txt", "second_writer.txt", "two_subjects.tsv"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    write_corpus(tmp_path)
    assert len(read_corpus(tmp_path).utterances) == len(CLASSES)
    (tmp_path / missing).unlink()
    with pytest.raises(OperatorError, match=missing):
        read_corpus(tmp_path)


def write_corpus(folder: Path) -> None:
    for name in CLASSES:
        (folder / f"{name}.txt").write_text(f"one of {name}\n", encoding="utf-8")
    (folder / "second_writer.txt").write_text("", encoding="utf-8")
    (folder / "two_subjects.tsv").write_text("accounts\tpayments\tboth\n", encoding="utf-8")


def test_words_come_in_one_spelling() -> None:
    assert words("What\u2019s CAFÉ-worth $50,000 pleeease?") == "whats cafe - worth $ 00000 pleease ?".split()


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("मेरा कार्ड खो गया।", ["मेरा", "कार्ड", "खो", "गया", "।"]),
        ("我的卡丢了,help", ["我的卡丢了", ",", "help"]),
        ("بِطَاقَتِي مسروقـة", ["بطاقتي", "مسروقه"]),
        ("Thẻ của tôi", ["the", "cua", "toi"]),
    ],
)
def test_words_are_split_by_their_script(text: str, split: list[str]) -> None:
    assert words(text) == split


def test_pieces_mark_the_borders_of_a_word() -> None:
    assert features("pay") == ["w:pay", " pa", "pay", "ay ", " pay", "pay ", " pay "]


def test_chinese_is_counted_by_characters_and_their_neighbours() -> None:
    assert features("丢了卡") == ["w:丢", "w:了", "w:卡", "c:丢了", "c:了卡", "c:丢了卡"]


def test_accents_count_beside_the_plain_word() -> None:
    assert {"w:the", "a:thẻ", "b:thẻ đen", "w:den"} <= set(features("thẻ đen"))
