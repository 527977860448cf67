"""A conversation with the offline model over the real client, with tools that answer as the bank's do.

The tools here hold a small fixed world and refuse what is not in it; they record what they were asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ultracore.ai import OpenAIClient
from ultracore.ai.model import ModelTurn
from ultracore.offline_model import OfflineTransport

EVERYDAY = {
    "account_id": "acc_1",
    "name": "Everyday",
    "kind": "everyday",
    "balance": "2500.00",
    "available_balance": "2500.00",
    "currency": "AUD",
    "status": "active",
    "number_last_digits": "4821",
    "message": "Everyday ending 4821: AUD 2,500.00",
}
SAVINGS = EVERYDAY | {
    "account_id": "acc_2",
    "name": "Savings",
    "kind": "savings",
    "balance": "10000.00",
    "available_balance": "9900.00",
    "number_last_digits": "9907",
}
PAYEES = [
    {"payee_id": "pay_power", "name": "City Power", "kind": "biller", "last_digits": "1177"},
    {"payee_id": "pay_flat", "name": "Flatmate", "kind": "internal", "last_digits": "3303"},
    {"payee_id": "pay_rent", "name": "Northside Rentals", "kind": "external", "last_digits": "6120"},
]
TRANSACTIONS = [
    {"date": "2026-11-20", "description": "Woolworths", "amount": "-42.10", "account_id": "acc_1", "kind": "card"},
    {"date": "2026-11-18", "description": "City Power", "amount": "-88.00", "account_id": "acc_1", "kind": "bill"},
    {"date": "2026-11-15", "description": "Salary", "amount": "3100.00", "account_id": "acc_1", "kind": "deposit"},
    {
        "date": "2026-11-01",
        "description": "Interest",
        "amount": "12.34",
        "account_id": "acc_2",
        "kind": "interest",
    },
]
ALL_TOOLS = ("get_customer_360", "get_account_balance", "execute_transaction")
READING = ALL_TOOLS[:2]


def refused(code: str) -> dict[str, Any]:
    """A refusal as the registry words it for the model."""
    return {"error": {"code": code, "message": f"refused: {code}"}}


@dataclass
class Talk:
    """One conversation. `say` gives back the text of the answer, empty where a card ended the turn."""

    tools: Sequence[str] = ALL_TOOLS
    accounts: Sequence[Mapping[str, Any]] = (EVERYDAY, SAVINGS)
    payees: Sequence[Mapping[str, Any]] = tuple(PAYEES)
    transactions: Sequence[Mapping[str, Any]] = tuple(TRANSACTIONS)
    refusals: dict[str, str] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    proposal: dict[str, Any] | None = None

    async def say(self, text: str) -> str:
        """Run a turn as the program does: tools until an answer, or until a card is shown."""
        self.calls, self.proposal = [], None
        self.messages.append({"role": "user", "content": text})
        async with OpenAIClient(transport=OfflineTransport(), max_retries=0) as client:
            for _ in range(6):
                turn = await self._ask(client)
                if not turn.tool_calls:
                    self.messages.append({"role": "assistant", "content": turn.content})
                    return turn.content
                self._run(turn)
                if self.proposal is not None:
                    self.messages.append(
                        {"role": "assistant", "content": "I have shown a card with the transfer."}
                    )
                    return ""
        raise AssertionError("the offline model did not come to an end")

    async def _ask(self, client: OpenAIClient) -> ModelTurn:
        schemas = [
            {"type": "function", "function": {"name": name, "description": name, "parameters": {"type": "object"}}}
            for name in self.tools
        ]
        system = {"role": "system", "content": "You are Anya."}
        events = [event async for event in client.stream_turn([system, *self.messages], schemas)]
        turn = events[-1]
        assert isinstance(turn, ModelTurn)
        return turn

    def _run(self, turn: ModelTurn) -> None:
        calls = [
            {
                "id": one.call_id,
                "type": "function",
                "function": {"name": one.name, "arguments": one.arguments_json},
            }
            for one in turn.tool_calls
        ]
        self.messages.append({"role": "assistant", "content": turn.content, "tool_calls": calls})
        for one in turn.tool_calls:
            assert one.name in self.tools, f"{one.name} was not offered"
            arguments = json.loads(one.arguments_json)
            self.calls.append((one.name, arguments))
            result = self._result(one.name, arguments)
            self.messages.append({"role": "tool", "tool_call_id": one.call_id, "content": json.dumps(result)})

    def _result(self, tool: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        if tool in self.refusals:
            return refused(self.refusals[tool])
        if tool == "get_account_balance":
            own = [one for one in self.accounts if one["account_id"] == arguments["account_id"]]
            return own[0] if own else refused("account.not_found")
        if tool == "execute_transaction":
            return self._propose(arguments)
        shown = list(self.transactions) if arguments["include_transactions"] else []
        return {"accounts": list(self.accounts), "payees": list(self.payees), "transactions": shown}

    def _propose(self, arguments: dict[str, Any]) -> Mapping[str, Any]:
        own = [one["account_id"] for one in self.accounts]
        if arguments["from_account_id"] not in own:
            return refused("account.not_found")
        if arguments["to_account_id"] not in [*own, *(one["payee_id"] for one in self.payees)]:
            return refused("payee.not_saved")
        if float(arguments["amount"]) <= 0:
            return refused("amount.not_positive")
        self.proposal = arguments
        return {"transaction_id": "prp_1", "status": "pending_approval", "amount": arguments["amount"]}
