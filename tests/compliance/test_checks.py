"""The checks of the bank's rules, each with a violation that was planted."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.banking.renaming import CHECKER, Counter
from tests.banking.support import change_rows
from ultracore.audit import AuditEvent, AuditEventType, ConversationRecord, EventFilter
from ultracore.audit.vocabulary import ApprovalGiven, ToolDecided
from ultracore.compliance import CHECKS, CheckOutcome, ComplianceChecks, DailyChecks
from ultracore.container import Core, core
from ultracore.errors import LedgerUnavailable
from ultracore.principal import Principal, Role
from ultracore.settings import Settings

PAY = "execute_transaction"
LATER = datetime.now(UTC) + timedelta(hours=2)


def maker(login: str = "teller1", role: Role = Role.TELLER) -> Principal:
    return Principal(tenant_id="tenant_1", user_id=login, login_id=f"login-{login}", roles=frozenset({role}))


@pytest.fixture
async def opened(seeded_data: Path, tmp_path: Path) -> AsyncIterator[Core]:
    shutil.copytree(seeded_data, tmp_path / "data")
    async with core(Settings(data_dir=tmp_path / "data")) as opened:
        yield opened


async def intent_of(opened: Core, proposal: str) -> str:
    turn = ConversationRecord(opened.trail, maker(), "conv-1").turn("turn-1", "7F3A-0001")
    return (await turn.write(ToolDecided(PAY, {}, result="allowed", proposal=proposal))).event_id


async def approve(opened: Core, proposal: str, who: Principal) -> None:
    turn = ConversationRecord(opened.trail, who, "conv-1").turn("turn-1", "7F3A-0001")
    await turn.write(ApprovalGiven(PAY, proposal=proposal))


async def paid(opened: Core, *, intent: str | None = None) -> str:
    """A transfer of cust_1, with its intent on the record or with another one; its entry."""
    counter = Counter(opened.bank)
    proposal = (await counter.claim(await counter.open("50"))).proposal_id
    receipt = await opened.bank.proposals.settle(proposal, intent or await intent_of(opened, proposal))
    assert receipt.entry_id is not None
    return receipt.entry_id


async def paid_by_two(opened: Core) -> str:
    """A teller's transfer that a supervisor has checked in the books; its proposal."""
    number = await Counter(opened.bank).request("50")
    button = await opened.bank.two_persons.issue(number, CHECKER, "conv-2")
    await opened.bank.two_persons.claim(button, CHECKER, "conv-2")
    await opened.bank.proposals.settle(number, await intent_of(opened, number))
    return number


async def broken(opened: Core, now: datetime | None = None) -> list[tuple[str, str]]:
    outcomes = await ComplianceChecks(opened.bank, opened.trail).run(now=now)
    return [(outcome.check, finding.subject) for outcome in outcomes for finding in outcome.findings]


async def recorded(opened: Core, event_type: AuditEventType) -> list[AuditEvent]:
    return await opened.store.select(EventFilter(tenant_id="tenant_1", types=frozenset({event_type})))


async def test_a_bank_that_keeps_its_rules_passes_every_check_on_the_record(opened: Core) -> None:
    await paid(opened)
    number = await paid_by_two(opened)
    for who in (maker(), maker("supervisor1", Role.SUPERVISOR)):
        await approve(opened, number, who)
    assert await broken(opened) == []
    passed = await recorded(opened, AuditEventType.COMPLIANCE_CHECK)
    assert [event.action for event in passed] == list(CHECKS)
    assert await recorded(opened, AuditEventType.COMPLIANCE_VIOLATION) == []


async def test_an_entry_without_its_decision_on_the_record_is_found(opened: Core) -> None:
    entry = await paid(opened, intent="evt-nowhere")
    assert await broken(opened) == [("intent", entry)]
    [violation] = await recorded(opened, AuditEventType.COMPLIANCE_VIOLATION)
    assert (violation.action, violation.resource_id, violation.severity) == ("intent", entry, "error")
    assert violation.metadata is not None
    assert violation.metadata["details"] == {"subject": entry, "intent": "evt-nowhere", "violations": 1}


async def test_what_one_person_approved_twice_breaks_four_eyes(opened: Core) -> None:
    number = await paid_by_two(opened)
    for _ in range(2):
        await approve(opened, number, maker())
    assert await broken(opened) == [("four_eyes", number)]


async def test_an_outcome_that_stays_unknown_for_over_an_hour_is_found(opened: Core) -> None:
    intent = await intent_of(opened, "prp_lost")
    assert await broken(opened) == []
    assert await broken(opened, LATER) == [("unknown_outcome", intent)]


async def test_money_that_moves_after_the_kyc_expired_is_found(opened: Core) -> None:
    entry = await paid(opened)
    await change_rows(
        opened.bank.database, "UPDATE customers SET kyc_status = 'expired' WHERE customer_id = 'cust_1'"
    )
    assert await broken(opened) == [("kyc", entry)]


async def test_an_erasure_that_is_not_done_after_a_day_is_found(opened: Core) -> None:
    when = "2026-11-01T00:00:00.000000Z"
    row = ("era_1", "customer", "tenant_1", "cust_2", "asked", "confirmed", "[]", "a", when, when, "b")
    columns = "erasure_id, kind, tenant_id, subject_id, reason, state, key_ids, requested_by, requested_at, "
    await opened.store.run(
        lambda db: db.execute(
            f"INSERT INTO erasures ({columns} expires_at, confirmed_by) VALUES ({', '.join('?' * 11)})",  # noqa: S608
            row,
        )
    )
    assert await broken(opened) == [("erasure", "era_1")]


async def test_books_that_nothing_guards_any_more_are_found_for_each_tenant(opened: Core) -> None:
    await change_rows(opened.bank.database, "DROP TRIGGER balances_never_go")
    assert set(await broken(opened)) == {("books", "balances_never_go")}


async def test_a_day_is_checked_once_however_many_replicas_there_are(opened: Core) -> None:
    checks = ComplianceChecks(opened.bank, opened.trail)
    day = datetime(2026, 11, 30, 12, tzinfo=UTC)
    days = iter([day, day, day, day + timedelta(days=1), day + timedelta(days=1)])
    replicas = [DailyChecks(checks, opened.store, clock=lambda: next(days)) for _ in range(3)]
    ran = [await replica.run_if_due() for replica in replicas]
    assert ran == [True, False, True]
    assert len(await recorded(opened, AuditEventType.COMPLIANCE_CHECK)) == 2 * len(CHECKS)


class UnreachableBank(ComplianceChecks):
    async def run(self, *, since: datetime | None = None, now: datetime | None = None) -> list[CheckOutcome]:
        raise LedgerUnavailable("the ledger does not answer")


async def test_a_day_whose_checks_failed_is_checked_again(opened: Core) -> None:
    daily = DailyChecks(UnreachableBank(opened.bank, opened.trail), opened.store)
    for _ in range(2):
        with pytest.raises(LedgerUnavailable):
            await daily.run_if_due()
