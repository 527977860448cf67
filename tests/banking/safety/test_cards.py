from __future__ import annotations

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.support import customer
from ultracore.banking import ActionReceipt, Bank, Proposal
from ultracore.errors import ApprovalRefused, ToolRefused


async def status_of(bank: Bank, customer_id: str = "cust_1") -> list[str]:
    return [card.status for card in await bank.customers.cards("tenant_1", customer_id)]


async def refusal(bank: Bank, customer_id: str, card: str | None = None, tenant: str = "tenant_1") -> str:
    with pytest.raises(ToolRefused) as refused:
        await bank.security.cards.freeze(tenant, customer_id, card)
    return refused.value.code


async def unfreezing(bank: Bank) -> Proposal:
    return await bank.proposals.open(
        await bank.security.cards.unfreeze_terms("tenant_1", "cust_1"),
        principal=customer(),
        conversation_id="conv-1",
        turn_id="turn-1",
        reference="7F3A-0001",
        tool="unfreeze_card",
        arguments={},
        arguments_digest="digest",
        seconds=120,
    )


async def test_the_only_card_is_frozen_at_once_and_a_second_time_changes_nothing(bank: Bank) -> None:
    first = await bank.security.cards.freeze("tenant_1", "cust_1")
    second = await bank.security.cards.freeze("tenant_1", "cust_1")
    assert (first.card.last_digits, first.card.status, first.changed) == ("7719", "frozen", True)
    assert (second.card, second.changed) == (first.card, False)
    assert await status_of(bank) == ["frozen"]


async def test_of_several_cards_one_must_be_named(bank: Bank) -> None:
    with pytest.raises(ToolRefused) as refused:
        await bank.security.cards.freeze("tenant_1", "cust_3")
    assert refused.value.code == "card.which"
    assert "··8830" in refused.value.message
    assert "··8848" in refused.value.message
    for name in ("8848", "card ending 8848", "card_4"):
        assert (await bank.security.cards.freeze("tenant_1", "cust_3", name)).card.card_id == "card_4"
    assert await status_of(bank, "cust_3") == ["active", "frozen"]


async def test_somebody_elses_card_looks_like_none(bank: Bank) -> None:
    assert await refusal(bank, "cust_1", "4406") == "card.not_found"
    assert await refusal(bank, "cust_1", "card_2") == "card.not_found"
    assert await refusal(bank, "cust_1", "no digits at all") == "card.not_found"
    assert await refusal(bank, "cust_1", "7719", tenant="tenant_2") == "card.none"
    assert await refusal(bank, "cust_9") == "card.none"


async def test_a_cancelled_card_is_neither_frozen_nor_unfrozen(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute("UPDATE cards SET status = 'cancelled' WHERE card_id = 'card_1'")
    assert await refusal(bank, "cust_1") == "card.cancelled"
    with pytest.raises(ToolRefused) as refused:
        await bank.security.cards.unfreeze_terms("tenant_1", "cust_1")
    assert refused.value.code == "card.cancelled"


async def test_only_a_frozen_card_can_be_unfrozen(bank: Bank) -> None:
    with pytest.raises(ToolRefused) as refused:
        await bank.security.cards.unfreeze_terms("tenant_1", "cust_1")
    assert refused.value.code == "card.not_frozen"


async def test_of_several_cards_the_frozen_one_is_meant(bank: Bank) -> None:
    await bank.security.cards.freeze("tenant_1", "cust_3", "8830")
    terms = await bank.security.cards.unfreeze_terms("tenant_1", "cust_3")
    assert terms.payload == {"card_id": "card_3", "last_digits": "8830"}


async def test_an_approved_proposal_unfreezes_once_and_twice_gives_the_same_receipt(bank: Bank) -> None:
    await bank.security.cards.freeze("tenant_1", "cust_1")
    proposal = await unfreezing(bank)
    assert await status_of(bank) == ["frozen"]
    await bank.proposals.claim(proposal.proposal_id, "login-1", "conv-1")
    receipt = await bank.proposals.settle(proposal.proposal_id, "evt-1")
    assert isinstance(receipt, ActionReceipt)
    assert "7719" in receipt.sentence
    assert await status_of(bank) == ["active"]
    await bank.security.cards.freeze("tenant_1", "cust_1")
    assert await bank.proposals.settle(proposal.proposal_id, "evt-1") == receipt
    assert await status_of(bank) == ["frozen"]


async def test_a_card_that_changed_meanwhile_voids_the_approval(bank: Bank, ledger: Ledger) -> None:
    await bank.security.cards.freeze("tenant_1", "cust_1")
    proposal = await unfreezing(bank)
    with raw(ledger) as connection:
        connection.execute("UPDATE cards SET status = 'cancelled' WHERE card_id = 'card_1'")
    with pytest.raises(ApprovalRefused):
        await bank.proposals.claim(proposal.proposal_id, "login-1", "conv-1")
    assert await status_of(bank) == ["cancelled"]
