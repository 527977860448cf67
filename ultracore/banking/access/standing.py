"""What a person who is signed in may do now: asked of the ledger at each use of a session, kept for a second.

So a role that is taken away, a login that is disabled and sessions that are revoked are over on every replica
within seconds, and a copy of Redis from before brings none of them back.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

from ultracore.banking.access.users import UsersService
from ultracore.banking.values import UserRecord
from ultracore.errors import LedgerUnavailable
from ultracore.principal import Principal, Role

logger = logging.getLogger(__name__)

FRESH_SECONDS: Final = 1.0
_PATIENCE: Final = 0.5
"""How long a session waits for the ledger. Chat, replay and sign-out go on without it."""
_MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Answer:
    record: UserRecord | None
    asked_at: float


class Standings:
    """Today's rights of people who are signed in.

    While the ledger does not answer, what was known last counts: nothing that is the ledger's can be read or moved
    in that time.
    """

    def __init__(self, users: UsersService, *, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._users = users
        self._fresh = fresh_seconds
        self._known: dict[str, _Answer] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def of(self, principal: Principal) -> Principal | None:
        """The person with the roles that are left; None if there are none, or if the session was ended."""
        known = self._known.get(principal.user_id)
        if known is None or monotonic() - known.asked_at > self._fresh:
            known = await self._ask(principal.user_id)
        # What ends a session is never taken from memory: it may be older than the session.
        for _ in range(2):
            if known is None or (_stands(known.record, principal) and _roles_left(known.record, principal)):
                break
            known = await self._ask(principal.user_id)
        # Never answered yet: the session was signed by us, and says what was true when it began.
        if known is None:
            return principal
        record = known.record
        if record is None or not _stands(record, principal):
            return None
        # A session never gains by waiting: a role that was given since it began counts from the next sign-in on.
        roles = _roles_left(record, principal)
        if not roles:
            return None
        return replace(principal, roles=roles, customer_id=record.customer_id, display_name=record.display_name)

    async def close(self) -> None:
        """Wait for the questions that are still asked, before the ledger closes."""
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _ask(self, user_id: str) -> _Answer | None:
        """Ask, together with others who ask for the same person, and wait a little for the answer."""
        asking = self._asking.get(user_id)
        if asking is None:
            asking = asyncio.get_running_loop().create_task(self._read(user_id))
            self._asking[user_id] = asking
            asking.add_done_callback(lambda _: self._asking.pop(user_id, None))
        # Not cancelled if it takes longer: it would leave a connection behind, and its answer is of use later.
        await asyncio.wait({asking}, timeout=_PATIENCE)
        return self._known.get(user_id)

    async def _read(self, user_id: str) -> None:
        asked_at = monotonic()
        try:
            record = await self._users.get(user_id)
        except LedgerUnavailable as error:
            logger.warning("what a person may do could not be asked: %s", error.code)
            return
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[user_id] = _Answer(record, asked_at)


def _stands(record: UserRecord | None, principal: Principal) -> bool:
    """True if the login is there, the same person's, and its sessions were not ended since this one began."""
    return record is not None and (record.tenant_id, record.epoch) == (principal.tenant_id, principal.epoch)


def _roles_left(record: UserRecord | None, principal: Principal) -> frozenset[Role]:
    return frozenset() if record is None else principal.roles & record.roles
