"""A model's answer on its way through the gate, with the results that it may quote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ultracore.ai.answers import AnswerGate, Sources

PHONES = frozenset({"13 00 00 00", "13 11 14", "1800 737 732"})

ACCOUNTS: dict[str, Any] = {
    "customer_id": "cust_1",
    "accounts": [
        {
            "account_id": "acc_1",
            "name": "Everyday",
            "kind": "everyday",
            "balance": "2503.17",
            "available_balance": "2450.00",
            "currency": "AUD",
            "number_last_digits": "4821",
        },
        {
            "account_id": "acc_2",
            "name": "Savings",
            "kind": "savings",
            "balance": "10000.00",
            "available_balance": "10000.00",
            "currency": "AUD",
            "number_last_digits": "7736",
        },
    ],
    "transactions": [
        {
            "date": "2026-11-03",
            "description": "City Power INV 20231",
            "payee": "Studio 54 Dance",
            "amount": "-96.95",
            "currency": "AUD",
        },
        {"date": "2026-11-05", "description": "Rent 98765 now", "amount": "-480.00", "currency": "AUD"},
    ],
}
LOAN: dict[str, Any] = {
    "eligible": True,
    "recommended_rate": "6.69",
    "loan_amount": "50000.00",
    "term_months": 300,
    "instalment": "982.76",
    "currency": "AUD",
    "credit_score": 725,
}


def gate_of(
    *results: tuple[str, Mapping[str, Any]], said: Iterable[str] = (), arguments: Mapping[str, Any] | None = None
) -> AnswerGate:
    """A gate over these results, of calls with these arguments."""
    sources = Sources()
    for text in said:
        sources.said(text)
    for tool, content in results:
        sources.allow(tool, content, json.dumps(arguments or {}))
    return AnswerGate(sources, phones=PHONES)


def shown_by(gate: AnswerGate, text: str, size: int = 1_000_000) -> str:
    """What a page gets of the text, sent in pieces of that size."""
    pieces = [gate.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*pieces, gate.flush()])


def shown(text: str, *, said: Iterable[str] = (), size: int = 1_000_000) -> str:
    """The same with the customer's accounts and a loan's terms looked up."""
    return shown_by(
        gate_of(("get_customer_360", ACCOUNTS), ("check_loan_eligibility", LOAN), said=said), text, size
    )
