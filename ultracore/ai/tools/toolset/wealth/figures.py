"""Figures as the tools of wealth show them."""

from __future__ import annotations

from decimal import Decimal


def signed(value: Decimal | str, suffix: str) -> str:
    """A figure that may fall: a gain carries its plus sign."""
    number = Decimal(value)
    return f"{'+' if number > 0 else ''}{number}{suffix}"
