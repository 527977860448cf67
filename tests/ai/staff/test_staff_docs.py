"""The page about agents says what the registry and the policy say."""

from __future__ import annotations

from pathlib import Path

import pytest

from ultracore.ai import table as tools_table

PAGE = Path(__file__).parents[3] / "docs" / "agents.md"


def test_the_table_on_the_page_is_the_one_of_today() -> None:
    text = PAGE.read_text()
    assert tools_table.page(text) == text, "run: python -m ultracore.ai.table docs/agents.md"


def test_a_role_stands_where_it_has_both_agent_and_tool() -> None:
    rows = tools_table.table().splitlines()
    assert "| Lending | `get_customer_360` | read | customer, lender |" in rows
    assert "| Accounts | `get_customer_360` | read | customer, teller |" in rows
    assert "| Accounts | `get_trial_balance` | read | finance |" in rows


def test_a_page_without_marks_is_not_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing to replace")
    with pytest.raises(ValueError, match="lacks the mark"):
        tools_table.main([str(page)])
    assert page.read_text() == "nothing to replace"


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert tools_table.main([]) == 0
    assert capsys.readouterr().out == tools_table.table() + "\n"
