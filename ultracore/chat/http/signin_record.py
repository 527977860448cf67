"""What is recorded of sign-ins, on the tenant's system stream."""

from __future__ import annotations

import logging

from ultracore.audit import AuditEventType, AuditSeverity, Subject
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
        await self._login(person, success=True)

    async def refused(self, person: UserRecord | None) -> None:
        """The password was wrong, or the person may not come in.

        A name that nobody has is not written down: people type passwords into that field.
        """
        if person is not None:
            await self._login(person, success=False)
        else:
            await self._event(
                AuditEventType.LOGIN_FAILED, None, "Sign-in of an unknown user failed", None, "login", "failure"
            )

    async def throttled(self, person: UserRecord | None) -> None:
        """A sign-in was refused for the number of failures before it, and nothing was checked."""
        await self._event(
            AuditEventType.ACCESS_BLOCKED,
            person.tenant_id if person else None,
            "Sign-in refused: too many failures before it",
            person.user_id if person else None,
            "login",
            "denied",
            Subject.of_user(person.tenant_id, person.user_id, person.customer_id) if person else None,
        )

    async def signed_out(self, principal: Principal) -> None:
        """The person ended the session."""
        description = f"User {principal.user_id} signed out"
        await self._event(
            AuditEventType.LOGOUT,
            principal.tenant_id,
            description,
            principal.user_id,
            "logout",
            "success",
            Subject.of(principal),
        )

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

    async def _event(
        self,
        kind: AuditEventType,
        tenant_id: str | None,
        description: str,
        user_id: str | None,
        action: str,
        result: str,
        subject: Subject | None = None,
    ) -> None:
        try:
            await self._trail.log_event(
                kind,
                tenant_id,
                description,
                user_id,
                severity=AuditSeverity.INFO if result == "success" else AuditSeverity.WARNING,
                action=action,
                result=result,
                ip_address=self._connection.ip_address,
                user_agent=self._connection.user_agent,
                compliance_tags=["authentication"],
                subject=subject,
            )
        except AuditUnavailable as error:
            logger.error("a %s is not on the record: %s", action, error.message)
