"""Puts what is done to logins on the record before it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ultracore.audit import AuditTrail, Origin, Subject
from ultracore.audit.vocabulary import AdministrationRefused, IdentityEvent, IdentityResult
from ultracore.errors import UltracoreError
from ultracore.identity.values import Actor, IdentityRefused, LoginView

Result = TypeVar("Result")
Act = Callable[[IdentityResult], IdentityEvent]
"""An event by its result."""


class IdentityRecord:
    """Writes the events of logins. A change that cannot be written down is not made."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail

    async def write(self, event: IdentityEvent, actor: Actor, login: LoginView) -> None:
        """Put an event on the record of the login's tenant. Raises `AuditUnavailable`."""
        origin = Origin(
            login.tenant_id,
            None if actor.is_operator else actor.name,
            ip_address=actor.connection.ip_address,
            user_agent=actor.connection.user_agent,
        )
        subject = Subject.of_user(login.tenant_id, login.login, login.customer_id)
        await self._trail.write(event, origin, subject)

    async def around(
        self, acts: Sequence[Act], actor: Actor, login: LoginView, work: Callable[[], Awaitable[Result]]
    ) -> Result:
        """Write the acts down, then do the work; if it comes to nothing, that is written down too."""
        for act in acts:
            await self.write(act("success"), actor, login)
        try:
            return await work()
        except UltracoreError:
            for act in acts:
                await self.write(act("failure"), actor, login)
            raise

    async def refused(self, actor: Actor, login: LoginView, refusal: IdentityRefused) -> None:
        """An administrator asked for what is not theirs."""
        await self.write(
            AdministrationRefused(by=actor.name, login=login.login, reason=refusal.code), actor, login
        )
