"""Who is acting, and whose a conversation is: read from the login session every time."""

from __future__ import annotations

from ultracore.ai import sentences as wording
from ultracore.cache.stores import Conversations, ConversationState, LoginSessions
from ultracore.errors import InvalidInput, SessionEnded
from ultracore.principal import Principal


class Owners:
    """Login sessions and the conversations that belong to their people."""

    def __init__(self, logins: LoginSessions, conversations: Conversations) -> None:
        self._logins = logins
        self.conversations = conversations

    async def principal(self, login_id: str) -> Principal:
        """Who is signed in. Raises `SessionEnded`: a login that was revoked meanwhile has no authority left."""
        principal = await self._logins.get(login_id)
        if principal is None:
            raise SessionEnded("the login session has ended")
        return principal

    async def owned(self, login_id: str, conversation_id: str) -> tuple[Principal, ConversationState]:
        """Who is acting, and what is known of the conversation. Raises `InvalidInput` unless it is theirs."""
        principal = await self.principal(login_id)
        state = await self.conversations.owner(conversation_id)
        # One answer for both, so that a guess does not tell which conversation ids exist.
        if state is None or not state.belongs_to(principal):
            raise InvalidInput(
                "not this person's conversation", code="conversation.not_yours", sentence=wording.NOT_YOURS
            )
        return principal, state

    async def revoke(self, login_id: str) -> Principal | None:
        """End the login session at once. Returns whose it was."""
        return await self._logins.revoke(login_id)
