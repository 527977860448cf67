"""What a customer reads of a payment's fee: on its card, in its receipt, and in the answer to the model."""

from __future__ import annotations

from datetime import UTC, datetime

from ultracore.ai.approvals.wording import card_lines, receipt_sentence
from ultracore.banking import EntryReceipt, Money, Proposal, ProposalStatus, TermsRecord

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TERMS = TermsRecord(
    tenant_id="tenant_1",
    customer_id="cust_1",
    source_account_id="acc_1",
    source_name="Everyday",
    source_last_digits="4821",
    destination_account_id="tenant_1_billers",
    destination_name="City Power",
    destination_last_digits="4411",
    payee_id="pay_1",
    payee_kind="biller",
    payee_version=1,
    amount="50.00",
    fee="1.00",
    currency="AUD",
    description="",
    balance_after="2449.00",
)


def proposal(terms: TermsRecord) -> Proposal:
    return Proposal(
        approval_id=None,
        reason=None,
        confirmed_at=None,
        claimed_at=None,
        ended_at=None,
        checker_user_id=None,
        checker_login_id=None,
        intent_event_id=None,
        entry_id=None,
        user_id="customer1",
        login_id="login-1",
        conversation_id="conv-1",
        turn_id="turn-1",
        reference="7F3A-0001",
        arguments_digest="digest",
        policy_version="1",
        proposal_id="prp_1",
        kind="transfer",
        tenant_id="tenant_1",
        customer_id="cust_1",
        tool="execute_transaction",
        arguments={},
        terms=terms,
        payee_id="pay_1",
        payee_version=1,
        status=ProposalStatus.OPEN,
        created_at=NOW,
        expires_at=NOW,
        two_persons=False,
    )


def test_the_card_has_a_line_for_the_fee_and_one_for_the_total() -> None:
    lines = dict(card_lines(proposal(TERMS)))
    assert (lines["Amount"], lines["Fee"], lines["Total"]) == ("AUD 50.00", "AUD 1.00", "AUD 51.00")
    assert lines["Balance after"] == "AUD 2,449.00"


def test_the_receipt_says_fee_and_total() -> None:
    receipt = EntryReceipt(
        entry_id="ent_1", receipt_number="R-B-C", posted_at=NOW, balance_after=Money.parse("2449.00")
    )
    assert "Fee: AUD 1.00; total: AUD 51.00." in receipt_sentence(proposal(TERMS), receipt)


def test_a_card_without_a_fee_or_from_before_fees_has_neither_line() -> None:
    free: TermsRecord = {**TERMS, "fee": "0.00"}
    before = free.copy()
    del before["fee"]
    for terms in (free, before):
        assert not {"Fee", "Total"} & set(dict(card_lines(proposal(terms))))
