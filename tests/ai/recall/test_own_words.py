"""A person's search over what they wrote: their own words and nobody else's, while they can be read."""

from __future__ import annotations

import pytest

from tests.ai.recall.conftest import DIANA, OTHER_BANK, SAM, Record
from ultracore.ai.recall import OwnWords
from ultracore.audit.index import IndexedConversation, Query
from ultracore.errors import IndexUnavailable
from ultracore.principal import Principal


async def test_words_are_found_whole_in_any_case_and_order_with_what_stands_around_them(record: Record) -> None:
    await record.says(
        SAM, "conv-1", "Is my holiday to Fiji paid? I booked it in August and heard nothing of it since then, " * 2
    )
    await record.says(SAM, "conv-2", "pay 50 to City Power")
    found = await record.find(SAM, "FIJI holiday")
    assert list(found) == ["conv-1"]
    assert found["conv-1"].startswith("Is my holiday to Fiji paid?") and found["conv-1"].endswith("…")
    assert len(found["conv-1"]) < 140
    assert await record.find(SAM, "holi") == {}


async def test_words_of_one_conversation_may_stand_in_several_messages(record: Record) -> None:
    await record.says(SAM, "conv-1", "the gas bill")
    await record.says(SAM, "conv-1", "of the <b>cottage</b>")
    await record.says(SAM, "conv-2", "the other bill")
    assert await record.find(SAM, "cottage bill") == {"conv-1": "of the <b>cottage</b>"}


@pytest.mark.parametrize("stranger", [DIANA, OTHER_BANK])
async def test_nobody_finds_what_another_person_wrote(record: Record, stranger: Principal) -> None:
    await record.says(SAM, "conv-1", "my holiday")
    await record.says(stranger, "conv-2", "a holiday too")
    assert set(await record.find(SAM, "holiday")) == {"conv-1"}
    assert set(await record.find(stranger, "holiday")) == {"conv-2"}


async def test_words_of_an_answer_are_not_ones_own(record: Record) -> None:
    await record.says(SAM, "conv-1", "what was that?")
    await record.answers(SAM, "conv-1", "A payment to Northside Rentals.")
    assert await record.find(SAM, "northside") == {}


async def test_erased_words_are_not_found_even_if_the_index_still_has_them(record: Record) -> None:
    await record.says(SAM, "conv-1", "my holiday")
    await record.destroy_keys("cust_1")
    assert await record.index.count(Query(words=("holiday",))) == 1
    assert await record.find(SAM, "holiday") == {}


@pytest.mark.parametrize("search", ["", " ", "a", "?! -"])
async def test_what_holds_no_word_finds_nothing(record: Record, search: str) -> None:
    await record.says(SAM, "conv-1", "a holiday")
    assert await record.find(SAM, search) == {}


async def test_without_the_index_nothing_is_found(record: Record) -> None:
    await record.says(SAM, "conv-1", "my holiday")

    async def away(query: Query) -> list[IndexedConversation]:
        raise IndexUnavailable("the index is away")

    assert await OwnWords(record.core.trail, away).find(SAM, "holiday") == {}
