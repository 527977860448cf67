"""The credit score and the eligibility rules, on figures that the tests make up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from ultracore.banking import Customer, Money
from ultracore.banking.lending import Eligibility, LoanWish, purpose_of
from ultracore.banking.lending.credit import FACTORS, HIGHEST_SCORE, LOWEST_SCORE, behind_with_repayments, risk_of
from ultracore.banking.lending.eligibility import assess
from ultracore.banking.lending.rules import MARGINS, PRODUCTS, RATE_CARDS, quote_of
from ultracore.banking.lending.values import Finances, Purpose
from ultracore.errors import ToolRefused

TODAY = date(2026, 11, 23)
ANNA = Customer(
    customer_id="cust_x",
    tenant_id="tenant_x",
    name="Anna",
    kind="person",
    since=date(2019, 1, 1),
    kyc_status="verified",
    risk_rating="low",
)


def money(amount: Any) -> Money:
    return Money.parse(amount)


def finances(**changes: Any) -> Finances:
    figures = {
        "income": "6000",
        "spending": "3000",
        "rent": "1000",
        "repayments": "500",
        "due": "2500",
        "repaid": "2500",
        "owed": "10000",
        "liquid": "20000",
    }
    counts: dict[str, Any] = {"days": 182, "months_with_income": 6, "years_with_us": 7}
    values = figures | counts | changes
    fields: dict[str, Any] = {name: money(value) if name in figures else value for name, value in values.items()}
    return Finances(**fields)


def wish(amount: Any = "20000", purpose: Purpose = Purpose.PERSONAL, term: int = 60) -> LoanWish:
    return LoanWish(amount=money(amount), purpose=purpose, term_months=term)


def unmet(found: Eligibility) -> list[str]:
    return [reason.code for reason in found.reasons if not reason.met]


def test_the_best_points_of_all_factors_fill_the_scale() -> None:
    assert sum(rule.most for rule in FACTORS) == HIGHEST_SCORE - LOWEST_SCORE
    assert risk_of(finances(repayments="400", due="2000", repaid="2000")).credit_score == HIGHEST_SCORE


def test_the_score_is_the_sum_of_its_factors_and_both_scales_agree() -> None:
    random = Random(5)  # noqa: S311 - the same figures each time
    for _ in range(200):
        found = risk_of(
            finances(
                income=random.randint(0, 9000),
                spending=random.randint(1, 9000),
                repayments=random.randint(0, 2000),
                liquid=random.randint(0, 60_000),
                months_with_income=random.randint(0, 6),
                years_with_us=random.randint(0, 12),
            )
        )
        assert found.credit_score == LOWEST_SCORE + sum(factor.points for factor in found.factors)
        assert LOWEST_SCORE <= found.credit_score <= HIGHEST_SCORE
        assert found.risk_score == round((HIGHEST_SCORE - Decimal(found.credit_score)) / 550, 2)
        assert all(0 <= factor.points <= factor.most and factor.reason for factor in found.factors)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"income": "6000"}, {"income": "3600"}),
        ({"spending": "3000"}, {"spending": "5200"}),
        ({"repayments": "500"}, {"repayments": "2500"}),
        ({"liquid": "20000"}, {"liquid": "1000"}),
        ({"months_with_income": 6}, {"months_with_income": 3}),
        ({"years_with_us": 7}, {"years_with_us": 0}),
        ({"repaid": "2500"}, {"repaid": "1000"}),
    ],
)
def test_worse_figures_never_score_better(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert risk_of(finances(**better)).credit_score > risk_of(finances(**worse)).credit_score


def test_a_further_loan_makes_the_score_no_better() -> None:
    assert risk_of(finances(), further_instalment=money("2000")).credit_score < risk_of(finances()).credit_score


def test_without_a_loan_the_conduct_is_unknown_and_nobody_is_behind() -> None:
    nothing = finances(repayments="0", due="0", repaid="0", owed="0")
    conduct = risk_of(nothing).factors[-1]
    assert (conduct.finding, conduct.points) == ("not known yet", 25)
    assert not behind_with_repayments(nothing)
    assert behind_with_repayments(finances(repaid="2000"))


def test_the_categories_follow_the_risk() -> None:
    assert risk_of(finances()).category == "low"
    nobody = finances(income="0", liquid="0", months_with_income=0, years_with_us=0, repaid="0")
    assert risk_of(nobody).category == "high"


def test_a_loan_that_everything_speaks_for_is_eligible() -> None:
    found = assess(wish(), ANNA, finances(), TODAY)
    assert found.eligible
    assert unmet(found) == []
    assert found.largest >= found.amount
    assert found.instalment < found.assessed_instalment <= found.affordable


@pytest.mark.parametrize(
    ("change", "what", "code"),
    [
        ({"kyc_status": "pending"}, wish(), "kyc.verified"),
        ({"kind": "business"}, wish(), "purpose.offered"),
        ({}, wish("999"), "amount.in_range"),
        ({}, wish("75000.01"), "amount.in_range"),
        ({}, wish("20000", term=85), "term.in_range"),
        ({}, wish("75000", term=12), "instalment.affordable"),
    ],
)
def test_each_rule_speaks_for_itself(change: dict[str, Any], what: LoanWish, code: str) -> None:
    found = assess(what, replace(ANNA, **change), finances(), TODAY)
    assert not found.eligible
    assert code in unmet(found)


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"income": "0", "months_with_income": 0}, "income.found"),
        ({"repaid": "1000"}, "repayments.up_to_date"),
        ({"owed": "500000"}, "debt.in_proportion"),
        ({"spending": "5900", "liquid": "0", "months_with_income": 1, "years_with_us": 0}, "score.enough"),
    ],
)
def test_finances_that_speak_against_a_loan(figures: dict[str, Any], code: str) -> None:
    found = assess(wish(), ANNA, finances(**figures), TODAY)
    assert code in unmet(found)
    assert not found.eligible


@pytest.mark.parametrize("purpose", [Purpose.HOME, Purpose.CAR, Purpose.PERSONAL])
def test_the_largest_loan_is_eligible_and_one_step_more_is_not(purpose: Purpose) -> None:
    figures = finances(income="4500")
    largest = assess(wish("20000", purpose, 36), ANNA, figures, TODAY).largest
    assert assess(wish(largest.amount, purpose, 36), ANNA, figures, TODAY).eligible
    assert not assess(wish(largest.amount + 100, purpose, 36), ANNA, figures, TODAY).eligible


def test_where_no_amount_would_do_the_largest_loan_is_nothing() -> None:
    assert assess(wish(), replace(ANNA, kyc_status="pending"), finances(), TODAY).largest.minor == 0
    assert assess(wish(), ANNA, finances(spending="6500"), TODAY).largest.minor == 0


def test_rent_ends_with_a_home_of_ones_own() -> None:
    own = assess(wish("50000", Purpose.HOME), ANNA, finances(), TODAY)
    other = assess(wish("50000", Purpose.CAR), ANNA, finances(), TODAY)
    assert str(own.affordable - other.affordable) == "800.00"


def test_a_wish_that_is_none_is_refused() -> None:
    for what, code in ((wish("0"), "amount.not_positive"), (wish(term=481), "loan.term_out_of_range")):
        with pytest.raises(ToolRefused) as refused:
            assess(what, ANNA, finances(), TODAY)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("words", "purpose"),
    [
        ("home", Purpose.HOME),
        ("a HOUSE by the sea", Purpose.HOME),
        ("second-hand cars", Purpose.CAR),
        ("my wedding", Purpose.PERSONAL),
        ("stock for the shop", Purpose.BUSINESS),
        ("uni fees", Purpose.EDUCATION),
        ("a submarine", Purpose.OTHER),
        ("車", Purpose.OTHER),
        ("carpet", Purpose.OTHER),
    ],
)
def test_a_purpose_is_read_from_a_persons_words(words: str, purpose: Purpose) -> None:
    assert purpose_of(words) is purpose


def test_rates_are_dated_and_margins_rise_as_scores_fall() -> None:
    old, new = RATE_CARDS[-2], RATE_CARDS[-1]
    assert quote_of(Purpose.HOME, 850, new.effective_from).effective_from == new.effective_from
    assert quote_of(Purpose.HOME, 850, date(2026, 6, 30)).effective_from == old.effective_from
    assert quote_of(Purpose.HOME, 850, date(2020, 1, 1)).effective_from == RATE_CARDS[0].effective_from
    rates = [quote_of(Purpose.HOME, score, TODAY).annual_rate for score in (850, 749, 679, 619, 300)]
    assert rates[0] == Decimal("0.0594")
    assert rates[:4] == sorted(set(rates))
    assert rates[4] == rates[3]
    assert [card.effective_from for card in RATE_CARDS] == sorted(card.effective_from for card in RATE_CARDS)
    assert all(set(card.percent) == set(Purpose) and card.reason for card in RATE_CARDS)
    assert all(reason for *_, reason in MARGINS)
    assert all(product.reason for product in PRODUCTS.values())
