"""One running app: opened when the server starts, drained and closed when it stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, TextIO

from ultracore.ai.screen import Screens, TalkBoard
from ultracore.chat.admission import Budget, FairQueue
from ultracore.chat.interfaces import ChatApp, OpenApp
from ultracore.chat.metrics import ChatMetrics
from ultracore.chat.page import SharedConversation, Titles, steps_of, wire
from ultracore.chat.sessions import Chats
from ultracore.errors import Unavailable
from ultracore.principal import Principal
from ultracore.settings import Settings
from ultracore.tasks import OwnedTasks

logger = logging.getLogger(__name__)

TURN_SECONDS = 10.0
CANCEL_SECONDS = 3.0
KEEP_SECONDS = 0.8
CLOSE_SECONDS = 6.0
MESSAGES_IN_FLIGHT = 3
REQUESTS_A_MINUTE = 600
"""Together below the 20 s that a stop may take."""


class Runtime:
    """What the gate and the handlers share. `app` raises `Unavailable` before `open` and after `close`."""

    def __init__(self, settings: Settings, open_app: OpenApp, *, origins: Sequence[str], lock: TextIO) -> None:
        self.settings = settings
        self.origins = tuple(origins)
        self.metrics = ChatMetrics()
        self.chats = Chats()
        self.turns = OwnedTasks()
        self.presses = OwnedTasks()
        self.keeping = OwnedTasks()
        # A little wider than the exact limit in Redis, so that this one never refuses what that one allows.
        self.messages = Budget(settings.messages_per_minute + MESSAGES_IN_FLIGHT)
        self.requests = Budget(REQUESTS_A_MINUTE)
        # One at a time: masking is Python, so a second thread would only take turns with the first.
        self.masking = FairQueue(1, waiting=5_000, waiting_a_key=500)
        self.draining = False
        self._open_app = open_app
        self._follow: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._screens: Screens | None = None
        self._board: TalkBoard | None = None
        self._following: asyncio.Task[None] | None = None
        self._app: ChatApp | None = None
        self._stack = AsyncExitStack()
        self._lock = lock

    @property
    def app(self) -> ChatApp:
        """The open program."""
        if self._app is None:
            raise Unavailable("the app is not open", code="app.closed")
        return self._app

    @property
    def phone(self) -> str:
        """What stands beside every apology."""
        return self.settings.support_phone

    def conversation(self, conversation_id: str | None, principal: Principal) -> SharedConversation:
        """What all pages of a conversation of this person share. Whose it is, is known by now."""
        conversation = self.chats.conversations.get(conversation_id)
        if conversation.titles is None and not principal.is_staff:
            conversation.titles = Titles(lambda: self.app.threads, principal, self.keeping)
        if conversation_id is not None:
            conversation.keep_in(lambda: self.app.logs, partial(self._recorded, conversation_id, principal))
        return conversation

    async def _recorded(self, conversation_id: str, principal: Principal) -> list[wire.Wire]:
        """What the record has of it. What staff read of customers is not drawn from there by itself."""
        if principal.is_staff:
            return []
        return steps_of(conversation_id, await self.app.desk.recorded(conversation_id))

    async def open(self) -> None:
        """Open the program. Raises what its parts raise, with nothing left open."""
        async with AsyncExitStack() as stack:
            self._app = await stack.enter_async_context(self._open_app(self.settings))
            self._stack = stack.pop_all()
        if self._follow is not None and self._screens is not None:
            self.app.desk.show_on(self._screens)
            if self._board is not None:
                self.app.desk.show_persons_on(self._board)
            await self.app.logs.beat()
            self._following = asyncio.get_running_loop().create_task(self._follow(), name="follower")

    def follow_with(self, follow: Callable[[], Coroutine[Any, Any, None]], screens: Screens) -> None:
        """What brings to this process's pages what others write, while the program is open."""
        self._follow, self._screens = follow, screens

    def show_persons_on(self, board: TalkBoard) -> None:
        """The board that the bank's people write on, from when the program is open."""
        self._board = board

    async def close(self) -> None:
        """Take in nothing more, let turns end or be marked as failed, let every payment end, close the parts."""
        self.draining = True
        await asyncio.gather(self.turns.drain(TURN_SECONDS), self.presses.drain(TURN_SECONDS))
        # Turns are cancelled and presses are not: what is cut must be talk and never a payment.
        await self.turns.cancel(CANCEL_SECONDS)
        # After the turns, whose last words it keeps.
        await self.keeping.drain(KEEP_SECONDS)
        if self._following is not None:
            self._following.cancel()
        self._app = None
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._stack.aclose()
        except TimeoutError:
            logger.error("the app did not close within %s s", CLOSE_SECONDS)
        # Last: the next process must not open the data directory before this one has let go of it.
        self._lock.close()
