"""A search with words shows a message of each conversation: marked, inert, and a viewing that is told."""

from __future__ import annotations

import re

import pytest

from tests.desk.conftest import CUSTOMER, DeskWorld
from tests.desk.test_conversation_pages import shown, talk, told
from ultracore.audit import AuditEventType
from ultracore.audit.database import SqlConnection
from ultracore.audit.erasure.rows import destroy_keys
from ultracore.audit.vocabulary import AssistantMessage, ToolDecided, UserMessage

REASON = "&reason=Complaint"


async def said(desk: DeskWorld, *texts: str) -> None:
    turn = desk.conversation("conv-said", CUSTOMER)
    for text in texts:
        await turn.write(UserMessage(text))
    await desk.indexed()


def forget(db: SqlConnection) -> None:
    """Destroy the customer's keys, as the first step of an erasure does."""
    keys = db.execute("SELECT key_id FROM sealing_keys WHERE subject_id = 'cust_1'").fetchall()
    assert destroy_keys(db, [key_id for (key_id,) in keys])


async def viewed(desk: DeskWorld) -> list[str]:
    return sorted(str(one.resource_id) for one in await told(desk, AuditEventType.CONVERSATION_VIEWED))


async def test_a_word_is_marked_in_what_was_said_and_nothing_else_is_markup(desk: DeskWorld) -> None:
    await talk(desk)
    page = await shown(desk, f"?words=ZEBRA{REASON}")
    assert "<b>customer1</b>, line 1: <bdi>where is my <mark>zebra</mark> payment? &lt;script&gt;alert" in page
    assert "<script>alert" not in page


async def test_each_conversation_whose_snippet_is_shown_is_viewed_for_the_reason(desk: DeskWorld) -> None:
    await talk(desk)
    await said(desk, "a zebra, again")
    await shown(desk, "?customer=cust_1")
    assert await viewed(desk) == []
    await shown(desk, f"?words=zebra{REASON}")
    assert await viewed(desk) == ["conv-one", "conv-said"]
    (first, _) = await told(desk, AuditEventType.CONVERSATION_VIEWED)
    assert (first.metadata or {})["stated_reason"] == "Complaint"
    assert (first.metadata or {})["events"] == 1


async def test_the_message_with_all_words_is_chosen_and_only_its_neighbourhood_is_shown(desk: DeskWorld) -> None:
    await said(desk, "the zebra came", f"{'before ' * 40} a zebra in quarantine {'after ' * 60}", "quarantine")
    page = await shown(desk, f"?words=quarantine+zebra{REASON}")
    (text,) = re.findall(r"line 2: <bdi>(.*?)</bdi>", page)
    assert "<mark>zebra</mark> in <mark>quarantine</mark>" in text
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert len(text) < 350


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("我的余额是多少", "余额", ["余额"]),
        ("मेरा खाता दिखाओ", "खाता", ["खाता"]),
        ("I paid 12,500.00 there", "12,500.00", ["12", "500", "00"]),
        ("Zebra zebras ZEBRA", "zebra", ["Zebra", "ZEBRA"]),
    ],
)
async def test_words_of_every_script_are_marked(desk: DeskWorld, text: str, words: str, marked: list[str]) -> None:
    await said(desk, text)
    page = await shown(desk, f"?words={words}{REASON}")
    assert re.findall(r"<mark>(.*?)</mark>", page) == marked


async def test_what_was_erased_has_no_snippet_and_says_so(desk: DeskWorld) -> None:
    await talk(desk)
    await desk.core.store.run(forget)
    page = await shown(desk, f"?words=zebra{REASON}")
    assert "What was said was erased." in page
    assert "<mark>" not in page
    assert await viewed(desk) == []


async def test_words_that_only_a_tool_has_are_found_without_a_snippet(desk: DeskWorld) -> None:
    turn = desk.conversation("conv-tool")
    await turn.write(UserMessage("pay it please"))
    await turn.write(ToolDecided("execute_transaction", {"to": "zebra"}, result="allowed", reason="access.own"))
    await turn.write(AssistantMessage("Done.", agent="Payments"))
    await desk.indexed()
    page = await shown(desk, f"?words=zebra{REASON}")
    assert "No message has these words" in page
    assert await viewed(desk) == []


async def test_another_banks_supervisor_gets_no_snippet(desk: DeskWorld) -> None:
    await talk(desk)
    page = await shown(desk, f"?words=zebra{REASON}", "supervisor2")
    assert "0 conversations" in page
    assert "<mark>" not in page
    assert await viewed(desk) == []
