"""Exchanges launch codes for login sessions, and ends those that a host has ended."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ultracore.banking import Bank, UserRecord
from ultracore.cache.stores import LoginSessions
from ultracore.principal import Principal, Role
from ultracore.widget.codes import LaunchCode, TokenReader
from ultracore.widget.errors import LaunchRefused
from ultracore.widget.hosts import WidgetHosts
from ultracore.widget.sessions import Clock, Digest, WidgetSessions, utc_now
from ultracore.widget.tickets import ApprovalTickets
from ultracore.widget.visitors import VisitorDesk

IDLE_SECONDS: Final = 15 * 60
"""A login session ends after this long without use, as everywhere."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A person whom a host has signed in."""

    person: UserRecord
    principal: Principal
    since: datetime
    """When this session of the host's was first seen here: what was said after that is gone on with."""
    begun: bool
    """True for a new login session, False for one that goes on."""


class Widget:
    """Who a host's signatures bring in. Raises `LedgerUnavailable` and `CacheUnavailable`."""

    def __init__(
        self,
        hosts: WidgetHosts,
        bank: Bank,
        logins: LoginSessions,
        digest: Digest,
        *,
        visitors: VisitorDesk | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.hosts = hosts
        self.visitors = visitors
        self.tickets = ApprovalTickets(bank.database, digest, clock)
        self._users = bank.users
        self._logins = logins
        self._tokens = TokenReader(hosts, _seconds(clock))
        self._sessions = WidgetSessions(bank.database, digest, clock)

    async def launch(self, token: object, verifier: object) -> Launch:
        """The login session that the code is good for, once. Raises `LaunchRefused`."""
        code = await self._tokens.code(token, verifier)
        person = await self._customer(code)
        seen = await self._sessions.login_of(code)
        living = await self._living(seen, person)
        candidate = seen if living and seen else secrets.token_urlsafe(24)
        continued = await self._sessions.spend(code, seen, candidate)
        principal = principal_of(person, continued.login_id)
        if not living or continued.login_id != seen:
            await self._logins.create(principal)
        # The host may have ended the session between the two writes, and found no login to revoke then.
        if await self._sessions.has_ended(code):
            await self._logins.revoke(principal.login_id)
            raise LaunchRefused("the host has ended this session", code="launch.ended")
        return Launch(person, principal, continued.since, begun=not living)

    async def ended_by(self, token: object) -> str | None:
        """The login session that a host's notice ends; the caller signs it out. Raises `LaunchRefused`."""
        return await self._sessions.end(await self._tokens.sign_out(token))

    async def _customer(self, code: LaunchCode) -> UserRecord:
        """The customer whom the code names. A host signs in customers of its own tenant only."""
        person = await self._users.get(code.user_id)
        if person is None or person.tenant_id != code.host.tenant_id:
            raise LaunchRefused("the code names no login of the host's tenant", code="launch.subject")
        if person.customer_id is None or Role.CUSTOMER not in person.roles:
            raise LaunchRefused("the code names a login that is no customer's", code="launch.subject")
        return person

    async def _living(self, login_id: str | None, person: UserRecord) -> bool:
        """True if the login session lives and still is what it would be if it began now; it is used by that."""
        found = None if login_id is None else await self._logins.get(login_id)
        return found is not None and found == principal_of(person, found.login_id)


def principal_of(person: UserRecord, login_id: str) -> Principal:
    """A customer in a login session of the widget. Other roles of the same login are not taken along."""
    return replace(person.principal(login_id), roles=frozenset({Role.CUSTOMER}))


def _seconds(clock: Clock) -> Callable[[], float]:
    return lambda: clock().timestamp()
