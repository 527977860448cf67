"""Lending over the demo world: figures from the journal, loans, and applications that a person decides."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.banking.ledgers import REFUSED, Ledger, raw, stored_time
from tests.banking.support import Desk, MovableClock, customer
from ultracore.banking import ActionReceipt, ActionTerms, Bank, Money, Proposal
from ultracore.banking.lending import LoanWish, ScheduleWish
from ultracore.banking.lending.finances import finances_of
from ultracore.banking.lending.values import ApplicationStatus, Finances, Purpose
from ultracore.errors import ApprovalRefused, ToolRefused

ALEX = ("tenant_1", "cust_1")


def wish(amount: str = "50000", purpose: Purpose = Purpose.HOME, term: int = 60) -> LoanWish:
    return LoanWish(amount=Money.parse(amount), purpose=purpose, term_months=term)


async def finances(bank: Bank, clock: MovableClock, customer_id: str = "cust_1") -> Finances:
    who = await bank.customers.get("tenant_1", customer_id)
    return await finances_of(bank.database, who, bank.customers, bank.accounts, clock.now)


async def test_finances_are_what_the_journal_says(bank: Bank, clock: MovableClock, ledger: Ledger) -> None:
    found = await finances(bank, clock)
    since = stored_time(ledger, clock.now - timedelta(days=182))
    query = (
        "SELECT SUM(amount_minor) FROM postings JOIN entries USING (entry_id)"
        " WHERE account_id = 'acc_1' AND kind = ? AND posted_at >= ?"
    )
    with raw(ledger) as connection:
        (pay,) = connection.execute(query, ("salary", since)).fetchone()
        (rent,) = connection.execute(query, ("rent", since)).fetchone()
    assert found.income.minor == round(Decimal(pay) * 365 / (12 * 182))
    assert found.rent.minor == round(Decimal(-rent) * 365 / (12 * 182))
    assert (found.months_with_income, found.years_with_us) == (6, 7)
    assert (str(found.owed), str(found.liquid)) == ("12400.00", "12500.00")
    assert (str(found.repayments), str(found.due)) == ("414.50", "2072.50")
    assert found.repaid >= found.due


async def test_money_between_own_accounts_is_neither_income_nor_spending(
    bank: Bank, desk: Desk, clock: MovableClock
) -> None:
    before = await finances(bank, clock)
    for to, conversation in (("acc_2", "conv-own"), ("City Power", "conv-bill")):
        proposal = await desk.claim(await desk.open("600", to, conversation=conversation))
        await bank.proposals.settle(proposal.proposal_id, f"evt-{conversation}")
    clock.advance(1)
    after = await finances(bank, clock)
    assert after.income == before.income
    assert (after.spending - before.spending).minor in (10_027, 10_028)  # 600 over 182 days, by the month.


async def test_a_customer_without_a_history_has_neither_income_nor_a_loan(
    bank: Bank, clock: MovableClock, ledger: Ledger
) -> None:
    with raw(ledger) as connection:
        connection.execute(
            "INSERT INTO customers (customer_id, tenant_id, name, kind, since, kyc_status, risk_rating)"
            " VALUES ('cust_new', 'tenant_1', 'New', 'person', '2026-11-01', 'verified', 'low')"
        )
    found = await bank.lending.eligibility("tenant_1", "cust_new", wish())
    assert not found.eligible
    assert found.largest.minor == 0
    assert "income.found" in [reason.code for reason in found.reasons if not reason.met]
    assert (await finances(bank, clock, "cust_new")).spending.amount == 1400


async def test_the_question_of_the_seed_has_an_answer_with_reasons(bank: Bank) -> None:
    found = await bank.lending.eligibility(*ALEX, wish("50000"))
    assert found.eligible
    assert 300 <= found.risk.credit_score <= 850
    assert found.largest >= found.amount
    refused = await bank.lending.eligibility(*ALEX, wish("50000", Purpose.PERSONAL))
    assert not refused.eligible
    assert [reason.code for reason in refused.reasons if not reason.met] == ["instalment.affordable"]
    assert Money(Decimal(0)) < refused.largest < refused.amount


@pytest.mark.parametrize("who", [("tenant_2", "cust_1"), ("tenant_1", "cust_9"), ("tenant_1", "nobody")])
async def test_another_tenants_customer_looks_like_nobody(bank: Bank, who: tuple[str, str]) -> None:
    for call in (bank.lending.eligibility(*who, wish()), bank.lending.risk(*who), bank.lending.loans(*who)):
        with pytest.raises(ToolRefused) as refused:
            await call
        assert refused.value.code == "customer.not_found"
    assert await bank.lending.applications(*who) == []


async def test_a_loan_thought_of_lowers_the_score_at_most(bank: Bank) -> None:
    now = await bank.lending.risk(*ALEX)
    then = await bank.lending.risk(*ALEX, Money(Decimal(60_000)))
    assert then.credit_score < now.credit_score
    assert then.risk_score > now.risk_score


async def test_the_running_loan_with_its_year(bank: Bank) -> None:
    (loan,) = await bank.lending.loans(*ALEX)
    assert (str(loan.outstanding), loan.instalments_left) == ("12400.00", 34)
    assert str(loan.paid_in_year) == "4974.00"
    assert loan.interest_in_year.minor > 0
    assert await bank.lending.loans("tenant_1", "cust_2") == []


async def test_schedules_of_wishes_and_of_the_running_loan(bank: Bank) -> None:
    rest = (await bank.lending.schedule(*ALEX, ScheduleWish(account_id="acc_4"))).schedule
    assert (str(rest.amount), str(rest.instalment), len(rest.lines)) == ("12400.00", "414.50", 34)
    shorter = await bank.lending.schedule(*ALEX, ScheduleWish(account_id="acc_4", term_months=12))
    assert len(shorter.schedule.lines) == 12
    home = ScheduleWish(amount=Money(Decimal(500_000)), term_months=300, purpose=Purpose.HOME)
    other = ScheduleWish(amount=Money(Decimal(500_000)), term_months=300, annual_rate=Decimal(0))
    assert (await bank.lending.schedule(*ALEX, home)).schedule.annual_rate > Decimal("0.05")
    assert (await bank.lending.schedule(*ALEX, other)).schedule.total_interest.minor == 0


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (ScheduleWish(amount=Money(Decimal(5))), "arguments.missing"),
        (ScheduleWish(term_months=5), "arguments.missing"),
        (ScheduleWish(account_id="acc_1"), "loan.not_found"),
        (ScheduleWish(account_id="acc_9"), "account.not_found"),
        (ScheduleWish(account_id="acc_3"), "account.not_found"),
    ],
)
async def test_a_schedule_of_nothing_is_refused(bank: Bank, what: ScheduleWish, code: str) -> None:
    with pytest.raises(ToolRefused) as refused:
        await bank.lending.schedule(*ALEX, what)
    assert refused.value.code == code


async def test_a_loan_that_is_paid_off_has_no_instalments_left(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        connection.execute(
            "INSERT INTO loans SELECT 'acc_2', principal_minor, annual_rate_basis_points, term_months,"
            " instalment_minor, started_on FROM loans"
        )
    with pytest.raises(ToolRefused) as refused:
        await bank.lending.schedule(*ALEX, ScheduleWish(account_id="acc_2"))
    assert refused.value.code == "loan.paid_off"
    paid = next(one for one in await bank.lending.loans(*ALEX) if one.loan.account_id == "acc_2")
    assert (paid.outstanding.minor, paid.instalments_left) == (0, 0)


async def terms(bank: Bank, amount: str = "15000", purpose: Purpose = Purpose.CAR) -> ActionTerms:
    return await bank.lending.prepare_application(*ALEX, wish(amount, purpose, 48), "a used ute")


async def proposed(bank: Bank, what: ActionTerms, conversation: str = "conv-1") -> Proposal:
    return await bank.proposals.open(
        what,
        principal=customer(),
        conversation_id=conversation,
        turn_id="turn-1",
        reference="7F3A-0001",
        tool="apply_for_loan",
        arguments={},
        arguments_digest="digest",
        seconds=120,
    )


async def claimed(bank: Bank, proposal: Proposal) -> Proposal:
    return await bank.proposals.claim(proposal.proposal_id, "login-1", proposal.conversation_id)


async def settled(bank: Bank, proposal: Proposal) -> ActionReceipt:
    receipt = await bank.proposals.settle(proposal.proposal_id, f"evt-{proposal.proposal_id}")
    assert isinstance(receipt, ActionReceipt)
    return receipt


async def approved(bank: Bank, proposal: Proposal) -> ActionReceipt:
    return await settled(bank, await claimed(bank, proposal))


async def test_an_approved_application_is_recorded_and_decided_by_nobody_yet(
    bank: Bank, clock: MovableClock
) -> None:
    what = await terms(bank)
    assert ("Amount", "AUD 15,000.00") in what.lines
    assert "Indicative rate" in dict(what.lines)
    receipt = await approved(bank, await proposed(bank, what))
    newest, *_ = await bank.lending.applications(*ALEX)
    assert newest.reference == receipt.result["reference"]
    assert newest.status is ApplicationStatus.SUBMITTED
    assert (newest.purpose, newest.stated_purpose, newest.submitted_at) == (Purpose.CAR, "a used ute", clock.now)
    assert newest.decided_at is None
    assert "not approved yet" in receipt.sentence
    assert str((await bank.accounts.get(*ALEX, "acc_1")).balance) == "2500.00"


async def test_settling_twice_records_one_application(bank: Bank) -> None:
    proposal = await proposed(bank, await terms(bank))
    first = await approved(bank, proposal)
    again = await bank.proposals.settle(proposal.proposal_id, f"evt-{proposal.proposal_id}")
    assert first == again
    assert len(await bank.lending.applications(*ALEX)) == 2  # The demo world has an old one.


async def test_a_second_application_for_the_same_purpose_waits_for_the_first(bank: Bank) -> None:
    open_card = await proposed(bank, await terms(bank), "conv-2")
    pressed = await claimed(bank, await proposed(bank, await terms(bank, "16000"), "conv-3"))
    await approved(bank, await proposed(bank, await terms(bank)))
    with pytest.raises(ToolRefused, match="waits for a lender") as refused:
        await terms(bank)
    assert refused.value.code == "loan.already_applied"
    with pytest.raises(ApprovalRefused):
        await claimed(bank, open_card)
    with pytest.raises(ToolRefused) as late:
        await settled(bank, pressed)
    assert late.value.code == "loan.already_applied"
    assert len(await bank.lending.applications(*ALEX)) == 2
    await approved(bank, await proposed(bank, await terms(bank, purpose=Purpose.EDUCATION), "conv-4"))


async def test_without_a_verified_identity_nothing_is_recorded(bank: Bank, ledger: Ledger) -> None:
    open_card = await proposed(bank, await terms(bank), "conv-2")
    pressed = await claimed(bank, await proposed(bank, await terms(bank), "conv-3"))
    with raw(ledger) as connection:
        connection.execute("UPDATE customers SET kyc_status = 'expired' WHERE customer_id = 'cust_1'")
    with pytest.raises(ToolRefused) as refused:
        await terms(bank)
    with pytest.raises(ToolRefused) as late:
        await settled(bank, pressed)
    assert (refused.value.code, late.value.code) == ("kyc.not_verified", "kyc.not_verified")
    with pytest.raises(ApprovalRefused):
        await claimed(bank, open_card)
    assert len(await bank.lending.applications(*ALEX)) == 1


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (wish("150000.01", Purpose.CAR), "loan.amount_out_of_range"),
        (wish("15000", Purpose.CAR, 85), "loan.term_out_of_range"),
        (wish("-1", Purpose.CAR), "amount.not_positive"),
    ],
)
async def test_what_nobody_could_decide_is_not_applied_for(bank: Bank, what: LoanWish, code: str) -> None:
    with pytest.raises(ToolRefused) as refused:
        await bank.lending.prepare_application(*ALEX, what, "car")
    assert refused.value.code == code


async def test_a_business_is_offered_no_home_loan(bank: Bank) -> None:
    with pytest.raises(ToolRefused) as refused:
        await bank.lending.prepare_application("tenant_1", "cust_3", wish("50000", Purpose.HOME), "home")
    assert refused.value.code == "loan.purpose_not_offered"


def test_the_store_itself_keeps_one_waiting_application_a_purpose(ledger: Ledger) -> None:
    copy = (
        "INSERT INTO loan_applications SELECT ?, ?, tenant_id, customer_id, user_id, purpose, stated_purpose,"
        " amount_minor, currency, term_months, annual_rate_basis_points, instalment_minor, met_rules, 'submitted',"
        " submitted_at, NULL, NULL, NULL, ? FROM loan_applications LIMIT 1"
    )
    with raw(ledger) as connection:
        connection.execute(copy, ("a",) * 3)
        with pytest.raises(REFUSED, match=r"(?i)unique"):
            connection.execute(copy, ("b",) * 3)
