"""The router as the turn runner sees it: labels, confidence, small talk, follow-ups, and what people may type."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.deadlines import growth
from ultracore.ai.routing import Router
from ultracore.ai.routing.service import LABELS, MODEL_FILE
from ultracore.errors import OperatorError


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("What's my balance?", "accounts"),
        ("what\u2019s my balance", "accounts"),
        ("whats my balence", "accounts"),
        ("Get balance for acc_1", "accounts"),
        ("transfer 50 dollars to City Power", "payments"),
        ("pay my flatmate", "payments"),
        ("show my transactions", "payments"),
        ("what did I spend on groceries", "payments"),
        ("Am I eligible for a $50,000 home loan?", "lending"),
        ("freeze my card", "security"),
        ("is this text from the bank a scam", "security"),
        ("how is my portfolio doing", "wealth"),
        ("what's the weather", "out_of_scope"),
    ],
)
def test_an_everyday_request_goes_to_its_domain_with_confidence(router: Router, text: str, label: str) -> None:
    route = router.route(text)
    assert route.label == label
    assert route.is_confident
    assert route.small_talk is None
    assert not route.is_follow_up


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes, approve",
        "50",
        "$20",
        "from savings",
        "no, from savings",
        "the first one",
        "make it 60",
        "approve",
    ],
)
def test_a_follow_up_is_known_as_one_and_never_confident(router: Router, text: str) -> None:
    route = router.route(text)
    assert route.is_follow_up
    assert not route.is_confident
    assert route.confidence < 0.3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hi", "greeting"),
        ("G'day Anya", "greeting"),
        ("hellooooo", "greeting"),
        ("thanks heaps mate", "thanks"),
        ("👍", "thanks"),
        ("fuck off", "abuse"),
        ("you useless bot", "abuse"),
    ],
)
def test_small_talk_is_out_of_scope_and_says_its_kind(router: Router, text: str, kind: str) -> None:
    route = router.route(text)
    assert (route.label, route.small_talk) == ("out_of_scope", kind)


def test_a_greeting_before_a_request_does_not_hide_it(router: Router) -> None:
    route = router.route("hi Anya, what's my balance please, thanks")
    assert (route.label, route.small_talk) == ("accounts", None)


def test_two_subjects_are_ranked_first_and_second_without_confidence(router: Router) -> None:
    route = router.route("what's my balance and also freeze my card")
    assert {label for label, _ in route.ranked[:2]} == {"accounts", "security"}
    assert not route.is_confident


@pytest.mark.parametrize(
    "text", ["what's my balance", "yes", "hi", "", "日本語", "pay city power and freeze my card"]
)
def test_ranked_holds_every_label_once_best_first(router: Router, text: str) -> None:
    route = router.route(text)
    assert sorted(label for label, _ in route.ranked) == sorted(LABELS)
    assert route.ranked[0] == (route.label, route.confidence)
    scores = [score for _, score in route.ranked]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) <= 1 + 1e-9


@pytest.mark.parametrize(
    "text", ["", "   ", "\t\r\n", "\x00\x1b\x07", "\u200b\u200d\ufeff", "\ud800\udfff", "\u0301" * 50]
)
def test_text_with_nothing_to_read_is_out_of_scope_with_confidence_zero(router: Router, text: str) -> None:
    route = router.route(text)
    assert (route.label, route.confidence, route.is_confident) == ("out_of_scope", 0.0, False)


@pytest.mark.parametrize(
    "text",
    [
        "fre\u200beze\u00ad my card",
        "freeze\x00my\x1bcard",
        "\ud800 freeze my card \udc00",
        "freeze my card".translate({code: code + 0xFEE0 for code in range(0x61, 0x7B)}),  # full-width letters
        "FREEZE   MY\n\nCARD",
        "fr\u0301eeze\u0336 my card",
        "🥶 freeze my card 🥶",
    ],
)
def test_disguised_text_is_read_like_plain_text(router: Router, text: str) -> None:
    assert router.route(text).label == "security"


@pytest.mark.parametrize("piece", ["x", "é", "\ufdfa", "pay ", "😀"])
def test_the_cost_of_a_message_grows_with_its_length_at_most(router: Router, piece: str) -> None:
    assert growth(lambda length: router.route(piece * length), 2048, 8192) < 8
    assert growth(lambda length: router.route(piece * length), 100_000, 1_000_000) < 20
    assert math.isfinite(router.route(piece * 8192).confidence)


def test_a_question_at_the_end_of_a_long_message_counts(router: Router) -> None:
    assert router.route(". " * 4000 + "please freeze my card").label == "security"


def test_the_same_text_gives_the_same_route_alone_and_in_a_batch() -> None:
    texts = ["whats my balance", "yes", "", "pay rent 400"] * 3
    first, second = Router.load(), Router.load()
    assert list(first.route_many(texts)) == [second.route(text) for text in texts]


def test_the_threshold_is_a_probability_that_decides_is_confident(router: Router) -> None:
    assert 0.5 < router.threshold < 1.0
    for text in ("whats my balance", "the money thing with the card and the loan", "banana balance"):
        route = router.route(text)
        assert route.is_confident == (route.confidence >= router.threshold and not route.is_follow_up)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken", b"\x93NUMPY\x01\x00v\x00{}"])
def test_a_broken_data_file_is_an_operators_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "router.npz"
    file.write_bytes(content)
    with pytest.raises(OperatorError, match="rebuild it with"):
        Router.load(file)


def test_a_missing_data_file_is_an_operators_error(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be used"):
        Router.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"format": np.array(1)},
        {"bias": np.zeros(3, np.float32)},
        {"calibration": np.array([0.0, 0.9, 0.95])},
        {"codes": np.zeros(3, np.uint32)},
        {"classes": np.array([{"pickled": "object"}], dtype=object)},
    ],
)
def test_a_data_file_of_another_make_is_refused_and_never_unpickled(
    tmp_path: Path, change: dict[str, object]
) -> None:
    with np.load(MODEL_FILE, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files} | change
    file = tmp_path / "router.npz"
    np.savez(file, **arrays)
    with pytest.raises(OperatorError) as caught:
        Router.load(file)
    assert caught.value.code == "router.unusable"


def test_numpy_is_imported_when_first_used_and_scikit_learn_never() -> None:
    script = (
        "import sys, ultracore.ai.routing as r; before = 'numpy' in sys.modules; r.Router.load().route('hi');"
        "print(before, 'numpy' in sys.modules,"
        " any(m in sys.modules for m in ('sklearn', 'scipy', 'chainlit', 'openai', 'redis')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
