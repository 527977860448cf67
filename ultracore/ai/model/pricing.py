"""What tokens cost, and the running count of a client.

Prices are the providers' published list prices of November 2025 in USD for a million tokens, without discounts for
cached input: an estimate, never a bill.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ultracore.ai.model.values import Usage

_logger = logging.getLogger(__name__)
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD for a million tokens, in and out."""

    prompt: Decimal
    completion: Decimal


PRICES = {
    "gpt-4.1-mini": ModelPrice(Decimal("0.40"), Decimal("1.60")),
    "gpt-4.1-nano": ModelPrice(Decimal("0.10"), Decimal("0.40")),
    "gemini-2.5-flash": ModelPrice(Decimal("0.30"), Decimal("2.50")),
}


def price_of(model: str, prices: Mapping[str, ModelPrice] = PRICES) -> ModelPrice | None:
    """The price of a model or of a dated version of it (`gpt-4.1-mini-2025-04-14`); None if we know none."""
    for name, price in prices.items():
        # A date begins with 2; any other ending (`-mini`, `-audio`) is another model with another price.
        if model == name or model.startswith(f"{name}-2"):
            return price
    return None


def cost_of(model: str, usage: Usage, prices: Mapping[str, ModelPrice] = PRICES) -> Decimal:
    """Estimated USD; zero for a model without a known price."""
    price = price_of(model, prices)
    if price is None:
        # No guess: a made-up price would be summed up with real ones.
        return Decimal(0)
    return (price.prompt * usage.prompt_tokens + price.completion * usage.completion_tokens) / _MILLION


@dataclass(slots=True)
class UsageMeter:
    """Counts the answered requests of one model."""

    model: str
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: int = 0
    prices: Mapping[str, ModelPrice] = field(default_factory=lambda: PRICES, repr=False)
    _warned: bool = field(default=False, repr=False)

    def count(self, usage: Usage) -> None:
        """Add one answered request, whole or cut."""
        self.requests += 1
        self.estimated += usage.estimated
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        if not self._warned and price_of(self.model, self.prices) is None:
            # Once: a warning with every request would bury the rest of the log.
            self._warned = True
            _logger.warning("No price is known for model %s: its cost is counted as 0.", self.model)

    def reset(self) -> None:
        """Start again from zero."""
        self.requests = self.prompt_tokens = self.completion_tokens = self.estimated = 0

    def stats(self) -> dict[str, Any]:
        """The published keys; `price_known`, false when the cost is 0 because no price is known; and in how many
        requests the tokens are our estimate, because the endpoint counted none (`estimated_requests`).
        """
        usage = Usage(self.prompt_tokens, self.completion_tokens)
        return {
            "total_requests": self.requests,
            "total_prompt_tokens": usage.prompt_tokens,
            "total_completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            # A float, because programs write these figures as JSON; it is an estimate anyway.
            "estimated_cost_usd": float(cost_of(self.model, usage, self.prices)),
            "price_known": price_of(self.model, self.prices) is not None,
            "estimated_requests": self.estimated,
        }


def total_stats(meters: Iterable[UsageMeter]) -> dict[str, Any]:
    """The sum over several meters, in the same shape."""
    # Any model with a known price, so that an empty sum does not claim that a price is unknown.
    total: dict[str, Any] = UsageMeter("gpt-4.1-mini").stats()
    for meter in meters:
        for key, value in meter.stats().items():
            total[key] = (total[key] and value) if key == "price_known" else total[key] + value
    return total
