"""What is taken for a need and what is not, and both measures over the messages in `data`."""

from __future__ import annotations

import pytest

from tests.ai.care.measure import ORDINARY, missed, ordinary_messages, wrongly_found
from ultracore.ai.care import CareKind, Language
from ultracore.ai.care.detection import find_need
from ultracore.ai.care.phrases import read_phrases
from ultracore.ai.care.values import LANGUAGES

HELD_OUT = 200
MOST_MISSED = 10
MOST_WRONG = 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_the_held_out_messages_95_in_100_are_found_with_their_kind(language: Language) -> None:
    assert len(missed(language)) <= MOST_MISSED


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_thousand_ordinary_messages_two_at_most_are_taken_for_a_need(language: Language) -> None:
    assert len(set(ordinary_messages(language))) == ORDINARY
    assert len(wrongly_found(language)) <= MOST_WRONG


@pytest.mark.parametrize(
    "text",
    [
        "this fee is killing me",
        "Pay $40 to Suicide Prevention Australia",
        "send $25 to Kill Bill Video Rentals",
        'The song is called "I want to die" and it cost $2',
        "my phone died before the transfer went through",
        "I lost my wife's card",
        "What happens to my account if I die?",
        "I can't pay City Power, the page shows an error",
        "",
        "!?",
    ],
)
def test_idioms_names_and_quotations_say_nothing_of_the_writer(text: str) -> None:
    assert find_need(text) is None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("I WANT TO KILL MYSELF", [CareKind.SELF_HARM]),
        ("I want to k\u200bill myself", [CareKind.SELF_HARM]),
        ("I want to \uff44\uff49\uff45", [CareKind.SELF_HARM]),
        ("I can\u2019t pay my rent and I want to die", [CareKind.SELF_HARM, CareKind.HARDSHIP]),
        ("My son took his own life in May", [CareKind.BEREAVEMENT]),
    ],
)
def test_a_need_is_found_however_it_is_typed_the_most_urgent_first(text: str, kinds: list[CareKind]) -> None:
    need = find_need(text)
    assert need is not None and list(need.kinds) == kinds


def test_a_need_is_found_at_both_ends_of_a_long_message() -> None:
    padding = "what is my balance " * 2_000
    for text in (f"I want to kill myself. {padding}", f"{padding}. I want to kill myself"):
        need = find_need(text)
        assert need is not None and need.kind is CareKind.SELF_HARM


@pytest.mark.parametrize("line", ["want? to die", ".. die", "su* x"])
def test_a_phrase_without_a_first_word_is_refused_by_name(line: str) -> None:
    with pytest.raises(ValueError, match=r"first word|begin with a word"):
        read_phrases(f"# self_harm\n{line}", "en")
