"""What a customer may want next: questions to which several tools lead, each with the tool that answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ultracore.ai.tools.definition import Suggester, Suggestion

RECENT: Final = Suggestion("Show my recent transactions", "search_transactions")
CATEGORIES: Final = Suggestion("Show my spending by category last month", "summarise_spending")
REGULAR: Final = Suggestion("Show my regular payments", "list_regular_payments")
STATEMENT: Final = Suggestion("Get my account statement for last month", "get_statement")
ALLOCATION: Final = Suggestion("How are my investments allocated?", "get_allocation")
PERFORMANCE: Final = Suggestion("How is my portfolio doing?", "get_performance")
UNFREEZE: Final = Suggestion("Unfreeze my card", "unfreeze_card")


def always(*suggestions: Suggestion) -> Suggester:
    """The same after every result."""
    return lambda _: suggestions


def with_some(name: str, *suggestions: Suggestion) -> Suggester:
    """The same after a result that has something under this name; nothing after another."""

    def suggest(found: Mapping[str, Any]) -> Sequence[Suggestion]:
        return suggestions if found.get(name) else ()

    return suggest
