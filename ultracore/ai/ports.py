"""What the conversation runtime needs from Redis and the router, by shape. The container brings the adapters."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from ultracore.cache.stores import AnswerHead, CutAnswer, OpenAnswer
from ultracore.principal import Principal


class Logins(Protocol):
    """Server-side login sessions."""

    async def get(self, login_id: str) -> Principal | None:
        """Who is signed in; `None` where the session has ended."""

    async def revoke(self, login_id: str) -> Principal | None:
        """End the session at once. Returns whose it was."""


class Owned(Protocol):
    """Whose a conversation is."""

    @property
    def agent(self) -> str | None:
        """The agent it was last routed to."""

    @property
    def working_for(self) -> str | None:
        """The customer whom a member of staff has named."""

    @property
    def writing(self) -> bool:
        """True where an answer is being written, or was when its process died."""

    @property
    def cut(self) -> bool:
        """True where an answer that was cut waits to be shown again."""

    def belongs_to(self, principal: Principal) -> bool:
        """True for the user who began it."""


class Conversations(Protocol):
    """Conversations by their server-made id."""

    async def create(self, conversation_id: str, principal: Principal) -> None:
        """Begin a conversation."""

    async def owner(self, conversation_id: str) -> Owned | None:
        """Whose it is; `None` where it is unknown."""

    async def append(self, conversation_id: str, *messages: dict[str, Any]) -> None:
        """Add messages to the model's history."""

    async def history(self, conversation_id: str) -> list[dict[str, Any]]:
        """The model's history, oldest first, bounded."""

    async def set_agent(self, conversation_id: str, agent: str) -> None:
        """Route the conversation to an agent."""

    async def set_working_for(self, conversation_id: str, customer_id: str) -> None:
        """Note the customer whom a member of staff works for; with another one the history begins anew."""

    async def first_seen(self, conversation_id: str, message_id: str) -> bool:
        """False for a message id that came before."""


class Pieces(Protocol):
    """The pieces of answers, kept before they are shown. All raise `CacheUnavailable`."""

    async def keep(self, conversation_id: str, number: int, piece: str, head: AnswerHead | None) -> bool:
        """Keep a piece, an answer's first with its head. False where another process has taken the log."""

    async def announce(self, conversation_id: str) -> None:
        """Note for other processes that this conversation has a log."""

    async def whole(self, conversation_id: str) -> None:
        """The answer in the log is complete and waits for the record only."""

    async def held(self, conversation_id: str) -> bool:
        """True while the log is there."""

    async def left(self, conversation_id: str) -> list[OpenAnswer]:
        """The answers in the log."""

    async def close(self, conversation_id: str, cut: Sequence[CutAnswer] = ()) -> None:
        """Drop the log; leave what was cut to be shown again."""

    async def take_cut(self, conversation_id: str) -> list[CutAnswer]:
        """Take what was cut and was not shown again yet."""

    async def announced(self, older_than: float) -> list[str]:
        """The conversations announced at least that many seconds ago."""

    async def settled(self, conversation_id: str) -> None:
        """Nothing is left of a conversation."""


class Notices(Protocol):
    """Sentences that wait for a person's next session."""

    async def add_notice(self, tenant_id: str, user_id: str, text: str) -> None:
        """Leave a sentence."""

    async def take_notices(self, tenant_id: str, user_id: str) -> list[str]:
        """Take what waits."""


class TurnLocks(Protocol):
    """One turn at a time in a conversation."""

    def hold(self, conversation_id: str, wait: float = 60.0) -> AbstractAsyncContextManager[Any]:
        """The conversation's only turn, in order of arrival."""


class RateDecision(Protocol):
    """The limiter's answer."""

    @property
    def allowed(self) -> bool:
        """Whether this one may go on."""

    @property
    def retry_after(self) -> float:
        """Seconds until one may; 0 where allowed."""


class Limiter(Protocol):
    """Rate limits."""

    async def hit(self, key: str, limit: int, window_seconds: float) -> RateDecision:
        """Ask for one admission."""
