"""A tool's own fixed figures, as it describes itself to the model: the ends of a scale, a limit."""

from __future__ import annotations

import pytest

from ultracore.ai.answers import Sources
from ultracore.ai.answers.figures import figures_in

SCORE = {
    "type": "function",
    "function": {"name": "analyze_credit_risk", "description": "The score (300 to 850). See get_customer_360."},
}


def proved(sources: Sources, text: str) -> bool:
    return all(sources.of(figure) for figure in figures_in(text))


def test_a_scale_is_proved_once_its_tool_has_answered() -> None:
    sources = Sources()
    sources.described([SCORE])
    assert not proved(sources, "from 300 to 850")
    sources.allow("get_loan_details", {"loans": []})
    assert not proved(sources, "from 300 to 850")
    sources.allow("analyze_credit_risk", {"credit_score": 725})
    assert proved(sources, "from 300 to 850")


@pytest.mark.parametrize("text", ["AUD 850", "300%", "850 years", "360 points"])
def test_a_scale_proves_no_money_share_or_term_and_a_name_no_figure(text: str) -> None:
    sources = Sources()
    sources.described([SCORE])
    sources.allow("analyze_credit_risk", {"credit_score": 725})
    assert not proved(sources, text)
