from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.support import Desk, MovableClock, customer
from ultracore.banking import Bank, Money
from ultracore.banking.fraud import Asked, Examination
from ultracore.banking.fraud.rules import BLOCK_FROM, REVIEW_FROM, RULES, Facts, decide
from ultracore.principal import Connection

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOME = Connection("203.0.113.7", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
AWAY = Connection("198.51.100.9", "Opera/9")


def facts(amount: str = "50", /, **changes: object) -> Facts:
    known: dict[str, object] = {"at": NOW, "amount": Decimal(amount), "largest": Decimal(500), "last_hour": 0}
    return Facts(**{**known, **changes})  # type: ignore[arg-type]


def names(facts_: Facts) -> set[str]:
    return {factor.name for factor in decide(facts_).factors}


@pytest.mark.parametrize(
    ("case", "speaks"),
    [
        (facts(), set()),
        (facts(paid_before=True), set()),
        (facts(paid_before=False), {"first_payment"}),
        (facts(payee_saved_at=NOW - timedelta(hours=23)), {"new_payee"}),
        (facts(payee_saved_at=NOW - timedelta(hours=24)), set()),
        (facts("1500.01"), {"unusual_amount"}),
        (facts("1500"), set()),
        (facts("1000", largest=Decimal(1)), set()),
        (facts("1400", in_account=Decimal(1500)), {"empties_account"}),
        (facts("1400", in_account=Decimal(1600)), set()),
        (facts("900", in_account=Decimal(900)), set()),
        (facts(last_hour=30), set()),
        (facts(last_hour=31), {"many_payments"}),
        (facts(new_device=True), {"new_device"}),
        (facts(new_place=True), {"new_place"}),
    ],
)
def test_each_rule_speaks_from_its_threshold_on(case: Facts, speaks: set[str]) -> None:
    assert names(case) == speaks


def test_new_surroundings_alone_are_allowed_and_with_a_new_payee_and_much_money_reviewed_or_blocked() -> None:
    here: dict[str, object] = {"new_device": True, "new_place": True}
    assert decide(facts(**here)).decision == "allow"
    assert decide(facts(**here, paid_before=False)).decision == "allow"
    much = decide(facts("5000", **here, paid_before=False))
    assert (much.decision, much.score) == ("review", Decimal("0.70"))
    assert decide(facts("5000", **here, paid_before=False, payee_saved_at=NOW)).decision == "block"


def test_the_score_never_passes_one() -> None:
    everything = facts(
        "5000",
        in_account=Decimal(5000),
        paid_before=False,
        payee_saved_at=NOW,
        last_hour=99,
        new_device=True,
        new_place=True,
    )
    assert decide(everything).score == 1
    assert sum(rule.weight for rule in RULES.values()) > 1
    assert REVIEW_FROM < BLOCK_FROM < 1


async def examine(
    bank: Bank, transaction: str, amount: str = "50", here: Connection | None = None, *claimed: Connection
) -> Examination:
    asked = Asked(
        tenant_id="tenant_1",
        customer_id="cust_1",
        user_id="customer1",
        transaction_id=transaction,
        amount=Money.parse(amount),
        here=here,
        claimed=claimed,
    )
    return await bank.security.fraud.examine(asked)


def spoken(found: Examination) -> set[str]:
    return {factor.name for factor in found.decision.factors}


async def test_an_unknown_transaction_is_scored_by_its_amount(bank: Bank) -> None:
    found = await examine(bank, "txn_123", "9000")
    assert (found.known, spoken(found)) == ("unknown", {"unusual_amount"})
    assert spoken(await examine(bank, "txn_123", "50")) == set()


async def test_a_proposal_is_scored_by_its_own_amount_and_not_by_what_is_claimed(desk: Desk) -> None:
    proposal = await desk.open("9900", "Northside Rentals", source="acc_2")
    found = await examine(desk.bank, proposal.proposal_id, "1", HOME)
    assert (found.known, str(found.amount)) == ("proposal", "9900.00")
    assert spoken(found) == {"unusual_amount", "new_device", "new_place"}


async def test_a_transfer_between_own_accounts_scores_nothing(desk: Desk) -> None:
    proposal = await desk.open("2000", "acc_2")
    assert (await examine(desk.bank, proposal.proposal_id, "2000", AWAY)).decision.score == 0


async def test_a_posted_entry_is_compared_with_what_came_before_it(desk: Desk) -> None:
    bank = desk.bank
    proposal = await desk.claim(await desk.open("9900", "Northside Rentals", source="acc_2"))
    receipt = await bank.proposals.settle(proposal.proposal_id, "evt-1")
    for name in (receipt.entry_id, receipt.receipt_number):  # type: ignore[union-attr]
        found = await examine(bank, str(name), "1", AWAY)
        assert (found.known, str(found.amount)) == ("entry", "9900.00")
        assert spoken(found) == {"unusual_amount", "empties_account"}


async def test_ordinary_entries_and_money_that_came_in_score_nothing(bank: Bank, ledger: Ledger) -> None:
    query = (
        "SELECT entry_id FROM entries JOIN postings USING (entry_id) WHERE kind = ? AND account_id = 'acc_1'"
        " ORDER BY sequence DESC LIMIT 1"
    )
    for kind in ("card_purchase", "salary", "transfer"):
        with raw(ledger) as connection:
            (entry,) = connection.execute(query, (kind,)).fetchone()
        found = await examine(bank, entry)
        assert found.known == "entry", kind
        assert (found.decision.score, found.decision.decision) == (Decimal(0), "allow"), kind


async def test_somebody_elses_transaction_is_an_unknown_one(bank: Bank, ledger: Ledger) -> None:
    with raw(ledger) as connection:
        (entry,) = connection.execute(
            "SELECT entry_id FROM postings WHERE account_id = 'acc_5' LIMIT 1"
        ).fetchone()
    assert (await examine(bank, entry)).known == "unknown"


async def test_a_claimed_device_can_raise_the_score_and_never_lower_it(bank: Bank, clock: MovableClock) -> None:
    await bank.security.surroundings.remember("customer1", HOME)
    clock.advance(86_401)
    assert spoken(await examine(bank, "t", "50", HOME)) == set()
    assert spoken(await examine(bank, "t", "50", HOME, Connection(None, "Opera/9"))) == {"new_device"}
    assert spoken(await examine(bank, "t", "50", HOME, Connection("192.0.2.1", None))) == {"new_place"}
    assert spoken(await examine(bank, "t", "50", AWAY, HOME)) == {"new_device", "new_place"}
    assert spoken(await examine(bank, "t", "50", None)) == set()


async def test_the_check_before_a_transfer_learns_the_browser_in_a_day(desk: Desk, clock: MovableClock) -> None:
    terms = await desk.terms("50")
    for expected in ({"new_device", "new_place"}, {"new_device", "new_place"}):
        decision = await desk.bank.risk.score_transfer(terms, customer(), HOME)
        assert {factor.name for factor in decision.factors} == expected
    clock.advance(86_401)
    assert (await desk.bank.risk.score_transfer(terms, customer(), HOME)).factors == ()
    decision = await desk.bank.risk.score_transfer(terms, customer(), AWAY)
    assert {factor.name for factor in decision.factors} == {"new_device", "new_place"}


async def pay(desk: Desk, number: int, amount: str, to: str = "City Power", source: str = "acc_1") -> None:
    proposal = await desk.claim(await desk.open(amount, to, source=source, conversation=f"conv-{number}"))
    await desk.bank.proposals.settle(proposal.proposal_id, f"evt-{number}")


async def kinds(bank: Bank) -> list[str]:
    return [item.kind for item in await bank.security.activity.unusual("tenant_1", "cust_1")]


async def test_the_demo_year_has_nothing_unusual(bank: Bank) -> None:
    for tenant, owner in (("tenant_1", "cust_1"), ("tenant_1", "cust_2"), ("tenant_2", "cust_9")):
        assert await bank.security.activity.unusual(tenant, owner) == []


async def test_large_and_doubled_payments_and_bursts_are_listed(desk: Desk, clock: MovableClock) -> None:
    await pay(desk, 0, "9000", "Northside Rentals", "acc_2")
    clock.advance(7200)
    await pay(desk, 1, "20", "Flatmate")
    await pay(desk, 2, "20", "Flatmate")
    assert await kinds(desk.bank) == ["same_payment_twice", "unusual_amount"]
    clock.advance(7200)
    for number in range(10):
        await pay(desk, 10 + number, str(number + 1))
    assert (await kinds(desk.bank))[0] == "many_payments"
    assert await kinds(desk.bank) == ["many_payments", "same_payment_twice", "unusual_amount"]


async def test_own_transfers_are_never_unusual(desk: Desk) -> None:
    await pay(desk, 1, "9500", "acc_1", "acc_2")
    assert await kinds(desk.bank) == []


async def test_new_surroundings_failed_sign_ins_and_reports_are_listed(bank: Bank, clock: MovableClock) -> None:
    await bank.security.surroundings.remember("customer1", HOME)
    assert await kinds(bank) == []
    clock.advance(60)
    await bank.security.surroundings.remember("customer1", AWAY)
    await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "Something is wrong")
    for _ in range(3):
        await bank.security.marks.note("customer1", "sign_in_failed")
    assert sorted(await kinds(bank)) == ["failed_sign_ins", "new_device", "new_place", "report"]


async def test_a_posted_transfer_between_own_accounts_scores_nothing(desk: Desk) -> None:
    proposal = await desk.claim(await desk.open("9500", "acc_1", source="acc_2"))
    receipt = await desk.bank.proposals.settle(proposal.proposal_id, "evt-1")
    found = await examine(desk.bank, str(receipt.entry_id), "1", AWAY)
    assert (found.known, str(found.amount), found.decision.score) == ("entry", "9500.00", Decimal(0))
