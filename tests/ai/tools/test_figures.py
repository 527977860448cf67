"""The figure guard: what is no figure of the bank's is withheld however it is written, in however many pieces."""

from __future__ import annotations

import pytest

from tests.support.deadlines import growth
from ultracore.ai.agents.figure_guard import WITHHELD, FigureGuard


def checked(text: str, *quotable: str, size: int = 1_000_000) -> str:
    guard = FigureGuard(quotable)
    pieces = [guard.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*pieces, guard.flush()])


@pytest.mark.parametrize("size", [1, 3, 1_000_000])
@pytest.mark.parametrize(
    "text",
    [
        *(
            "9999AUD",
            "AUD9999",
            "$9,999",
            "A$9999.50",
            "9,999dollars",
            "_9999_",
            "**9999**",
            "x9999",
            ".9999",
            "-9999",
        ),
        *("50k dollars", "50 thousand", "2.5m AUD", "AUD 50", "50 dollars"),
    ],
)
def test_an_unknown_figure_is_withheld_however_it_is_written(text: str, size: int) -> None:
    shown = checked(f"You have {text} now.", size=size)
    assert WITHHELD in shown
    assert not any(figure in shown for figure in ("99", "50", "2.5"))


@pytest.mark.parametrize(
    "text", ["2500.00AUD", "$2,500", "AUD 2,500.00", "**2500**", "2.5k", "2.5 thousand dollars"]
)
def test_a_figure_of_the_bank_is_shown_however_it_is_written(text: str) -> None:
    assert checked(f"You have {text} now.", '{"balance": "2500.00"}') == f"You have {text} now."


def test_a_known_figure_times_a_thousand_is_another_figure() -> None:
    assert checked("You have 50k dollars.", "transfer 50 dollars") == f"You have {WITHHELD}k dollars."


@pytest.mark.parametrize("piece", ["1", "1,", "1 ", "a"])
def test_the_cost_of_a_long_run_grows_with_its_length_at_most(piece: str) -> None:
    assert growth(lambda length: checked(piece * length + "!"), 5_000, 20_000) < 8
