"""What a customer may want next after an answer: questions made by code from what its tools have found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ultracore.ai.tools import ToolOutcome

MOST = 2
_NAME = re.compile(r"[A-Za-z][A-Za-z'&. -]{1,30}")
"""A payee's name as it can stand in a sentence; another one is not suggested."""

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that `tool` answers."""

    text: str
    tool: str


def _always(suggestion: Suggestion) -> Callable[[Found], Suggestion | None]:
    return lambda found: suggestion


def _with_some(name: str, suggestion: Suggestion) -> Callable[[Found], Suggestion | None]:
    return lambda found: suggestion if found.get(name) else None


def _pay_somebody(found: Found) -> Suggestion | None:
    names = [str(payee["name"]) for payee in found.get("payees") or ()]
    fitting = next((name for name in names if _NAME.fullmatch(name)), None)
    return None if fitting is None else Suggestion(f"Transfer money to {fitting}", "execute_transaction")


_RECENT = Suggestion("Show my recent transactions", "search_transactions")
_CATEGORIES = Suggestion("Show my spending by category last month", "summarise_spending")
_REGULAR = Suggestion("Show my regular payments", "list_regular_payments")
_STATEMENT = Suggestion("Get my account statement for last month", "get_statement")
_SPREAD = Suggestion("How are my investments allocated?", "get_allocation")
_PERFORMANCE = Suggestion("How is my portfolio doing?", "get_performance")
_UNFREEZE = Suggestion("Unfreeze my card", "unfreeze_card")

_AFTER: Mapping[str, Sequence[Callable[[Found], Suggestion | None]]] = {
    "get_customer_360": (_with_some("accounts", _RECENT), _pay_somebody),
    "get_account_balance": (_always(_RECENT), _always(_STATEMENT)),
    "search_transactions": (_with_some("transactions", _CATEGORIES), _with_some("transactions", _STATEMENT)),
    "summarise_spending": (_with_some("groups", _REGULAR), _with_some("groups", _RECENT)),
    "compare_spending": (_always(_CATEGORIES),),
    "get_statement": (_with_some("lines", _CATEGORIES),),
    "get_holdings": (_with_some("holdings", _SPREAD), _with_some("holdings", _PERFORMANCE)),
    "get_performance": (_always(_SPREAD),),
    "get_allocation": (_always(_PERFORMANCE),),
    "freeze_card": (_with_some("changed", _UNFREEZE),),
}


def follow_ups(outcomes: Sequence[ToolOutcome], answer: str) -> tuple[Suggestion, ...]:
    """At most two, best first, after the last tool of a turn that did what it was asked for; none after an answer
    that asks something itself.
    """
    if not outcomes or outcomes[-1].status != "done" or "?" in answer:
        return ()
    last, ran = outcomes[-1], {outcome.tool for outcome in outcomes}
    found = (made(last.content) for made in _AFTER.get(last.tool, ()))
    return tuple(one for one in found if one is not None and one.tool not in ran)[:MOST]
