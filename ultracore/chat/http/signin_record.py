"""What is recorded of sign-ins, on the tenant's system stream."""

from __future__ import annotations

import logging

from ultracore.audit import Origin, Subject
from ultracore.audit.vocabulary import (
    ProviderSignedIn,
    ProviderSignInFailed,
    SignedOut,
    SignInThrottled,
    SystemEvent,
    UnknownSignInFailed,
)
from ultracore.banking import UserRecord
from ultracore.chat.interfaces import SignInTrail
from ultracore.errors import AuditUnavailable
from ultracore.principal import Connection, Principal

logger = logging.getLogger(__name__)


class SignInRecord:
    """Writes sign-ins down. While the record is down, customers may still come in and read."""

    def __init__(self, trail: SignInTrail, connection: Connection) -> None:
        self._trail = trail
        self._connection = connection

    async def signed_in(self, person: UserRecord) -> None:
        """The password was right, and the person may come in."""
        _say("signed in", person)
        await self._login(person, success=True)

    async def refused(self, person: UserRecord | None) -> None:
        """The password was wrong, or the person may not come in.

        A name that no user has is not written down: people type passwords into that field.
        """
        _say("sign-in refused", person)
        if person is not None:
            await self._login(person, success=False)
        else:
            await self._write(UnknownSignInFailed(), self._origin(None, None))

    async def signed_in_by(self, person: UserRecord, provider: str) -> None:
        """A provider has proved who the person is."""
        _say("signed in by a provider", person)
        subject = Subject.of_user(person.tenant_id, person.user_id, person.customer_id)
        event = ProviderSignedIn(person.user_id, provider)
        await self._write(event, self._origin(person.tenant_id, person.user_id), subject)

    async def refused_by(self, provider: str, reason: str, person: UserRecord | None) -> None:
        """A sign-in at a provider, or its notice of a sign-out, was refused."""
        _say(f"refused: {reason}", person)
        event = ProviderSignInFailed(provider, reason)
        if person is None:
            await self._write(event, self._origin(None, None))
            return
        subject = Subject.of_user(person.tenant_id, person.user_id, person.customer_id)
        await self._write(event, self._origin(person.tenant_id, person.user_id), subject)

    async def throttled(self, person: UserRecord | None) -> None:
        """A sign-in was refused for the number of failures before it, and nothing was checked."""
        _say("sign-in throttled", person)
        if person is None:
            await self._write(SignInThrottled(), self._origin(None, None))
            return
        subject = Subject.of_user(person.tenant_id, person.user_id, person.customer_id)
        await self._write(SignInThrottled(), self._origin(person.tenant_id, person.user_id), subject)

    async def signed_out(self, principal: Principal) -> None:
        """The person ended the session."""
        logger.info("signed out", extra={"tenant": principal.tenant_id, "user": principal.user_id})
        origin = self._origin(principal.tenant_id, principal.user_id)
        await self._write(SignedOut(principal.user_id), origin, Subject.of(principal))

    async def _login(self, person: UserRecord, *, success: bool) -> None:
        try:
            await self._trail.log_login(
                person.tenant_id,
                person.user_id,
                success,
                self._connection.ip_address,
                self._connection.user_agent,
                subject=Subject.of_user(person.tenant_id, person.user_id, person.customer_id),
            )
        except AuditUnavailable as error:
            logger.error("a sign-in is not on the record: %s", error.message)

    def _origin(self, tenant_id: str | None, user_id: str | None) -> Origin:
        browser = self._connection
        return Origin(tenant_id, user_id, ip_address=browser.ip_address, user_agent=browser.user_agent)

    async def _write(self, event: SystemEvent, origin: Origin, subject: Subject | None = None) -> None:
        """Best effort: signing in and out go on while the record is down."""
        try:
            await self._trail.write(event, origin, subject)
        except AuditUnavailable as error:
            logger.error("a %s is not on the record: %s", event.type.value, error.message)


def _say(what: str, person: UserRecord | None) -> None:
    """A line of the log. A name that is no login is not in it: people type passwords into that field."""
    known = {"tenant": "none"} if person is None else {"tenant": person.tenant_id, "user": person.user_id}
    logger.info("%s", what, extra=known)
