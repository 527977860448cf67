"""Wishes for a file, and questions that only sound like one."""

from __future__ import annotations

import pytest

from ultracore.offline_model.abilities import find_ability


@pytest.mark.parametrize(
    "text",
    [
        "download my statement",
        "export this conversation",
        "I want to download my account statement",
        "can I get my statement as a PDF",
        "save this chat as a file",
        "export my transactions to excel",
        "print the receipt please",
    ],
)
def test_a_wish_for_a_file_is_known(text: str) -> None:
    found = find_ability(text)
    assert found is not None
    assert found.tool == "get_documents"


@pytest.mark.parametrize(
    "text",
    [
        "show my statement for last month",
        "download my data",
        "what did I save last month",
        "show my recent transactions",
        "how do I save money on transactions",
    ],
)
def test_a_question_is_no_wish_for_a_file(text: str) -> None:
    found = find_ability(text)
    assert found is None or found.tool != "get_documents"
