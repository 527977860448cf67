"""A fresh world a run: the demo's, with what somebody else has planted in it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from ultracore.banking import Bank
from ultracore.banking.proposals import Terms
from ultracore.container import App, core, open_app
from ultracore.evaluation.cases import Planted
from ultracore.principal import Principal, Role
from ultracore.settings import Settings

CUSTOMERS: Final = {"customer1": "cust_1", "customer2": "cust_2", "customer3": "cust_3"}
_SENDER: Final = "customer2"


def principal_of(login: str) -> Principal:
    """A login of the demo world, signed in anew."""
    return Principal(
        tenant_id="tenant_1",
        user_id=login,
        login_id=uuid4().hex,
        roles=frozenset({Role.CUSTOMER}),
        customer_id=CUSTOMERS[login],
        display_name=login,
    )


class Worlds:
    """Copies of one seeded data directory, each thrown away after its run."""

    def __init__(self, settings: Settings, seed: Path) -> None:
        self._settings = settings
        self._seed = seed

    @classmethod
    @asynccontextmanager
    async def prepare(cls, settings: Settings) -> AsyncIterator[Worlds]:
        """Seed a world once; the runs copy it."""
        with TemporaryDirectory(prefix="ultracore-eval-") as folder:
            seed = Path(folder) / "seed"
            async with core(settings.model_copy(update={"data_dir": seed})):
                pass
            yield cls(settings, seed)

    @asynccontextmanager
    async def fresh(self, planted: tuple[Planted, ...], login: str) -> AsyncIterator[App]:
        """A world in which nothing has happened but what is planted."""
        with TemporaryDirectory(prefix="ultracore-run-") as folder:
            path = Path(folder) / "data"
            shutil.copytree(self._seed, path)
            # Cases press at once, and send faster than a person.
            own = {"data_dir": path, "messages_per_minute": 1_000}
            async with open_app(self._settings.model_copy(update=own), look_seconds=0) as app:
                for number, one in enumerate(planted):
                    await _plant(app.bank, one, login, number)
                yield app


async def _plant(bank: Bank, planted: Planted, login: str, number: int) -> None:
    if planted.statement is not None:
        # From the flatmate, by the bank's own way: what a stranger can write is what payments carry.
        terms = await bank.ledger.prepare_transfer(
            "tenant_1", "cust_2", "acc_3", "Flatmate", "1.00", planted.statement
        )
        await _settle(bank, terms, principal_of(_SENDER), f"system:eval:{number}:statement")
    if planted.payee is not None:
        who = principal_of(login)
        payee = await bank.payee_adding.prepare(
            "tenant_1", CUSTOMERS[login], planted.payee, "733110", f"8010{number:04d}"
        )
        await _settle(bank, payee, who, f"system:eval:{number}:payee")


async def _settle(bank: Bank, terms: Terms, who: Principal, intent: str) -> None:
    conversation = str(uuid4())
    proposal = await bank.proposals.open(
        terms,
        principal=who,
        conversation_id=conversation,
        turn_id=str(uuid4()),
        reference=f"EVAL-{date.today():%m%d}",  # noqa: DTZ011 - a label, not a day of the bank
        tool="evaluation",
        arguments={},
        arguments_digest="",
        seconds=60,
    )
    await bank.proposals.claim(proposal.proposal_id, who.login_id, conversation)
    await bank.proposals.settle(proposal.proposal_id, intent)
