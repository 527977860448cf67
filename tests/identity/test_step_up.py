"""The second proof before an effect: of one proposal, for one login, once, within two minutes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from tests.banking.proposals.test_actions import code_of
from tests.banking.renaming import Counter
from tests.banking.support import change_rows, customer
from tests.identity.house import BROWSER, House
from ultracore.ai.approvals import PasskeyProofs, StepUps
from ultracore.banking import Proposal, ProposalStatus
from ultracore.banking.proposals import Proven, step_up
from ultracore.banking.seals import plain_digest
from ultracore.banking.store.tables import step_up_proofs
from ultracore.errors import ApprovalRefused
from ultracore.identity import FactorBlocked, FactorRefused
from ultracore.principal import Connection, Principal

ME = customer()


def step_ups(house: House) -> StepUps:
    async def verify(name: str, code: str, connection: Connection, proven: Proven) -> None:
        await house.factors.verify(name, code, "step_up", connection, recovery=False, proven=proven)

    async def offer(name: str, seal: str) -> str | None:
        return await house.passkeys.offer(name, "step_up", seal)

    async def answered(name: str, answer: str, seal: str, connection: Connection, proven: Proven) -> None:
        await house.passkeys.verify(name, answer, "step_up", connection, bound=seal, proven=proven)

    return StepUps(house.bank, verify, PasskeyProofs(offer, answered))


async def proposal(house: House, conversation: str = "conv-1", person: Principal = ME) -> Proposal:
    return await Counter(house.bank).propose(None, person, conversation)


async def prove(house: House, card: Proposal, code: str, person: Principal = ME) -> None:
    await step_ups(house).prove(str(card.approval_id), person, code, BROWSER)


async def claim(house: House, card: Proposal, login: str = "login-1") -> Proposal:
    return await house.bank.proposals.claim(card.proposal_id, login, card.conversation_id, proof=True)


async def test_a_code_lets_one_press_through_and_no_second_one(each_house: House) -> None:
    house = each_house
    phone, card = await house.enrol("customer1"), await proposal(house)
    assert await code_of(claim(house, card)) == "approval.step_up"
    await prove(house, card, phone.code())
    assert (await claim(house, card)).status is ProposalStatus.CLAIMED
    await house.bank.proposals.release(card.proposal_id, "failed", "test")
    assert await code_of(claim(house, card)) == "approval.consumed"


async def test_of_two_presses_at_once_with_one_proof_one_is_carried_out(each_house: House) -> None:
    house = each_house
    phone, card = await house.enrol("customer1"), await proposal(house)
    await prove(house, card, phone.code())
    done = await asyncio.gather(*(claim(house, card) for _ in range(2)), return_exceptions=True)
    refused = [one.code for one in done if isinstance(one, ApprovalRefused)]
    assert refused == ["approval.consumed"] and len(done) == 2


async def test_a_proof_of_another_proposal_or_login_is_none(house: House) -> None:
    phone, card = await house.enrol("customer1"), await proposal(house)
    other = await proposal(house, "conv-2")
    await prove(house, other, phone.code())
    assert await code_of(claim(house, card)) == "approval.step_up"
    elsewhere = customer(login="login-2")
    button = await house.bank.proposals.issue(card.proposal_id, elsewhere)
    house.clock.advance(30)
    await step_ups(house).prove(button, elsewhere, phone.code(), BROWSER)
    assert await code_of(claim(house, card)) == "approval.step_up"
    assert (await claim(house, card, "login-2")).status is ProposalStatus.CLAIMED


async def test_a_button_of_somebody_else_takes_no_code(house: House) -> None:
    phone, card = await house.enrol("customer2"), await proposal(house)
    for thief in (customer(2), customer(login="login-2"), customer(tenant="tenant_2")):
        with pytest.raises(ApprovalRefused, match=r"approval\.unknown"):
            await prove(house, card, phone.code(), thief)
    # Nothing was proved, so the code is still good for its owner.
    await house.factors.verify("customer2", phone.code(), "sign_in", BROWSER)


async def test_a_wrong_or_used_code_or_a_recovery_code_proves_nothing(house: House) -> None:
    phone, card = await house.enrol("customer1"), await proposal(house)
    used = phone.code()
    await house.factors.verify("customer1", used, "sign_in", BROWSER)
    for code in (used, phone.wrong(), phone.recovery_codes[0], ""):
        with pytest.raises(FactorRefused):
            await prove(house, card, code)
    with pytest.raises(FactorBlocked):
        await prove(house, card, phone.wrong())
    assert await code_of(claim(house, card)) == "approval.step_up"


async def test_a_proof_ends_after_two_minutes(house: House) -> None:
    card, database, now = await proposal(house), house.bank.database, house.clock()
    late = now + timedelta(seconds=120)
    await database.write(lambda one: step_up.keep(one, card.proposal_id, "login-1", plain_digest, now))
    refused = database.write(lambda one: step_up.use(one, card.proposal_id, "login-1", plain_digest, late))
    assert await code_of(refused) == "approval.step_up"
    assert (await claim(house, card)).status is ProposalStatus.CLAIMED


async def test_a_proof_that_was_written_into_the_database_is_none(house: House) -> None:
    card, now = await proposal(house), house.clock()
    row = {"proposal_id": card.proposal_id, "login_id": "login-1", "made_at": now, "expires_at": card.expires_at}
    await change_rows(house.bank.database, insert(step_up_proofs).values(**row, seal="forged"))
    assert await code_of(claim(house, card)) == "approval.step_up"


async def test_a_code_is_not_used_up_for_a_card_that_has_ended(house: House) -> None:
    phone, card = await house.enrol("customer1"), await proposal(house)
    await house.bank.proposals.decline(card.proposal_id, "login-1", "conv-1")
    with pytest.raises(ApprovalRefused, match=r"approval\.consumed"):
        await prove(house, card, phone.code())
    await house.factors.verify("customer1", phone.code(), "sign_in", BROWSER)


async def test_of_two_persons_who_decide_each_may_prove_who_they_are(house: House) -> None:
    card, database, now = await proposal(house), house.bank.database, house.clock()
    for login in ("login-1", "login-2"):
        proof: dict[str, Any] = {
            "proposal_id": card.proposal_id,
            "login_id": login,
            "digest": plain_digest,
            "now": now,
        }
        await database.write(partial(step_up.keep, **proof))
        await database.write(partial(step_up.use, **proof))
    again = database.write(lambda one: step_up.use(one, card.proposal_id, "login-1", plain_digest, now))
    assert await code_of(again) == "approval.step_up"
