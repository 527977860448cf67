"""What an attacker gets who has stolen one thing: a row a thing and a door, and what the door answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import pytest

from tests.identity.house import BROWSER, PASSWORD, House, Phone
from tests.identity.test_step_up import claim, proposal, prove
from ultracore.audit.sealing import MasterKey
from ultracore.errors import UltracoreError
from ultracore.identity import SecondFactors, Vault


@dataclass
class Theft:
    """A house whose `customer1` has a second factor, and what of theirs is known to somebody else."""

    house: House
    phone: Phone

    async def sign_in(self, password: str, code: str) -> str:
        person = await self.house.bank.users.authenticate("customer1", password)
        if person is None:
            return "sign_in.refused"
        return await answer(self.house.factors.demand(person, code, BROWSER))

    async def enrol_a_factor_of_their_own(self, password: str) -> str:
        return await answer(self.house.factors.begin("customer1", password))

    async def remove_the_factor(self, password: str, code: str) -> str:
        return await answer(self.house.factors.remove("customer1", password, code, BROWSER))

    async def approve(self, code: str) -> str:
        card = await proposal(self.house)
        proved = await answer(prove(self.house, card, code)) if code else ""
        return proved if proved not in ("", "let in") else await answer(claim(self.house, card))

    async def make_a_code_of_the_backup(self) -> str:
        """With the rows of the database, and not the master key."""
        bank, trail = self.house.bank, self.house.trail
        policy, vault = bank.access.second_factor, Vault(MasterKey(bytes(32)))
        stolen = SecondFactors(bank.database, bank.users, trail, vault, policy, clock=self.house.clock)
        return await answer(stolen.verify("customer1", self.phone.code(), "sign_in", BROWSER))


async def answer(door: Awaitable[object]) -> str:
    try:
        await door
    except UltracoreError as refusal:
        return refusal.code
    return "let in"


Try = Callable[[Theft], Awaitable[str]]
GUESS: Final = "no code"
ROWS: Final[list[tuple[str, Try, str]]] = [
    ("a password", lambda one: one.sign_in("demo", ""), "factor.wanted"),
    ("a password", lambda one: one.sign_in("demo", GUESS), "factor.refused"),
    ("a password", lambda one: one.enrol_a_factor_of_their_own("demo"), "factor.enrolled"),
    ("a password", lambda one: one.remove_the_factor("demo", GUESS), "factor.refused"),
    ("a cookie", lambda one: one.enrol_a_factor_of_their_own(PASSWORD), "sign_in.refused"),
    ("a cookie", lambda one: one.remove_the_factor(PASSWORD, GUESS), "sign_in.refused"),
    ("a cookie", lambda one: one.approve(""), "approval.step_up"),
    ("a cookie", lambda one: one.approve(GUESS), "factor.refused"),
    ("a key", lambda one: one.sign_in(PASSWORD, one.phone.code()), "sign_in.refused"),
    ("a key", lambda one: one.remove_the_factor(PASSWORD, one.phone.code()), "sign_in.refused"),
    ("a key and a password", lambda one: one.sign_in("demo", one.phone.code()), "let in"),
    ("a key and a cookie", lambda one: one.approve(one.phone.code()), "let in"),
    ("a backup", lambda one: one.make_a_code_of_the_backup(), "audit.master_key"),
]


@pytest.mark.parametrize(("stolen", "attempt", "expected"), ROWS)
async def test_a_stolen_thing_opens_what_the_table_says(
    house: House, stolen: str, attempt: Try, expected: str
) -> None:
    assert await attempt(Theft(house, await house.enrol("customer1"))) == expected
