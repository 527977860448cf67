"""Ranges whose two ends are arguments."""

from __future__ import annotations

from datetime import date
from typing import Any

from ultracore.banking import day_text
from ultracore.errors import ToolRefused


def check_order(low: Any, high: Any, low_name: str, high_name: str) -> None:
    """Raise `ToolRefused` (`arguments.invalid`) if `low` is beyond `high`. A missing end is an open one."""
    if low is not None and high is not None and low > high:
        message = f"{low_name} is more than {high_name}; swap them."
        if isinstance(low, date):
            message = f"{low_name} ({day_text(low)}) is after {high_name} ({day_text(high)}); swap them."
        raise ToolRefused(message, code="arguments.invalid", sentence=message)
