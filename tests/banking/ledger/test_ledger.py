from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.banking.conftest import START
from tests.banking.ledgers import Ledger, raw
from tests.banking.support import Desk
from ultracore.banking import Bank, PayeeKind
from ultracore.errors import ToolRefused


async def refused(desk: Desk, amount: Any = "50", to: str = "City Power", source: str = "acc_1") -> str:
    with pytest.raises(ToolRefused) as refusal:
        await desk.terms(amount, to, source)
    return refusal.value.code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"amount": "-50"}, "amount.not_positive"),
        ({"amount": 0}, "amount.not_positive"),
        ({"amount": float("nan")}, "amount.not_finite"),
        ({"amount": float("inf")}, "amount.not_finite"),
        ({"amount": "0.001"}, "amount.too_precise"),
        ({"amount": "2500.01"}, "funds.insufficient"),
        ({"source": "acc_3"}, "account.not_found"),
        ({"source": "acc_9"}, "account.not_found"),
        ({"source": "acc_none"}, "account.not_found"),
        ({"source": "tenant_1_clearing"}, "account.not_found"),
        ({"source": "acc_4", "to": "acc_1"}, "funds.insufficient"),
        ({"to": "Nobody"}, "payee.not_saved"),
        ({"to": "acc_5"}, "payee.not_saved"),
        ({"to": "acc_9"}, "payee.not_saved"),
        ({"to": "pay_5"}, "payee.not_saved"),
        ({"to": "tenant_1_billers"}, "payee.not_saved"),
        ({"to": "acc_1"}, "transfer.same_account"),
        ({"to": "\ud800"}, "input.not_text"),
    ],
)
async def test_a_transfer_is_refused_with_its_code(desk: Desk, arguments: dict[str, Any], code: str) -> None:
    assert await refused(desk, **arguments) == code


@pytest.mark.parametrize("status", ["frozen", "closed"])
async def test_accounts_that_are_not_active_neither_give_nor_take(desk: Desk, ledger: Ledger, status: str) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE accounts SET status = ? WHERE account_id = 'acc_2'", (status,))
    assert await refused(desk, source="acc_2") == "account.not_active"
    assert await refused(desk, to="acc_2") == "account.not_active"


async def test_a_payee_whose_account_is_closed_is_not_active(desk: Desk, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE accounts SET status = 'closed' WHERE account_id = 'acc_3'")
    assert await refused(desk, to="Flatmate") == "payee.not_active"


@pytest.mark.parametrize(("status", "code"), [("cooling_off", "payee.not_active"), ("removed", "payee.not_saved")])
async def test_only_an_active_payee_can_be_paid(desk: Desk, ledger: Ledger, status: str, code: str) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE payees SET status = ? WHERE payee_id = 'pay_1'", (status,))
    assert await refused(desk) == code


async def test_accounts_of_two_currencies_do_not_exchange_money(desk: Desk, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE accounts SET currency = 'USD' WHERE account_id = 'acc_2'")
    assert await refused(desk, to="acc_2") == "currency.mismatch"
    assert await refused(desk, source="acc_2") == "currency.mismatch"


@pytest.mark.parametrize("destination", ["City Power", "  city   POWER ", "pay_1", "\uff23ity Power"])
async def test_a_saved_payee_is_found_by_name_or_id(bank: Bank, destination: str) -> None:
    found = await bank.payees.resolve("tenant_1", "cust_1", destination)
    assert found.payee is not None
    assert (found.payee.payee_id, found.account_id) == ("pay_1", "tenant_1_billers")


async def test_a_flatmate_is_found_by_the_account_behind_the_name(bank: Bank) -> None:
    found = await bank.payees.resolve("tenant_1", "cust_1", "acc_3")
    assert (found.name, found.last_digits) == ("Flatmate", "9057")


async def test_each_customer_sees_own_payees_only(bank: Bank) -> None:
    assert [payee.name for payee in await bank.payees.of_customer("tenant_1", "cust_1")] == [
        "City Power",
        "Flatmate",
        "Northside Rentals",
    ]
    assert await bank.payees.of_customer("tenant_2", "cust_1") == []
    (flatmate,) = await bank.payees.of_customer("tenant_1", "cust_2")
    assert (flatmate.kind, flatmate.account_id) == (PayeeKind.INTERNAL, "acc_1")


async def test_terms_say_what_will_be_left(desk: Desk) -> None:
    terms = (await desk.terms("50")).to_json()
    assert (terms["amount"], terms["balance_after"]) == ("50.00", "2450.00")
    assert (terms["source_last_digits"], terms["destination_last_digits"]) == ("4821", "3796")
    assert terms["description"] == "Transfer to City Power"


async def test_a_description_keeps_one_line_of_printable_text(bank: Bank) -> None:
    said = "for\u202e June\n\x00rent " + "x" * 500
    terms = await bank.ledger.prepare_transfer("tenant_1", "cust_1", "acc_1", "pay_1", 5, said)
    assert terms.description.startswith("for June rent xxx")
    assert len(terms.description) == 140


@pytest.mark.parametrize(
    ("tenant", "customer", "account"),
    [
        ("tenant_1", "cust_1", "acc_3"),
        ("tenant_1", "cust_1", "acc_9"),
        ("tenant_2", "cust_1", "acc_1"),
        ("tenant_2", "cust_9", "acc_1"),
        ("tenant_1", "cust_1", "tenant_1_clearing"),
        ("tenant_1", "", "tenant_1_clearing"),
        ("tenant_1", "cust_1", "acc_missing"),
    ],
)
async def test_somebody_elses_account_looks_like_a_missing_one(
    bank: Bank, tenant: str, customer: str, account: str
) -> None:
    seen = []
    for account_id in (account, "acc_that_never_was"):
        with pytest.raises(ToolRefused) as refusal:
            await bank.accounts.get(tenant, customer, account_id)
        with pytest.raises(ToolRefused):
            await bank.accounts.transactions(tenant, customer, account_id)
        seen.append((refusal.value.code, refusal.value.message, refusal.value.sentence))
    assert seen[0] == seen[1]


async def test_a_customer_of_another_tenant_has_nothing_here(bank: Bank) -> None:
    with pytest.raises(ToolRefused, match="no such customer"):
        await bank.customers.get("tenant_2", "cust_1")
    assert await bank.accounts.of_customer("tenant_2", "cust_1") == []
    assert await bank.accounts.transactions("tenant_2", "cust_1") == []
    assert await bank.customers.loans("tenant_2", "cust_1") == []
    assert await bank.accounts.holder("tenant_2", "acc_1") is None


async def test_products_of_the_first_customer(bank: Bank) -> None:
    assert (await bank.customers.get("tenant_1", "cust_1")).name == "Alex Morgan"
    (loan,) = await bank.customers.loans("tenant_1", "cust_1")
    assert (str(loan.principal), str(loan.annual_rate)) == ("20000.00", "0.0895")
    assert [holding.units for holding in await bank.customers.holdings("tenant_1", "cust_1")] == [42, 60, 38]
    (card,) = await bank.customers.cards("tenant_1", "cust_1")
    assert (card.account_id, card.last_digits, card.status) == ("acc_1", "7719", "active")


async def test_transactions_are_newest_first_and_each_balance_follows_from_the_next(bank: Bank) -> None:
    lines = await bank.accounts.transactions("tenant_1", "cust_1", "acc_1", limit=1000)
    assert len(lines) > 300
    assert str(lines[0].balance_after) == "2500.00"
    for newer, older in pairwise(lines):
        assert newer.posted_at >= older.posted_at
        assert newer.balance_after - newer.amount == older.balance_after


async def test_transactions_keep_to_their_window_and_limit(bank: Bank) -> None:
    since, until = START - timedelta(days=30), START - timedelta(days=10)
    lines = await bank.accounts.transactions("tenant_1", "cust_1", since=since, until=until)
    assert lines
    assert all(since <= line.posted_at < until for line in lines)
    assert {line.account_id for line in lines} > {"acc_1", "acc_2"}
    assert len(await bank.accounts.transactions("tenant_1", "cust_1", limit=7)) == 7
    assert await bank.accounts.transactions("tenant_1", "cust_1", limit=-1) == []
