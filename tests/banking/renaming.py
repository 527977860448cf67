"""An action for the tests: the bank renames an account. Small, and its effect is easy to count."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.banking.support import Desk, customer
from ultracore.banking import ActionReceipt, ActionTerms, Proposal
from ultracore.banking.actions import Effect, payload_of
from ultracore.banking.identifiers import Stamp
from ultracore.banking.store.tables import accounts
from ultracore.errors import ToolRefused
from ultracore.principal import Principal, Role

KIND = "account.rename"


async def _check(connection: AsyncConnection, proposal: Proposal) -> str | None:
    wanted = accounts.c.account_id == payload_of(proposal)["account_id"]
    status = (await connection.execute(select(accounts.c.status).where(wanted))).scalar_one()
    return None if status == "active" else "account.not_active"


async def _apply(connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
    payload = payload_of(proposal)
    if payload["name"] == "refused":
        raise ToolRefused("no such name", code="name.refused")
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_id == payload["account_id"])
        .values(name=accounts.c.name + payload["name"])
    )
    if payload["name"] == "broken":
        raise RuntimeError("the effect broke after it had written")
    return ActionReceipt(result={"name": payload["name"], "at": stamp.at.isoformat()}, sentence="Done: renamed.")


RENAMING = Effect(kind=KIND, check=_check, apply=_apply)


def renaming(name: str = "+", account_id: str = "acc_1", customer_id: str = "cust_1") -> ActionTerms:
    return ActionTerms(
        kind=KIND,
        tenant_id="tenant_1",
        customer_id=customer_id,
        title="Rename an account",
        lines=(("Account", "Everyday ··0001"), ("Adds", name)),
        payload={"account_id": account_id, "name": name},
        sentence=f"Add {name} to the account's name.",
    )


def staff(user: str, role: Role, tenant: str = "tenant_1", login: str | None = None) -> Principal:
    return Principal(
        tenant_id=tenant,
        user_id=user,
        login_id=login or f"login-{user}",
        roles=frozenset({role}),
        display_name=user,
    )


TELLER = staff("teller1", Role.TELLER)
CHECKER = staff("supervisor1", Role.SUPERVISOR)


@dataclass(frozen=True)
class Counter(Desk):
    """The desk for actions, and for what staff propose."""

    async def rename(self, name: str = "+", conversation: str = "conv-1") -> Proposal:
        return await self.propose(renaming(name), customer(), conversation)

    async def propose(
        self, terms: ActionTerms | None, principal: Principal, conversation: str = "conv-1", amount: str = "50"
    ) -> Proposal:
        return await self.bank.proposals.open(
            terms or await self.terms(amount),
            principal=principal,
            conversation_id=conversation,
            turn_id="turn-1",
            reference="7F3A-0001",
            tool="rename_account" if terms else "execute_transaction",
            arguments={},
            arguments_digest="digest",
            seconds=120,
        )

    async def request(
        self, amount: str = "50", conversation: str = "conv-1", terms: ActionTerms | None = None
    ) -> str:
        """A teller's confirmed and announced request. Its id."""
        proposal = await self.propose(terms, TELLER, conversation, amount)
        confirmed = await self.bank.two_persons.confirm(proposal.proposal_id, TELLER.login_id, conversation)
        await self.bank.two_persons.announce(confirmed.proposal_id)
        return confirmed.proposal_id

    async def name(self, account_id: str = "acc_1") -> str:
        return (await self.bank.accounts.get("tenant_1", "cust_1", account_id)).account.name
