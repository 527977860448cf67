"""Conversations are judged where they are shown again: on the record, for two to agree on, and as cases."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.desk.conftest import DeskWorld
from tests.desk.test_conversation_pages import HOSTILE, REASON, talk, told
from ultracore.audit import AuditEventType
from ultracore.desk import read_scorecard
from ultracore.errors import OperatorError
from ultracore.evaluation import read_cases

ONE = "/desk/conversations/conv-one"


async def opened(desk: DeskWorld, who: str) -> str:
    """The mark of a viewing by this person."""
    async with desk.browser(who) as browser:
        answer = await browser.send(ONE, {"reason": REASON})
    return str(answer.url).rpartition("viewing=")[2]


async def judge(desk: DeskWorld, who: str = "supervisor1", **fields: str) -> str:
    mark = await opened(desk, who)
    async with desk.browser(who) as browser:
        return (await browser.send(f"{ONE}/judge", {"viewing": mark, **fields})).text


async def test_a_judgement_is_on_the_record_and_shown(desk: DeskWorld) -> None:
    await talk(desk)
    page = await judge(desk, mark_tone="bad", about="3", comment=f"Too short. {HOSTILE}")
    (event,) = await told(desk, AuditEventType.CONVERSATION_JUDGED)
    assert (event.user_id, event.resource_id) == ("supervisor1", "conv-one")
    assert (event.metadata or {})["marks"] == {"tone": "bad"}
    assert 'about <a href="#e3">line 3</a>' in page
    assert "Too short." in page
    assert "<script>alert" not in page


async def test_what_was_not_opened_with_a_reason_is_not_judged(desk: DeskWorld) -> None:
    await talk(desk)
    async with desk.browser() as browser:
        answer = await browser.send(f"{ONE}/judge", {"viewing": "x", "mark_tone": "bad"})
    assert "Why do you open it?" in answer.text
    assert await told(desk, AuditEventType.CONVERSATION_JUDGED) == []


async def test_what_no_form_of_ours_sends_is_no_judgement(desk: DeskWorld) -> None:
    await talk(desk)
    good = {"mark_tone": "good"}
    for fields in ({}, {"mark_tone": "great"}, {**good, "about": "99"}, {**good, "comment": "x" * 1_001}):
        await judge(desk, **fields)
    assert await told(desk, AuditEventType.CONVERSATION_JUDGED) == []


async def test_agreement_is_of_two_persons_about_the_same_and_by_their_last_mark(desk: DeskWorld) -> None:
    await talk(desk)
    await judge(desk, "supervisor1", mark_tone="bad", mark_safety="good")
    await judge(desk, "supervisor1", mark_tone="good")
    await judge(desk, "supervisor3", mark_tone="good", mark_safety="bad")
    await judge(desk, "supervisor3", mark_right_figure="good", about="3")
    async with desk.browser("auditor1") as browser:
        page = (await browser.get("/desk/judgements")).text
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    assert ["Is the tone right?", "1", "1", "100.0"] in cells
    assert ["Was the customer safe?", "1", "0", "0.0"] in cells
    assert ["Are all figures right?", "0", "0", "-"] in cells


async def test_judged_conversations_are_cases_of_the_evaluation_and_each_is_a_viewing(
    desk: DeskWorld, tmp_path: Path
) -> None:
    await talk(desk)
    await judge(desk, mark_tone="bad", comment='Says "no"\nand\tno more')
    async with desk.browser() as browser:
        answer = await browser.send("/desk/judgements", {"reason": "Cases for the next model"})
        refused = await browser.send("/desk/judgements", {"reason": "x"})
    (tmp_path / "judged.toml").write_text(answer.text)
    (case,) = read_cases(tmp_path)
    assert (case.person, HOSTILE in case.turns[0]) == ("customer1", True)
    assert "Please say why" in refused.text
    viewed = await told(desk, AuditEventType.CONVERSATION_VIEWED)
    assert [(event.metadata or {})["stated_reason"] for event in viewed] == ["Cases for the next model", REASON]
    assert tomllib.loads(answer.text)


@pytest.mark.parametrize(
    "text",
    ["", "criteria = 1", '[[criteria]]\nname = "a"\nasks = "b"\n' * 2, '[[criteria]]\nname = "A b"\nasks = "b"'],
)
def test_a_scorecard_that_cannot_be_used_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "scorecard.toml").write_text(text)
    with pytest.raises(OperatorError, match="scorecard"):
        read_scorecard(tmp_path)
