"""The shipped router on messages that were not trained on: a second reader's, and 300 in each language."""

from __future__ import annotations

from collections import Counter

import pytest

from ultracore.ai.routing import Router
from ultracore.ai.routing.service import LABELS
from ultracore.ai.routing.training.evaluation import Judged, accuracy, calibration, judge
from ultracore.ai.routing.training.sources import HELD_OUT, LANGUAGES, read_folder, read_languages

MACRO_F1 = 0.9
OF_A_LANGUAGE = {"ar": 0.8, "en": 0.88, "es": 0.8, "hi": 0.8, "vi": 0.8, "zh": 0.8}
MOST_ASKED = 0.15


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.fixture(scope="module")
def judged(router: Router) -> list[Judged]:
    return judge(router, read_folder(HELD_OUT, "reader") + read_languages(LANGUAGES, "language"))


def test_macro_f1_on_held_out_utterances(router: Router) -> None:
    rows = read_folder(HELD_OUT, "reader")
    assert len(rows) >= 200
    said: Counter[tuple[str, str]] = Counter((row.kind, router.route(row.text).label) for row in rows)
    assert sum(_f1(label, said) for label in LABELS) / len(LABELS) >= MACRO_F1, said


def _f1(label: str, said: Counter[tuple[str, str]]) -> float:
    hits = said[label, label]
    named = sum(count for (_, found), count in said.items() if found == label)
    real = sum(count for (true, _), count in said.items() if true == label)
    return 2 * hits / (named + real)


@pytest.mark.parametrize("language", OF_A_LANGUAGE)
def test_each_language_is_understood_in_messages_that_were_not_trained_on(
    judged: list[Judged], language: str
) -> None:
    of_language = [one for one in judged if one.said.source == f"language, {language}"]
    assert len(of_language) == 300
    assert accuracy(of_language) >= OF_A_LANGUAGE[language]


def test_what_is_said_with_more_confidence_is_right_more_often(judged: list[Judged]) -> None:
    right = [share for _, _, share in calibration(judged)]
    assert right[-1] >= 0.9
    assert right[0] < 0.75
    sure = [one for one in judged if one.route.is_confident]
    assert accuracy(sure) >= 0.9


def test_few_messages_in_english_are_asked_back(judged: list[Judged]) -> None:
    english = [one.route for one in judged if one.said.language == "en"]
    asked = [route for route in english if not route.is_confident and route.label != "out_of_scope"]
    assert len(asked) <= MOST_ASKED * len(english)


@pytest.mark.parametrize(
    "text",
    [
        "Hola, me robaron la tarjeta anoche y no sé qué hacer",
        "me han robado la tarjeta",
        "मेरा कार्ड चोरी हो गया है, क्या करूँ",
        "我的银行卡被偷了怎么办",
        "بطاقتي انسرقت ساعدوني",
        "thẻ của tôi bị mất cắp rồi",
        "the cua toi bi mat cap roi",
    ],
)
def test_a_stolen_card_is_a_matter_of_security_in_each_language(router: Router, text: str) -> None:
    route = router.route(text)
    assert route.label == "security"
    assert route.is_confident
