"""Brings to this process's pages what other processes have written, and notices processes that died at work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from ultracore.chat.page import SharedConversation
from ultracore.chat.runtime import Runtime
from ultracore.errors import UltracoreError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Wakes get lost: every log that a page of ours follows is looked at as often as this."""

TakeOver = Callable[[SharedConversation, frozenset[str]], Coroutine[Any, Any, None]]
"""Puts right what processes of these names left at work when they died."""
Followed = Callable[[SharedConversation], Awaitable[None]]
"""Something has come in from another process."""


class Follower:
    """One for a process: one subscription, one look a second."""

    def __init__(self, runtime: Runtime, followed: Followed, take_over: TakeOver) -> None:
        self._runtime = runtime
        self._followed = followed
        self._take_over = take_over
        self._awake: dict[SharedConversation, asyncio.Task[None]] = {}
        self._again: set[SharedConversation] = set()

    async def run(self) -> None:
        """Follow until cancelled. What Redis does not answer is asked at the next look."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._look_around())

    async def _listen(self) -> None:
        while True:
            try:
                async for conversation_id in self._runtime.app.logs.wakes():
                    conversation = self._runtime.chats.conversations.find(conversation_id)
                    if conversation is not None:
                        self._wake(conversation)
            except UltracoreError as error:
                logger.warning("no wakes from other processes: %s", error.code)
            await asyncio.sleep(LOOK_SECONDS)

    def _wake(self, conversation: SharedConversation) -> None:
        """Follow it now, or once more if that is being done."""
        if conversation in self._awake:
            self._again.add(conversation)
            return
        task = self._runtime.turns.start(self._follow_woken(conversation))
        self._awake[conversation] = task

    async def _follow_woken(self, conversation: SharedConversation) -> None:
        try:
            while True:
                self._again.discard(conversation)
                await self._follow(conversation)
                if conversation not in self._again:
                    return
        except UltracoreError as error:
            logger.info("a conversation is followed at the next look: %s", error.code)
        finally:
            self._awake.pop(conversation, None)

    async def _look_around(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._runtime.app.logs.beat()
                await self._look()
            except UltracoreError as error:
                logger.warning("could not follow the conversations: %s", error.code)

    async def _look(self) -> None:
        alive: dict[str, bool] = {}
        for conversation in self._runtime.chats.conversations.held():
            if conversation.stage.followed or conversation.frames:
                await self._follow(conversation)
            dead = frozenset([name for name in self._others(conversation) if not await self._alive(name, alive)])
            if dead and conversation.stage.followed:
                self._runtime.turns.start(self._take_over(conversation, dead))

    def _others(self, conversation: SharedConversation) -> set[str]:
        names = {entry.data.get("process", "") for entry in conversation.stage.of_kind("running")}
        return names - {self._runtime.app.logs.name}

    async def _alive(self, name: str, known: dict[str, bool]) -> bool:
        if name not in known:
            known[name] = await self._runtime.app.logs.alive(name)
        return known[name]

    async def _follow(self, conversation: SharedConversation) -> None:
        if conversation.log is None:
            return
        before = conversation.stage.sequence
        await conversation.log.follow()
        if conversation.log.deleted or conversation.stage.sequence != before:
            await self._followed(conversation)
