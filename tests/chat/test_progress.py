"""What is shown while a tool is at work: every tool has words of its own, fit for customers and staff alike."""

from __future__ import annotations

import re

import pytest

from ultracore.ai.tools.toolset import TOOLS
from ultracore.chat.page.progress import WORKING, progress_of

NAMES = [tool.name for tool in TOOLS]
PLAIN = re.compile(r"[A-Z][a-z]+(?: [a-z']+){1,6}…")
JARGON = re.compile(r"\b(?:tool|call|api|json|query|database|ledger|journal|registry|index|your?)\b", re.I)


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_is_at_work_in_plain_words_of_its_own(name: str) -> None:
    phrase = progress_of(name)
    assert phrase != WORKING
    assert PLAIN.fullmatch(phrase), phrase
    assert not JARGON.search(phrase), phrase


def test_no_two_tools_say_the_same() -> None:
    assert len({progress_of(name) for name in NAMES}) == len(NAMES)


def test_a_tool_that_nobody_knows_is_at_work_all_the_same() -> None:
    assert progress_of("no_such_tool") == WORKING
