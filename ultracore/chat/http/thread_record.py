"""What is recorded of a person's list of conversations, on the tenant's system stream."""

from __future__ import annotations

import logging

from ultracore.audit import AuditEventType, AuditSeverity, Subject
from ultracore.chat.interfaces import SignInTrail
from ultracore.errors import AuditUnavailable
from ultracore.principal import Connection, Principal

logger = logging.getLogger(__name__)


class ThreadRecord:
    """Writes down who was refused a conversation, and who took one off their list."""

    def __init__(self, trail: SignInTrail, connection: Connection) -> None:
        self._trail = trail
        self._connection = connection

    async def refused(self, principal: Principal) -> None:
        """A conversation was asked for that is not this person's, or not there: nobody is told which."""
        await self._event(
            AuditEventType.PERMISSION_DENIED,
            principal,
            "A conversation was asked for that is not this user's",
            "denied",
        )

    async def removed(self, principal: Principal, thread_id: str) -> None:
        """The person deleted a conversation from their list. Its own record stays."""
        description = f"Conversation {thread_id} was removed from its user's list; its record stays"
        await self._event(AuditEventType.DATA_DELETED, principal, description, "success")

    async def _event(self, kind: AuditEventType, principal: Principal, description: str, result: str) -> None:
        refused = result == "denied"
        try:
            await self._trail.log_event(
                kind,
                principal.tenant_id,
                description,
                principal.user_id,
                severity=AuditSeverity.WARNING if refused else AuditSeverity.INFO,
                action="conversation.open" if refused else "conversation.remove",
                result=result,
                ip_address=self._connection.ip_address,
                user_agent=self._connection.user_agent,
                compliance_tags=["privacy"],
                subject=Subject.of(principal),
            )
        except AuditUnavailable as error:
            logger.error("a %s is not on the record: %s", kind.value, error.message)
