"""The credit score: documented rules over the customer's own rows. Pure; `FACTORS` is the whole table."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final

from ultracore.banking.lending.values import CreditFactor, CreditRisk, Finances
from ultracore.banking.money import Money

LOWEST_SCORE: Final = 300
HIGHEST_SCORE: Final = 850

CATEGORIES: Final = ((Decimal("0.20"), "low"), (Decimal("0.40"), "moderate"), (Decimal("0.60"), "elevated"))
"""A risk score up to that value has that name; above the last it is `high`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One factor. `bands` are `(at least, points)`, best first; a figure below the last gets no points.

    `unknown` is what a customer gets of whom the figure is not known.
    """

    name: str
    bands: tuple[tuple[Decimal, int], ...]
    unit: str
    reason: str
    unknown: int = 0

    @property
    def most(self) -> int:
        """The points of the best band."""
        return self.bands[0][1]

    def points(self, figure: Decimal | None) -> int:
        """The points of a figure."""
        if figure is None:
            return self.unknown
        return next((points for least, points in self.bands if figure >= least), 0)


def _bands(*pairs: tuple[str, int]) -> tuple[tuple[Decimal, int], ...]:
    return tuple((Decimal(least), points) for least, points in pairs)


FACTORS: Final = (
    Rule(
        "surplus",
        _bands(("25", 130), ("10", 90), ("0", 50)),
        "percent of income left over each month",
        "What is left each month is what an instalment is paid from; it weighs most.",
    ),
    Rule(
        "debt_service",
        _bands(("90", 120), ("80", 90), ("65", 45)),
        "percent of income not yet bound to loan repayments",
        "The more of an income is promised already, the sooner one bad month becomes arrears.",
    ),
    Rule(
        "steady_income",
        _bands(("6", 110), ("4", 60), ("1", 25)),
        "of the last six months with income",
        "Regular income is the best sign that the next instalment arrives.",
    ),
    Rule(
        "savings_buffer",
        _bands(("6", 80), ("3", 60), ("1", 35), ("0.25", 10)),
        "months of spending in savings",
        "Savings pay the instalments of a month without income.",
    ),
    Rule(
        "relationship",
        _bands(("5", 60), ("2", 40), ("1", 20)),
        "years with the bank",
        "A long history is one that we have seen ourselves rather than been told.",
    ),
    Rule(
        "repayment_conduct",
        _bands(("90", 50)),
        "percent of the instalments due were paid",
        "Who pays the loan that is running pays the next; without one half the points, for nothing is known.",
        unknown=25,
    ),
)
"""Every factor with its points and reason. Points add up to the width of the scale, 550."""

_PAID_FROM: Final = 90


def risk_of(finances: Finances, *, further_instalment: Money | None = None) -> CreditRisk:
    """Score what the rows say; `further_instalment` is that of a loan thought of, counted as if it ran."""
    figures = _figures(finances, further_instalment or Money(Decimal(0), finances.income.currency))
    factors = tuple(_factor(rule, figures[rule.name]) for rule in FACTORS)
    score = LOWEST_SCORE + sum(factor.points for factor in factors)
    risk = _rounded(Decimal(HIGHEST_SCORE - score) / (HIGHEST_SCORE - LOWEST_SCORE))
    category = next((name for most, name in CATEGORIES if risk <= most), "high")
    return CreditRisk(credit_score=score, risk_score=risk, category=category, factors=factors)


def behind_with_repayments(finances: Finances) -> bool:
    """True if less than nine tenths of the instalments due arrived on the loan accounts."""
    paid = _conduct(finances)
    return paid is not None and paid < _PAID_FROM


def _figures(finances: Finances, further: Money) -> dict[str, Decimal | None]:
    income = finances.income.amount
    bound = (finances.repayments + further).amount
    surplus = (finances.surplus - further).amount
    # Without spending savings last for ever; twelve months are above the best band.
    months = finances.liquid.amount / finances.spending.amount if finances.spending.amount else Decimal(12)
    return {
        # Without income the share has no meaning, and the worst band is the honest one.
        "surplus": 100 * surplus / income if income else Decimal(-100),
        "debt_service": 100 * (income - bound) / income if income else Decimal(0),
        "steady_income": Decimal(finances.months_with_income),
        "savings_buffer": min(months, Decimal(12)),
        "relationship": Decimal(finances.years_with_us),
        "repayment_conduct": _conduct(finances),
    }


def _conduct(finances: Finances) -> Decimal | None:
    """Percent of the instalments due that arrived, at most 100; None if none was due."""
    due = finances.due.amount
    return min(100 * finances.repaid.amount / due, Decimal(100)) if due else None


def _factor(rule: Rule, figure: Decimal | None) -> CreditFactor:
    return CreditFactor(
        name=rule.name,
        points=rule.points(figure),
        most=rule.most,
        weight=_rounded(Decimal(rule.most) / (HIGHEST_SCORE - LOWEST_SCORE)),
        finding="not known yet" if figure is None else f"{_shown(figure)} {rule.unit}",
        reason=rule.reason,
    )


def _shown(figure: Decimal) -> str:
    # Rounded down: a figure that just misses a band must not read as if it had reached it.
    places = Decimal(1) if abs(figure) >= 10 else Decimal("0.1")
    return f"{figure.quantize(places, ROUND_FLOOR) + 0:f}".removesuffix(".0")


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
