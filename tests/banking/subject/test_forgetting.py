"""What the ledger's database forgets of an erased customer, and what stays in the books."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.support import Desk, customer
from ultracore.banking import Bank, Proposal
from ultracore.banking.ledger import operator_view as reports
from ultracore.banking.subject import forget_words, known_by
from ultracore.errors import LedgerUnavailable

WORDS = "walnut-cathedral"


async def opened(desk: Desk, conversation: str) -> Proposal:
    """A transfer with the customer's own words on it."""
    terms = await desk.bank.ledger.prepare_transfer("tenant_1", "cust_1", "acc_1", "City Power", "50", WORDS)
    return await desk.bank.proposals.open(
        terms,
        principal=customer(),
        conversation_id=conversation,
        turn_id="turn-1",
        reference="7F3A-0001",
        tool="execute_transaction",
        arguments={"amount": "50", "description": WORDS},
        arguments_digest="digest",
        seconds=120,
    )


def rows(ledger: Ledger) -> list[tuple[Any, ...]]:
    with raw(ledger) as db:
        found: list[tuple[Any, ...]] = db.execute(
            "SELECT status, arguments, terms FROM proposals ORDER BY created_at"
        ).fetchall()
    return found


async def test_what_came_to_nothing_loses_its_words_and_a_payment_keeps_them_on_the_entry(
    desk: Desk, bank: Bank, ledger: Ledger
) -> None:
    paid = await desk.claim(await opened(desk, "conv-1"))
    await bank.proposals.settle(paid.proposal_id, "evt-1")
    declined = await opened(desk, "conv-2")
    await bank.proposals.decline(declined.proposal_id, "login-1", "conv-2")
    assert await forget_words(bank.database, "tenant_1", "cust_1") == 2
    for status, arguments, terms in rows(ledger):
        assert (WORDS in arguments, json.loads(arguments)["amount"]) == (False, "50")
        assert (WORDS in terms) == (status == "done")
    with raw(ledger) as db:
        kept = db.execute("SELECT description FROM entries WHERE proposal_id = ?", (paid.proposal_id,)).fetchall()
    assert WORDS in str(kept)
    assert (await reports.check(bank.database)).balanced
    assert await forget_words(bank.database, "tenant_1", "cust_1") == 0


async def test_words_on_an_open_proposal_wait_for_its_end(desk: Desk, bank: Bank, ledger: Ledger) -> None:
    proposal = await opened(desk, "conv-1")
    with pytest.raises(LedgerUnavailable) as refusal:
        await forget_words(bank.database, "tenant_1", "cust_1")
    assert refusal.value.code == "erasure.proposal_open"
    await bank.proposals.decline(proposal.proposal_id, "login-1", "conv-1")
    assert await forget_words(bank.database, "tenant_1", "cust_1") == 1
    assert WORDS not in str(rows(ledger))


async def test_reports_of_incidents_keep_their_reference_only(bank: Bank, ledger: Ledger) -> None:
    report = await bank.security.incidents.report("tenant_1", "cust_1", "customer1", f"somebody said {WORDS}")
    await bank.security.incidents.report("tenant_1", "cust_2", "customer2", f"somebody said {WORDS}")
    assert await forget_words(bank.database, "tenant_1", "cust_1") == 1
    with raw(ledger) as db:
        found = dict(db.execute("SELECT customer_id, description FROM incidents").fetchall())
        known = db.execute("SELECT reference FROM incidents WHERE customer_id = 'cust_1'").fetchall()
    assert (found["cust_1"], WORDS in found["cust_2"], known) == ("[erased]", True, [(report.reference,)])


async def test_a_customer_of_another_tenant_is_not_known(bank: Bank) -> None:
    known = await known_by(bank.database, "tenant_1", "cust_1")
    assert known is not None
    assert ("customer1" in known.user_ids, "acc_1" in known.account_ids) == (True, True)
    assert await known_by(bank.database, "tenant_2", "cust_1") is None
