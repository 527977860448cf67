"""Two persons: a maker confirms, another person decides later, and everything is asked again then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.proposals.test_actions import code_of
from tests.banking.renaming import CHECKER, RENAMING, TELLER, Counter, renaming, staff
from tests.banking.support import MovableClock, customer
from ultracore.banking import Bank, ProposalStatus
from ultracore.banking.ledger import operator_view as reports
from ultracore.banking.proposals import may_check
from ultracore.errors import UltracoreError
from ultracore.principal import Principal, Role

DESK = "conv-supervisor"


@pytest.fixture
async def counter(ledger: Ledger, clock: MovableClock) -> AsyncIterator[Counter]:
    bank = await Bank.open(ledger.url, clock=clock, effects=[RENAMING])
    yield Counter(bank)
    await bank.close()


@pytest.fixture
async def other(ledger: Ledger, clock: MovableClock) -> AsyncIterator[Bank]:
    bank = await Bank.open(ledger.url, clock=clock, effects=[RENAMING])
    yield bank
    await bank.close()


async def waiting(counter: Counter, tenant: str = "tenant_1") -> list[str]:
    return [proposal.proposal_id for proposal in await counter.bank.two_persons.waiting(tenant)]


async def test_a_transfer_of_two_persons_happens_when_the_second_says_yes(counter: Counter) -> None:
    number = await counter.request("50")
    assert await counter.figures() == ("2500.00", "2500.00")
    assert await waiting(counter) == [number]
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    claimed = await counter.bank.two_persons.claim(button, CHECKER, DESK)
    assert (claimed.status, claimed.user_id, claimed.checker_user_id) == ("claimed", "teller1", "supervisor1")
    assert await counter.figures() == ("2500.00", "2450.00")
    receipt = await counter.bank.proposals.settle(number, "evt-1")
    assert await counter.bank.proposals.settle(number, "evt-1") == receipt
    assert await counter.figures() == ("2450.00", "2450.00")
    assert await waiting(counter) == []
    assert await code_of(counter.bank.two_persons.claim(button, CHECKER, DESK)) == "approval.consumed"
    assert (await reports.check(counter.bank.database)).balanced


async def test_an_action_of_two_persons_happens_too(counter: Counter) -> None:
    before = await counter.name()
    number = await counter.request(terms=renaming())
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    await counter.bank.two_persons.claim(button, CHECKER, DESK)
    await counter.bank.proposals.settle(number, "evt-1")
    assert await counter.name() == before + "+"


async def test_the_makers_press_alone_moves_nothing(counter: Counter) -> None:
    proposal = await counter.propose(None, TELLER)
    assert proposal.two_persons
    assert await code_of(counter.claim(proposal, TELLER.login_id)) == "approval.second_person"
    confirm = counter.bank.two_persons.confirm
    confirmed = await confirm(proposal.proposal_id, TELLER.login_id, "conv-1")
    assert confirmed.status is ProposalStatus.WAITING
    assert confirmed.expires_at - counter.bank.proposals._clock() == timedelta(hours=4)
    behind = await counter.bank.proposals.behind(str(proposal.approval_id), TELLER, "conv-1")
    assert behind.status is ProposalStatus.WAITING
    for step in (
        counter.claim(proposal, TELLER.login_id),
        counter.bank.proposals.settle(proposal.proposal_id, "e"),
    ):
        assert await code_of(step) == "approval.consumed"
    assert await code_of(confirm(proposal.proposal_id, TELLER.login_id, "conv-1")) == "approval.consumed"
    assert await counter.figures() == ("2500.00", "2500.00")


async def test_a_customers_own_proposal_needs_no_second_person(counter: Counter) -> None:
    proposal = await counter.open("50")
    confirming = counter.bank.two_persons.confirm(proposal.proposal_id, "login-1", "conv-1")
    assert await code_of(confirming) == "approval.one_person"
    await counter.claim(proposal)


async def test_a_request_is_offered_only_once_the_makers_approval_is_on_the_record(counter: Counter) -> None:
    proposal = await counter.propose(None, TELLER)
    await counter.bank.two_persons.confirm(proposal.proposal_id, TELLER.login_id, "conv-1")
    assert await waiting(counter) == []
    issuing = counter.bank.two_persons.issue(proposal.proposal_id, CHECKER, DESK)
    assert await code_of(issuing) == "approval.unknown"


NOBODY = [
    (staff("teller2", Role.TELLER), "approval.not_yours"),
    (staff("auditor1", Role.AUDITOR), "approval.not_yours"),
    (staff("admin1", Role.ADMINISTRATOR), "approval.not_yours"),
    (staff("supervisor2", Role.SUPERVISOR, "tenant_2"), "approval.not_yours"),
    (staff("teller1", Role.SUPERVISOR, login="another-login"), "approval.same_person"),
    (customer(1), "approval.not_yours"),
]


@pytest.mark.parametrize(("who", "code"), NOBODY)
async def test_nobody_else_is_a_second_person(counter: Counter, who: Principal, code: str) -> None:
    number = await counter.request()
    assert await code_of(counter.bank.two_persons.issue(number, who, DESK)) == code


def test_who_audits_too_is_no_checker() -> None:
    both = Principal(
        tenant_id="t",
        user_id="u",
        login_id="l",
        roles=frozenset({Role.SUPERVISOR, Role.AUDITOR}),
        customer_id=None,
    )
    assert not may_check(both)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR])
async def test_who_checks_audits_or_administers_proposes_nothing(counter: Counter, role: Role) -> None:
    assert await code_of(counter.propose(None, staff("supervisor1", role))) == "access.tool_not_allowed"


async def test_a_button_works_for_its_checker_login_and_conversation_only(counter: Counter) -> None:
    number, persons = await counter.request(), counter.bank.two_persons
    old = await persons.issue(number, CHECKER, DESK)
    button = await persons.issue(number, CHECKER, DESK)
    second = staff("supervisor3", Role.SUPERVISOR)
    theirs = await persons.issue(number, second, DESK)
    for step in (persons.claim, persons.decline, persons.behind):
        assert await code_of(step(old, CHECKER, DESK)) == "approval.unknown"
        assert await code_of(step(button, CHECKER, "conv-other")) == "approval.unknown"
        assert await code_of(step(button, second, DESK)) == "approval.unknown"
        again = staff("supervisor1", Role.SUPERVISOR, login="login-2")
        assert await code_of(step(button, again, DESK)) == "approval.unknown"
        assert await code_of(step("\ud800", CHECKER, DESK)) == "approval.unknown"
    await persons.decline(theirs, second, DESK)
    assert await code_of(persons.claim(button, CHECKER, DESK)) == "approval.consumed"


async def test_the_tenant_of_a_checker_bounds_what_they_see(counter: Counter) -> None:
    await counter.request()
    assert await waiting(counter, "tenant_2") == []


async def test_a_declined_request_moves_nothing_and_names_the_checker(counter: Counter) -> None:
    number = await counter.request()
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    declined = await counter.bank.two_persons.decline(button, CHECKER, DESK)
    assert (declined.status, declined.checker_user_id) == ("declined", "supervisor1")
    assert await code_of(counter.bank.proposals.settle(number, "evt-1")) == "approval.consumed"
    assert await counter.figures() == ("2500.00", "2500.00")


async def test_a_request_waits_four_hours_and_is_swept_once(counter: Counter, clock: MovableClock) -> None:
    number = await counter.request()
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    clock.advance(4 * 3600 - 1)
    assert await counter.bank.proposals.expire_due(clock()) == []
    assert await waiting(counter) == [number]
    clock.advance(1)
    assert await waiting(counter) == []
    assert await code_of(counter.bank.two_persons.claim(button, CHECKER, DESK)) == "approval.expired"
    (expired,) = await counter.bank.proposals.expire_due(clock())
    assert expired.status is ProposalStatus.EXPIRED
    later = clock() + timedelta(seconds=1)
    assert [found.proposal_id for found in await counter.bank.proposals.unrecorded_expiries(later)] == [number]


async def test_the_maker_goes_on_and_goes_home_while_a_request_waits(counter: Counter) -> None:
    first = await counter.request("50")
    second = await counter.propose(None, TELLER, amount="60")
    button = await counter.bank.two_persons.issue(first, CHECKER, DESK)
    await counter.bank.two_persons.claim(button, CHECKER, DESK)
    waiting_here = await counter.bank.proposals.open_for("conv-1")
    assert waiting_here is not None
    assert waiting_here.proposal_id == second.proposal_id
    await counter.bank.proposals.void_open(login_id=TELLER.login_id)
    await counter.bank.proposals.settle(first, "evt-1")
    assert await counter.figures() == ("2450.00", "2450.00")


CHANGES = [
    ("UPDATE payees SET version = 2 WHERE payee_id = 'pay_1'", "approval.void", "payee.changed"),
    ("UPDATE accounts SET status = 'frozen' WHERE account_id = 'acc_1'", "approval.void", "account.not_active"),
    ("UPDATE proposals SET amount_minor = 100", "approval.void", "proposal.altered"),
    ("UPDATE proposals SET expires_at = '2027-01-01 00:00:00.000000'", "approval.void", "proposal.altered"),
    ("UPDATE proposals SET policy_version = 'old'", "approval.void", "proposal.altered"),
]


@pytest.mark.parametrize(("change", "code", "reason"), CHANGES)
async def test_everything_is_checked_again_when_the_second_decides(
    counter: Counter, ledger: Ledger, change: str, code: str, reason: str
) -> None:
    number = await counter.request()
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    with raw(ledger) as connection:
        connection.execute(change)
    assert await code_of(counter.bank.two_persons.claim(button, CHECKER, DESK)) == code
    voided = await counter.bank.proposals.get(number)
    assert voided is not None
    assert (voided.status, voided.reason) == (ProposalStatus.VOID, reason)


async def test_funds_that_went_while_a_request_waited_void_it(counter: Counter) -> None:
    number = await counter.request("2000")
    await counter.claim(await counter.open("1000", to="pay_2", conversation="conv-9"))
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    assert await code_of(counter.bank.two_persons.claim(button, CHECKER, DESK)) == "funds.insufficient"


async def test_a_request_waits_while_its_twin_is_unresolved(counter: Counter) -> None:
    number = await counter.request("50")
    unresolved = await counter.claim(await counter.open("50", conversation="conv-9"))
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    assert await code_of(counter.bank.two_persons.claim(button, CHECKER, DESK)) == "transfer.outcome_unknown"
    await counter.bank.proposals.release(unresolved.proposal_id, "failed", "outcome.not_done")
    await counter.bank.two_persons.claim(button, CHECKER, DESK)


async def test_a_changed_policy_voids_a_waiting_request(counter: Counter, ledger: Ledger, tmp_path: Path) -> None:
    number = await counter.request()
    policy = tmp_path / "policy.toml"
    policy.write_text('[limits]\n[roles.customer]\nscope = "own"\n')
    newer = await Bank.open(ledger.url, policy=policy, clock=counter.bank.proposals._clock)
    try:
        button = await newer.two_persons.issue(number, CHECKER, DESK)
        assert await code_of(newer.two_persons.claim(button, CHECKER, DESK)) == "approval.void"
    finally:
        await newer.close()


async def test_two_checkers_a_sweep_and_a_no_race_and_one_wins(counter: Counter, other: Bank) -> None:
    second = staff("supervisor3", Role.SUPERVISOR)
    moved = 0
    for number in range(10):
        request = await counter.request("10", f"conv-{number}")
        found = await counter.bank.proposals.get(request)
        assert found is not None
        buttons = [await counter.bank.two_persons.issue(request, who, DESK) for who in (CHECKER, second, CHECKER)]

        async def press(side: Bank, button: str, who: Principal, request: str = request) -> bool:
            try:
                await side.two_persons.claim(button, who, DESK)
                await side.proposals.settle(request, f"evt-{request}")
            except UltracoreError:
                return False
            return True

        first, rival, swept, declined = await asyncio.gather(
            press(counter.bank, buttons[2], CHECKER),
            press(other, buttons[1], second),
            other.proposals.expire_due(found.expires_at),
            counter.bank.two_persons.decline(buttons[1], second, DESK),
            return_exceptions=True,
        )
        assert isinstance(swept, list)
        outcomes = [first is True, rival is True, len(swept) == 1, not isinstance(declined, BaseException)]
        assert sum(outcomes) == 1
        moved += (first is True) + (rival is True)
    assert (await counter.figures())[0] == f"{2500 - 10 * moved}.00"
    assert (await reports.check(counter.bank.database)).balanced


ENDINGS = ["done", "declined", "expired", "void"]


async def end(counter: Counter, number: str, button: str, ending: str, clock: MovableClock) -> None:
    bank = counter.bank
    match ending:
        case "done":
            await bank.two_persons.claim(button, CHECKER, DESK)
            await bank.proposals.settle(number, "evt-1")
        case "declined":
            await bank.two_persons.decline(button, CHECKER, DESK)
        case "expired":
            clock.advance(4 * 3600 + 1)
            await bank.proposals.expire_due(clock())
        case _:
            await bank.proposals.release(number, "void", "maker.left")


def buttons_of(ledger: Ledger, number: str) -> int:
    query = "SELECT count(*) FROM checker_buttons WHERE proposal_id = ?"
    with raw(ledger) as connection:
        return int(connection.execute(query, (number,)).fetchone()[0])


@pytest.mark.parametrize("ending", ENDINGS)
async def test_the_buttons_of_a_request_are_deleted_an_hour_after_its_end(
    counter: Counter, ledger: Ledger, clock: MovableClock, ending: str
) -> None:
    number = await counter.request("50")
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    await counter.bank.two_persons.issue(number, staff("supervisor3", Role.SUPERVISOR), DESK)
    await end(counter, number, button, ending, clock)
    assert await counter.bank.two_persons.sweep_buttons() == 0
    assert await code_of(counter.bank.two_persons.claim(button, CHECKER, DESK)) != "approval.unknown"
    clock.advance(3601)
    assert await counter.bank.two_persons.sweep_buttons() == 2
    assert buttons_of(ledger, number) == 0
    assert await counter.bank.two_persons.sweep_buttons() == 0
    assert await code_of(counter.bank.two_persons.claim(button, CHECKER, DESK)) == "approval.unknown"


async def test_the_buttons_of_a_request_that_still_waits_stay(counter: Counter, clock: MovableClock) -> None:
    number = await counter.request("50")
    button = await counter.bank.two_persons.issue(number, CHECKER, DESK)
    clock.advance(3 * 3600)
    assert await counter.bank.two_persons.sweep_buttons() == 0
    await counter.bank.two_persons.claim(button, CHECKER, DESK)
