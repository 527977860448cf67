"""What the pages need of the open program."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from ultracore.admin.wishes import LinkWishes
from ultracore.cache.stores import LoginSessions, LoginThrottle, RuntimeStores
from ultracore.identity import Actor, IdentityServices
from ultracore.oidc import SignOn
from ultracore.principal import Connection
from ultracore.web import Visit

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminParts:
    """The services behind the pages."""

    identity: IdentityServices
    logins: LoginSessions
    throttle: LoginThrottle
    public_address: str
    sign_on: SignOn | None = None
    wishes: LinkWishes | None = None

    @classmethod
    def over(
        cls,
        identity: IdentityServices,
        stores: RuntimeStores,
        public_address: str,
        sign_on: SignOn | None,
        digest: Callable[[Any], str],
    ) -> AdminParts:
        """The parts over the program's stores; links are asked for by mail if letters are sent."""
        queue = identity.mail_queue
        return cls(
            identity=identity,
            logins=stores.logins,
            throttle=stores.throttle,
            public_address=public_address,
            sign_on=sign_on,
            wishes=None if queue is None else LinkWishes(queue, stores.rates, digest),
        )

    async def offer_set_up(self) -> AdminParts:
        """These parts; a bank without an administrator has a code in a file from now on."""
        offered = await self.identity.first.offer()
        if offered is not None:
            logger.warning("there is no administrator yet: the code for the page /set-up is in %s", offered)
        return self


@dataclass(frozen=True, slots=True)
class AdminServer:
    """The program that serves the pages; `parts` raises `Unavailable` while it is not open."""

    parts: Callable[[], AdminParts]
    connection: Callable[[Request], Connection]

    def actor(self, visit: Visit) -> Actor:
        """The person at the page, as one who administers logins."""
        person = visit.principal
        return Actor(name=person.user_id, tenant_id=person.tenant_id, connection=self.connection(visit.request))
