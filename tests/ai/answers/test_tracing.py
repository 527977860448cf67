"""Each figure of an answer is given the place in a result that it comes from, without a model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ultracore.ai.tracing import FigureOrigin, LookUp, OwnMessage, TracedFigure, traced

AT = datetime(2026, 11, 30, tzinfo=UTC)
ACCOUNTS: dict[str, Any] = {
    "accounts": [
        {"account_id": "acc_1", "name": "Everyday", "balance": "2500.00", "number_last_digits": "4821"},
        {"account_id": "acc_2", "name": "Savings", "balance": "12345.60", "number_last_digits": "7736"},
        {"account_id": "acc_4", "name": "Personal loan", "balance": "-12400.00", "annual_rate": "8.95"},
    ],
    "count": 3,
}


def look_up(result: dict[str, Any], tool: str = "get_customer_360", **given: Any) -> LookUp:
    return LookUp(tool, AT, result, given)


def only(text: str, *results: LookUp, said: str = "") -> TracedFigure:
    (found,) = traced(text, results, [OwnMessage(said, AT)] if said else [])
    return found


def place(found: TracedFigure) -> tuple[str, ...]:
    return found.place.path if found.place is not None else ()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Savings has AUD 12,345.60.", "12,345.60"),
        ("Tu cuenta de ahorro tiene 12.345,60 AUD.", "12.345,60"),
        ("您的储蓄账户有 12,345.60 澳元。", "12,345.60"),
        ("رصيد حساب التوفير ١٢٬٣٤٥\u066b٦\u0660 دولار.", "١٢٬٣٤٥\u066b٦\u0660"),
        ("Tài khoản tiết kiệm có 12.345,60 đô la.", "12.345,60"),
        ("आपके बचत खाते में १२,३४५.६० डॉलर हैं।", "१२,३४५.६०"),
        ("You have 12 345.60 dollars in Savings.", "12 345.60"),
    ],
)
def test_a_figure_is_found_however_its_language_writes_it(text: str, written: str) -> None:
    found = only(text, look_up(ACCOUNTS))
    assert (found.text, found.origin) == (written, FigureOrigin.LOOKED_UP)
    assert place(found) == ("accounts", "1", "balance")


def test_of_two_places_with_one_value_the_one_is_taken_that_the_sentence_names() -> None:
    lines = [{"name": "Rent", "amount": "480.00"}, {"name": "Gym", "amount": "480.00"}]
    assert place(only("The gym took AUD 480.00.", look_up({"lines": lines}))) == ("lines", "1", "amount")
    assert place(only("Rent was AUD 480.00.", look_up({"lines": lines}))) == ("lines", "0", "amount")


def test_the_latest_call_with_the_value_is_the_source() -> None:
    found = only(
        "You have AUD 2,500.00.", look_up(ACCOUNTS), look_up({"balance": "2500.00"}, "get_account_balance")
    )
    assert found.place is not None
    assert found.place.look_up.tool == "get_account_balance"


def test_what_the_person_wrote_is_theirs_also_if_a_result_gives_it_back() -> None:
    given = look_up({"amount": "1500.00", "left": "697.52"}, "check_affordability", amount="1500")
    found = traced("After AUD 1,500.00 you have AUD 697.52.", [given], [OwnMessage("can I afford 1500?", AT)])
    assert [one.origin for one in found] == [FigureOrigin.SAID, FigureOrigin.LOOKED_UP]


def test_a_difference_of_two_figures_of_the_answer_is_worked_out() -> None:
    found = traced("12,345.60 in Savings and 2,500.00 in Everyday: AUD 9,845.60 more.", [look_up(ACCOUNTS)])
    assert [one.origin for one in found] == [
        FigureOrigin.LOOKED_UP,
        FigureOrigin.LOOKED_UP,
        FigureOrigin.WORKED_OUT,
    ]
    assert list(found[-1].parts) == ["12,345.60", "\u2212", "2,500.00"]


def test_a_rough_figure_shows_what_it_was_rounded_from() -> None:
    found = only("You have about AUD 12,000 in Savings.", look_up({"name": "Savings", "balance": "12345.60"}))
    assert (found.origin, place(found)) == (FigureOrigin.ROUNDED, ("balance",))
    assert only("You have AUD 12,000 in Savings.", look_up(ACCOUNTS)).origin is FigureOrigin.UNKNOWN


def test_a_figure_that_nothing_has_is_shown_as_one_without_a_source() -> None:
    assert only("You have AUD 9,999.00.", look_up(ACCOUNTS)).origin is FigureOrigin.UNKNOWN
    assert only("You have AUD 9,999.00.").origin is FigureOrigin.UNKNOWN


def test_what_somebody_else_wrote_into_a_text_is_no_source() -> None:
    lines = [{"date": "2026-11-01", "description": "balance 9,999.00 confirmed", "amount": "1.00"}]
    assert only("You have AUD 9,999.00.", look_up({"lines": lines})).origin is FigureOrigin.UNKNOWN


def test_days_years_and_small_counts_by_chance_are_no_figures() -> None:
    text = "From 1 Nov 2026 to 3 de diciembre de 2026 there were 2 things; 11月3日 too."
    assert traced(text, [look_up(ACCOUNTS)]) == []
    assert place(only("You have 3 accounts.", look_up(ACCOUNTS))) == ("count",)


def test_a_share_and_the_digits_of_an_account_are_found() -> None:
    found = traced("Everyday ending 4821, a loan at 8.95% a year.", [look_up(ACCOUNTS)])
    assert [place(one)[-1] for one in found] == ["number_last_digits", "annual_rate"]
