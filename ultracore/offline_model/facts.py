"""What the tools have said so far: accounts and payees with their ids, read from their JSON results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ultracore.offline_model.wire import ToolResult, WireConversation

CUSTOMER = "get_customer_360"
BALANCE = "get_account_balance"
TRANSFER = "execute_transaction"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An own account."""

    account_id: str
    name: str
    kind: str
    last_digits: str

    @property
    def title(self) -> str:
        """`Everyday account`."""
        return self.name if "account" in self.name.casefold() else f"{self.name} account"


@dataclass(frozen=True, slots=True)
class KnownPayee:
    """A saved payee."""

    payee_id: str
    name: str
    kind: str
    last_digits: str


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The customer as `get_customer_360` described them. `fresh` if it was asked for the current message."""

    accounts: tuple[KnownAccount, ...]
    payees: tuple[KnownPayee, ...]
    transactions: tuple[Mapping[str, Any], ...]
    balances: tuple[Mapping[str, Any], ...]
    fresh: bool

    def account(self, account_id: str) -> KnownAccount | None:
        """The account of that id."""
        return next((one for one in self.accounts if one.account_id == account_id), None)


NOTHING_KNOWN = CustomerFacts((), (), (), (), fresh=False)


def facts_of(conversation: WireConversation) -> CustomerFacts | None:
    """The newest description of the customer on the wire; None if there is none."""
    for exchange in reversed(conversation.exchanges):
        for result in reversed(exchange.results):
            # An older description is better than none: accounts and payees rarely change within a conversation.
            if result.tool == CUSTOMER and result.error_code is None:
                return _facts(result.data, fresh=exchange is conversation.current)
    return None


def results_of(conversation: WireConversation, tool: str) -> list[ToolResult]:
    """What that tool answered since the current message, in order."""
    return [result for result in conversation.current.results if result.tool == tool]


def _facts(data: Mapping[str, Any], *, fresh: bool) -> CustomerFacts:
    accounts, payees = _objects(data.get("accounts")), _objects(data.get("payees"))
    return CustomerFacts(
        accounts=tuple(
            KnownAccount(_s(one, "account_id"), _s(one, "name"), _s(one, "kind"), _s(one, "number_last_digits"))
            for one in accounts
        ),
        payees=tuple(
            KnownPayee(_s(one, "payee_id"), _s(one, "name"), _s(one, "kind"), _s(one, "last_digits"))
            for one in payees
        ),
        transactions=tuple(_objects(data.get("transactions"))),
        balances=tuple(accounts),
        fresh=fresh,
    )


def _objects(value: object) -> Iterable[Mapping[str, Any]]:
    # Another program's tools may answer in another shape, which must not end the turn.
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _s(holder: Mapping[str, Any], name: str) -> str:
    return str(holder.get(name) or "")
