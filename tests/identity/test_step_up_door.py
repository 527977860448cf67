"""`POST /step-up` over HTTP: what its dialog gets, and what strangers get."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.banking.proposals.test_actions import code_of
from tests.banking.support import customer
from tests.chat.doubles import MemoryApp, open_memory_app
from tests.identity.authenticator import Authenticator, Page
from tests.identity.house import House, Phone
from tests.identity.test_passkeys import added
from tests.identity.test_step_up import claim, proposal, step_ups
from ultracore.banking import ProposalStatus
from ultracore.chat.door import Gate, Routes, token_for
from ultracore.chat.http import StepUpDoor
from ultracore.chat.runtime import Runtime
from ultracore.principal import Principal
from ultracore.settings import Settings

ORIGIN = "https://bank.example"
ME = customer()


@dataclass
class Door:
    """The gate with this one route, over a bank with a second factor for `customer1`."""

    house: House
    phone: Phone
    app: MemoryApp
    gate: Gate

    async def asked(
        self,
        who: Principal | None,
        approval_id: object,
        code: str | None = None,
        *,
        passkey: object = None,
        origin: str = ORIGIN,
    ) -> tuple[int, Any]:
        """Status and JSON of a request with somebody's cookie."""
        cookies = {}
        if who is not None:
            await self.app.logins.create(who)
            cookies = {"access_token": token_for(who)}
        told = {"code": code, "passkey": passkey}
        sent = {"approval_id": approval_id} | {name: one for name, one in told.items() if one is not None}
        over = httpx.ASGITransport(self.gate)
        async with httpx.AsyncClient(transport=over, base_url=ORIGIN, cookies=cookies) as client:
            answer = await client.post("/step-up", json=sent, headers={"Origin": origin})
        return answer.status_code, answer.json()

    async def device(self) -> Authenticator:
        """A passkey of `customer1`."""
        made = Authenticator()
        await added(self.house, self.phone, made)
        return made

    async def options(self, approval_id: object) -> str:
        """What a passkey is asked for on the page of `customer1`, as the browser gets it."""
        status, told = await self.asked(ME, approval_id, passkey=True)
        assert status == 200 and told["options"] is not None
        return json.dumps(told["options"])


@pytest.fixture
async def door(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setenv("CHAINLIT_AUTH_SECRET", "0123456789abcdef" * 4)

    @asynccontextmanager
    async def opened(settings: Settings) -> AsyncIterator[MemoryApp]:
        async with open_memory_app(settings) as app:
            yield replace(app, step_ups=step_ups(house))

    with (tmp_path / "lock").open("w") as lock:
        runtime = Runtime(Settings(data_dir=tmp_path), opened, origins=(ORIGIN,), lock=lock)
        await runtime.open()
        try:
            routes = Routes({("POST", "/step-up"): StepUpDoor(runtime).asked}, of_threads={})
            app = runtime.app
            assert isinstance(app, MemoryApp)
            yield Door(house, await house.enrol("customer1"), app, Gate(nothing, runtime, routes))
        finally:
            await runtime.close()


async def nothing(*_: object) -> None:
    raise AssertionError("no other route is asked")


async def test_a_code_is_taken_for_one_card_and_used_up_with_it(door: Door) -> None:
    card = await proposal(door.house)
    assert await door.asked(ME, card.approval_id) == (200, {"wanted": False, "enrolled": True})
    status, told = await door.asked(ME, card.approval_id, "no code")
    assert status == 401 and "is not right" in told["detail"]
    assert await door.asked(ME, card.approval_id, door.phone.code()) == (200, {"proved": True})
    assert (await claim(door.house, card)).status is ProposalStatus.CLAIMED
    status, told = await door.asked(ME, card.approval_id, door.phone.code(steps=1))
    assert status == 400 and "already answered" in told["detail"]


async def test_a_code_for_a_card_of_another_conversation_proves_nothing_here(door: Door) -> None:
    card, other = await proposal(door.house), await proposal(door.house, "conv-2")
    assert await door.asked(ME, other.approval_id, door.phone.code()) == (200, {"proved": True})
    assert await code_of(claim(door.house, card)) == "approval.step_up"


@pytest.mark.parametrize(
    "stranger", [customer(2), customer(login="login-2"), replace(customer(), tenant_id="tenant_2")]
)
async def test_another_person_login_or_tenant_learns_nothing_of_a_card(door: Door, stranger: Principal) -> None:
    card = await proposal(door.house)
    unknown = await door.asked(stranger, "no such button", door.phone.code())
    assert unknown[0] == 400
    for code in (None, door.phone.code()):
        assert await door.asked(stranger, card.approval_id, code) == unknown
    # Nothing was taken: the code is still good for its owner.
    assert await door.asked(ME, card.approval_id, door.phone.code()) == (200, {"proved": True})


async def test_without_a_login_or_from_another_page_there_is_no_answer(door: Door) -> None:
    card = await proposal(door.house)
    for code in (None, door.phone.code()):
        assert (await door.asked(None, card.approval_id, code))[0] == 401
        assert (await door.asked(ME, card.approval_id, code, origin="https://evil.example"))[0] == 403
    assert await code_of(claim(door.house, card)) == "approval.step_up"


@pytest.mark.parametrize("approval_id", [None, "", 7, "x" * 129, ["x"]])
async def test_a_malformed_id_is_refused(door: Door, approval_id: object) -> None:
    assert (await door.asked(ME, approval_id))[0] == 400


async def test_a_passkey_is_taken_for_one_card_and_once(door: Door) -> None:
    device, card, other = await door.device(), await proposal(door.house), await proposal(door.house, "conv-2")
    answer = device.answer(await door.options(card.approval_id))
    # Its challenge is made of the card: for another one the same answer is worth nothing, and is used up.
    assert (await door.asked(ME, other.approval_id, passkey=answer))[0] == 401
    assert (await door.asked(ME, card.approval_id, passkey=answer))[0] == 401
    answer = device.answer(await door.options(card.approval_id))
    assert await door.asked(ME, card.approval_id, passkey=answer) == (200, {"proved": True})
    assert (await door.asked(ME, card.approval_id, passkey=answer))[0] == 401
    assert await code_of(claim(door.house, other)) == "approval.step_up"
    assert (await claim(door.house, card)).status is ProposalStatus.CLAIMED


@pytest.mark.parametrize(
    "stranger", [customer(2), customer(login="login-2"), replace(customer(), tenant_id="tenant_2")]
)
async def test_with_a_stolen_passkeys_answer_a_stranger_learns_and_proves_nothing(
    door: Door, stranger: Principal
) -> None:
    device, card = await door.device(), await proposal(door.house)
    answer = device.answer(await door.options(card.approval_id))
    unknown = await door.asked(stranger, "no such button", passkey=answer)
    assert unknown[0] == 400
    for passkey in (True, answer):
        assert await door.asked(stranger, card.approval_id, passkey=passkey) == unknown
        assert (await door.asked(None, card.approval_id, passkey=passkey))[0] == 401
        assert (await door.asked(ME, card.approval_id, passkey=passkey, origin="https://evil.example"))[0] == 403
    assert await code_of(claim(door.house, card)) == "approval.step_up"
    # Nothing was taken: the answer is still good for its owner.
    assert await door.asked(ME, card.approval_id, passkey=answer) == (200, {"proved": True})


async def test_another_persons_passkey_and_a_framed_page_answer_no_card_of_mine(door: Door) -> None:
    await door.device()
    card, theirs = await proposal(door.house), Authenticator()
    phone = await door.house.enrol("customer2")
    await added(door.house, phone, theirs, "customer2")
    answer = theirs.answer(await door.options(card.approval_id))
    assert (await door.asked(ME, card.approval_id, passkey=answer))[0] == 401
    framed = await door.device()
    answer = framed.answer(await door.options(card.approval_id), Page(more={"crossOrigin": True}))
    assert (await door.asked(ME, card.approval_id, passkey=answer))[0] == 401
    assert await code_of(claim(door.house, card)) == "approval.step_up"


async def test_a_login_without_a_passkey_is_asked_for_none(door: Door) -> None:
    card = await proposal(door.house)
    assert await door.asked(ME, card.approval_id, passkey=True) == (200, {"options": None})


@pytest.mark.parametrize("passkey", [False, 7, "", "{}", "x" * 9_000, ["x"], {"id": "x"}])
async def test_a_malformed_answer_of_a_passkey_is_refused(door: Door, passkey: object) -> None:
    card = await proposal(door.house)
    assert (await door.asked(ME, card.approval_id, passkey=passkey))[0] in (400, 401)
    assert await code_of(claim(door.house, card)) == "approval.step_up"
