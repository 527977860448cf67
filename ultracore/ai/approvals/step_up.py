"""The second proof before an effect: whether a button wants one, and the code or the passkey that makes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from ultracore.ai.approvals.objections import Askers, Objections
from ultracore.banking import Bank, Proposal
from ultracore.banking.proposals import Proven
from ultracore.errors import ApprovalRefused
from ultracore.principal import Connection, Principal

Verify = Callable[[str, str, Connection, Proven], Awaitable[None]]
"""Takes a login's code, once, and writes what was proved in the same transaction."""


@dataclass(frozen=True, slots=True)
class PasskeyProofs:
    """How passkeys prove: each for a login, and for the proposal of a seal alone."""

    offer: Callable[[str, str], Awaitable[str | None]]
    """What the browser is asked for, by login and seal; None if the login has no passkey."""
    verify: Callable[[str, str, str, Connection, Proven], Awaitable[None]]
    """Takes an answer, once, by login, answer and seal, and writes what was proved in the same transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofWanted:
    """`wanted`: a press without a proof is refused. `enrolled`: the person has a second factor to give one."""

    wanted: bool
    enrolled: bool


class StepUps:
    """Proofs for proposals. Methods raise `ApprovalRefused` for an id that is no button of this login."""

    def __init__(self, bank: Bank, verify: Verify, passkeys: PasskeyProofs | None = None) -> None:
        self._bank = bank
        self._verify = verify
        self._passkeys = passkeys
        self._objections = Objections(bank)

    @property
    def is_on(self) -> bool:
        """False if the policy asks for no second proofs."""
        return self._bank.access.second_factor.step_up

    async def look(self, approval_id: str, principal: Principal, connection: Connection) -> ProofWanted:
        """Whether this button wants a code at this moment."""
        proposal = await self._bank.proposals.of_button(approval_id, principal)
        wanted = await self._objections.want_proof(proposal, Askers(principal, principal, connection))
        person = await self._bank.users.get(principal.user_id)
        return ProofWanted(wanted=wanted, enrolled=person is not None and person.has_second_factor)

    async def prove(self, approval_id: str, principal: Principal, code: str, connection: Connection) -> None:
        """Take a code for this one proposal; it counts for this login, for 120 seconds, once.

        Raises as `Verify` does for a wrong code.
        """
        proposal = await self._bank.proposals.of_button(approval_id, principal)
        proven = partial(self._bank.proposals.prove, proposal=proposal, login_id=principal.login_id)
        await self._verify(principal.user_id, code, connection, proven)

    async def offer(self, approval_id: str, principal: Principal) -> str | None:
        """What the browser is asked for, so that a passkey proves it for this proposal; None if there is none."""
        proposal = await self._bank.proposals.of_button(approval_id, principal)
        if self._passkeys is None:
            return None
        return await self._passkeys.offer(principal.user_id, await self._bound(proposal, principal))

    async def prove_by_passkey(
        self, approval_id: str, principal: Principal, answer: str, connection: Connection
    ) -> None:
        """As `prove`, with the answer of a passkey to what was offered for this proposal."""
        proposal = await self._bank.proposals.of_button(approval_id, principal)
        if self._passkeys is None:
            raise ApprovalRefused("no passkeys", code="approval.step_up")
        proven = partial(self._bank.proposals.prove, proposal=proposal, login_id=principal.login_id)
        bound = await self._bound(proposal, principal)
        await self._passkeys.verify(principal.user_id, answer, bound, connection, proven)

    async def _bound(self, proposal: Proposal, principal: Principal) -> str:
        # The seal is over all that will be done: a passkey that has answered for it answers for nothing else.
        return f"{await self._bank.proposals.seal(proposal.proposal_id)} {principal.login_id}"
