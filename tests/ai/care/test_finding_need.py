"""What is taken for a need and what is not, and both measures over the messages in `data`."""

from __future__ import annotations

import pytest

from tests.ai.care.measure import (
    NO_NEED,
    ORDINARY,
    missed,
    missed_of_second,
    near_misses,
    ordinary_messages,
    second_messages,
    wrongly_found,
    wrongly_found_of_second,
)
from tests.ai.care.training import digest, expanded, messages
from ultracore.ai.care import CareKind, Language
from ultracore.ai.care.classifier import WEIGHTS_FILE, likely_kind, weights
from ultracore.ai.care.detection import find_need
from ultracore.ai.care.phrases import read_phrases
from ultracore.ai.care.values import LANGUAGES

HELD_OUT = 200
MOST_MISSED = 10
MOST_WRONG = 2
ORDINARY_OF_SECOND = 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_the_held_out_messages_95_in_100_are_found_with_their_kind(language: Language) -> None:
    assert len(missed(language)) <= MOST_MISSED


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_thousand_ordinary_messages_two_at_most_are_taken_for_a_need(language: Language) -> None:
    assert len(set(ordinary_messages(language))) == ORDINARY
    assert len(wrongly_found(language)) <= MOST_WRONG


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_another_writers_messages_95_in_100_are_found_with_their_kind(language: Language) -> None:
    assert len([kind for kind, _ in second_messages(language) if kind != NO_NEED]) == HELD_OUT
    assert len(missed_of_second(language)) <= MOST_MISSED


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_ordinary_message_of_another_writer_is_taken_for_a_need(language: Language) -> None:
    assert len([kind for kind, _ in second_messages(language) if kind == NO_NEED]) >= ORDINARY_OF_SECOND
    assert wrongly_found_of_second(language) == []


def test_the_rules_own_words_alone_are_no_need() -> None:
    assert [text for text in near_misses() if find_need(text) is not None] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mujhe mar jana hai", CareKind.SELF_HARM),
        ("mujhe mar jaana h, jeena nhi hai", CareKind.SELF_HARM),
        ("woh mujhe maarta hai", CareKind.ABUSE),
        ("naukri chali gayi, kist nahin bhar paunga", CareKind.HARDSHIP),
        ("kiero morir", CareKind.SELF_HARM),
        ("我想死 我撑不下去了", CareKind.SELF_HARM),
    ],
)
def test_a_need_is_found_in_the_spellings_of_a_chat(text: str, kind: CareKind) -> None:
    need = find_need(text)
    assert need is not None and kind in need.kinds


@pytest.mark.parametrize(
    "text", ["insaan se baat karni hai", "dusre bank se loan laana hai", "otp kis number se aata hai"]
)
def test_words_of_one_language_are_not_read_as_phrases_of_another(text: str) -> None:
    assert find_need(text) is None


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
        "pay 45.90 to Suicide Squad Comics",
        "i teach a class about financial abuse",
        "what is remote access",
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


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my husband hits me if I spend anything without asking", CareKind.ABUSE),
        ("dad is gone since sunday, who pays the funeral from his account", CareKind.BEREAVEMENT),
    ],
)
def test_a_need_is_found_in_words_that_no_phrase_has(text: str, kind: CareKind) -> None:
    assert likely_kind(text) is kind


def test_the_shipped_weights_were_made_of_the_messages_that_the_repository_holds() -> None:
    assert weights().made_of == digest(messages()), "rebuild them: python -m tests.ai.care.training"
    assert WEIGHTS_FILE.stat().st_size < 1_000_000


def test_a_line_with_alternatives_stands_for_messages_with_each_of_them() -> None:
    assert sorted(expanded("i {want|hope} to go")) == ["i hope to go", "i want to go"]


@pytest.mark.parametrize(
    "text",
    [
        "I have been waiting for my top-up to complete and it still hasn't gone through.",
        "My money has disappeared. I topped up earlier and saw that it went through. Now it's gone.",
        "I want to block my card or deactivate it, it's been stolen and I don't want it misused.",
        "I live in the US and I would like to get a card. How do I go about getting one?",
        "If I want to change my PIN number, can I do that from an ATM?",
        "I tried to withdraw some money this morning but wasn't able to get the amount of cash I needed.",
        "My package is taking too long to arrive and I don't want it anymore. Can I get a refund?",
        "remind me in an hour",
        "I would rather not.",
        "I can't.",
    ],
)
def test_somebody_who_asks_of_a_service_is_in_no_need(text: str) -> None:
    assert find_need(text) is None


@pytest.mark.parametrize(
    ("language", "found", "wrong"),
    [("en", 167, 3), ("es", 156, 7), ("zh", 150, 4), ("ar", 128, 4), ("vi", 151, 5), ("hi", 155, 4)],
)
def test_of_the_third_writers_messages_as_many_are_found_as_the_page_says(
    language: Language, found: int, wrong: int
) -> None:
    assert len(missed_of_second(language, "third")) <= 200 - found
    assert len(wrongly_found_of_second(language, "third")) <= wrong
