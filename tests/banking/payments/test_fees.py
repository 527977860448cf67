"""A payment with a fee: one sum from the quote to the journal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.payees.test_payees_adding import carry_out
from tests.banking.payees.test_payees_adding import terms as payee_terms
from tests.banking.support import Desk, MovableClock, change_rows
from ultracore.banking import Bank, EntryReceipt
from ultracore.banking.ledger import operator_view
from ultracore.banking.payments import DEFAULT_TABLE, PaymentWish, RouteTable
from ultracore.banking.seals import plain_digest, seal_of
from ultracore.banking.statements import Wanted
from ultracore.banking.store.tables import proposals
from ultracore.errors import ApprovalRefused, OperatorError, ToolRefused


def routes_with_fees(folder: Path, fee: str = "1.00") -> Path:
    text = DEFAULT_TABLE.read_text(encoding="utf-8")
    for label in ("to a biller", "to another Australian bank", "between your own accounts"):
        text = text.replace(f'label = "{label}"\nfee = "0.00"', f'label = "{label}"\nfee = "{fee}"')
    path = folder / "routes.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
async def bank(ledger: Ledger, tmp_path: Path, clock: MovableClock) -> AsyncIterator[Bank]:
    opened = await Bank.open(ledger.url, clock=clock, routes=routes_with_fees(tmp_path))
    yield opened
    await opened.close()


async def settle(desk: Desk, amount: str = "50", to: str = "City Power") -> str:
    proposal = await desk.open(amount, to)
    await desk.claim(proposal)
    receipt = await desk.bank.proposals.settle(proposal.proposal_id, f"evt-{proposal.proposal_id}")
    assert receipt.entry_id is not None
    return receipt.entry_id


async def test_quote_terms_and_stored_terms_have_the_same_total(desk: Desk) -> None:
    quote = await desk.bank.routes.quote(
        "tenant_1", "cust_1", PaymentWish(destination="City Power", amount=Decimal(50))
    )
    terms = await desk.terms("50")
    assert str(quote.cost) == str(terms.price.total) == "51.00"
    assert (terms.to_json().get("fee"), str(terms.balance_after)) == ("1.00", "2449.00")


async def test_the_hold_takes_the_total(desk: Desk) -> None:
    await desk.claim(await desk.open("50"))
    assert await desk.figures() == ("2500.00", "2449.00")


async def test_the_journal_credits_payee_and_fee_account_with_what_the_card_said(desk: Desk) -> None:
    entry = await settle(desk)
    lines = [line async for line in operator_view.journal(desk.bank.database) if line.entry_id == entry]
    assert [(line.account_id, str(line.amount)) for line in lines] == [
        ("acc_1", "-50.00"),
        ("tenant_1_billers", "50.00"),
        ("acc_1", "-1.00"),
        ("tenant_1_fees", "1.00"),
    ]
    assert (await operator_view.check(desk.bank.database)).balanced


async def test_the_receipt_states_the_balance_after_the_fee(desk: Desk) -> None:
    proposal = await desk.open()
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, "evt-1")
    receipt = await desk.bank.proposals.outcome_of("evt-1")
    assert isinstance(receipt, EntryReceipt)
    assert str(receipt.balance_after) == proposal.transfer["balance_after"] == "2449.00"
    assert await desk.figures() == ("2449.00", "2449.00")


async def test_a_statement_shows_the_fee_as_a_line_of_its_own_under_fees(desk: Desk) -> None:
    entry = await settle(desk)
    found = await desk.bank.search.find("tenant_1", "cust_1", Wanted(), 2)
    lines = [(str(line.amount), line.category, line.payee, line.entry_id) for line in found.lines]
    assert lines == [("-1.00", "fees", None, entry), ("-50.00", "utilities", "City Power", entry)]
    assert found.lines[0].description == "Fee for this payment"


async def test_a_payment_that_only_its_fee_makes_too_large_is_refused(desk: Desk) -> None:
    with pytest.raises(ToolRefused) as refusal:
        await desk.terms("2499.01")
    assert refusal.value.code == "funds.insufficient"
    await settle(desk, "2499")
    assert await desk.figures() == ("0.00", "0.00")


async def test_money_that_went_meanwhile_counts_against_the_total_at_the_press(desk: Desk) -> None:
    proposal = await desk.open("2400")
    await desk.claim(await desk.open("98.50", "acc_2", conversation="conv-2"))
    with pytest.raises(ApprovalRefused) as refusal:
        await desk.claim(proposal)
    assert refusal.value.code == "funds.insufficient"


async def test_the_limit_of_a_new_payee_counts_fees_paid_held_and_asked_for(desk: Desk) -> None:
    await carry_out(desk.bank, await payee_terms(desk.bank))
    await settle(desk, "500", "Gas Co")
    await desk.claim(await desk.open("300", "Gas Co", conversation="conv-2"))
    with pytest.raises(ToolRefused) as refusal:
        await desk.terms("197.01", "Gas Co")
    assert refusal.value.code == "payee.cooling_off"
    assert str((await desk.terms("197", "Gas Co")).price.total) == "198.00"


async def before_fees(desk: Desk, ledger: Ledger) -> None:
    """The one proposal as the program without fees stored it: terms that lack the fee, sealed over the columns."""
    with raw(ledger) as connection:
        terms = json.loads(connection.execute("SELECT terms FROM proposals").fetchone()[0])
        del terms["fee"]
        connection.execute("UPDATE proposals SET terms = ?", (json.dumps(terms),))
    async with desk.bank.database.read() as connection:
        row = (await connection.execute(proposals.select())).one()
    await change_rows(desk.bank.database, proposals.update().values(seal=seal_of(row._asdict(), plain_digest)))


async def test_a_card_from_before_fees_settles_without_one(desk: Desk, ledger: Ledger) -> None:
    proposal = await desk.open()
    await before_fees(desk, ledger)
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert await desk.figures() == ("2450.00", "2450.00")


async def test_a_card_settles_with_its_own_fee_after_the_table_has_changed(
    desk: Desk, ledger: Ledger, tmp_path: Path, clock: MovableClock
) -> None:
    proposal = await desk.open()
    dearer = await Bank.open(ledger.url, clock=clock, routes=routes_with_fees(tmp_path, "9.00"))
    await Desk(dearer).claim(proposal)
    await dearer.proposals.settle(proposal.proposal_id, "evt-1")
    await dearer.close()
    assert await desk.figures() == ("2449.00", "2449.00")


def without_fee_account(ledger: Ledger) -> None:
    """A tenant that has never charged a fee: what was its fee account has another id and purpose."""
    with raw(ledger) as connection:
        trigger = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'postings_never_change'"
        ).fetchone()[0]
        connection.execute("DROP TRIGGER postings_never_change")
        connection.execute("UPDATE accounts SET purpose = 'old' WHERE account_id = 'tenant_1_fees'")
        for table in ("accounts", "balances", "postings"):
            connection.execute(f"UPDATE {table} SET account_id = 'old' WHERE account_id = 'tenant_1_fees'")  # noqa: S608
        connection.execute(trigger)


# PostgreSQL checks a foreign key with each statement, so that an account of other rows cannot be renamed there.
@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
async def test_a_ledger_without_a_fee_account_gets_one_with_its_first_fee(desk: Desk, ledger: Ledger) -> None:
    without_fee_account(ledger)
    await settle(desk)
    await settle(desk)
    accounts = await operator_view.all_accounts(desk.bank.database)
    (made,) = [item for item in accounts if item.account.account_id == "tenant_1_fees"]
    assert (made.account.kind, made.account.bsb, str(made.balance)) == ("internal", "062001", "2.00")
    assert len({(item.account.bsb, item.account.number) for item in accounts}) == len(accounts)
    assert (await operator_view.check(desk.bank.database)).balanced


def test_a_negative_fee_is_refused_with_the_file_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"routes\.toml"):
        RouteTable.load(routes_with_fees(tmp_path, "-1.00"))
