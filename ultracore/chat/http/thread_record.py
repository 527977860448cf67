"""What is recorded of a person's list of conversations and pages, on the tenant's system stream."""

from __future__ import annotations

import logging

from ultracore.audit import Origin, Subject
from ultracore.audit.vocabulary import (
    ConversationRefused,
    ConversationRemoved,
    ConversationRenamed,
    PressRefused,
    SystemEvent,
)
from ultracore.chat.interfaces import SignInTrail
from ultracore.errors import AuditUnavailable
from ultracore.principal import Connection, Principal

logger = logging.getLogger(__name__)


class ThreadRecord:
    """Writes down who was refused a conversation, and what people do to their lists."""

    def __init__(self, trail: SignInTrail, connection: Connection) -> None:
        self._trail = trail
        self._connection = connection

    async def refused(self, principal: Principal) -> None:
        """A conversation was asked for that is not this person's, or not there: the answer does not tell which."""
        try:
            await self._write(ConversationRefused(), principal)
        except AuditUnavailable as error:
            logger.error("a %s is not on the record: %s", ConversationRefused.type.value, error.message)

    async def press_refused(self, principal: Principal, reason: str) -> None:
        """What was sent as a press is none of any button that this person has on a page."""
        try:
            await self._write(PressRefused(reason), principal)
        except AuditUnavailable as error:
            logger.error("a %s is not on the record: %s", PressRefused.type.value, error.message)

    async def removed(self, principal: Principal, thread_id: str) -> None:
        """The person deletes a conversation from their list. Its own record stays.

        Raises `AuditUnavailable`: what is not on the record would come back when the list is made anew from it.
        """
        await self._write(ConversationRemoved(thread_id), principal)

    async def renamed(self, principal: Principal, thread_id: str, title: str) -> None:
        """The person gives a conversation a title of their own. Raises `AuditUnavailable`."""
        await self._write(ConversationRenamed(thread_id, title), principal)

    async def _write(self, event: SystemEvent, principal: Principal) -> None:
        browser = {"ip_address": self._connection.ip_address, "user_agent": self._connection.user_agent}
        origin = Origin(principal.tenant_id, principal.user_id, **browser)
        await self._trail.write(event, origin, Subject.of(principal))
