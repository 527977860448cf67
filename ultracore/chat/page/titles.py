"""What a person's list calls a conversation: its last card, or what was looked up first, or the agent and date.

A title that the person has chosen stays.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ultracore.chat.interfaces import KeptThreads
from ultracore.chat.page.wire import NAME
from ultracore.errors import UltracoreError
from ultracore.principal import Principal
from ultracore.tasks import OwnedTasks
from ultracore.wording import conversation_title

logger = logging.getLogger(__name__)

# What `conversation_title` makes. An amount such as 1,050.00 has a comma too.
_OF_AGENT: Final = re.compile(r"([^,]+), \d{1,2} \w+, \d{1,2}:\d\d [ap]m")


class Titles:
    """Keeps one conversation's line in its person's list. What Redis does not take is missing there, and told."""

    def __init__(self, threads: Callable[[], KeptThreads], owner: Principal, tasks: OwnedTasks) -> None:
        self._threads = threads
        self._owner = owner
        self._tasks = tasks
        self._thread_id: str | None = None
        self._began_at = datetime.now(UTC)
        self._agent = NAME
        self._has_subject = False

    async def begin(self, thread_id: str) -> str:
        """Put a new thread into the person's list. Returns its title."""
        self._thread_id, self._began_at = thread_id, datetime.now(UTC)
        title = conversation_title(self._agent, self._began_at)
        try:
            await self._threads().create(self._owner, thread_id, title)
        except UltracoreError as error:
            logger.warning("a conversation is missing in its person's list: %s", error.code)
        return title

    async def resume(self, thread_id: str) -> None:
        """Go on with a thread. Raises `CacheUnavailable`."""
        self._thread_id = thread_id
        found = await self._threads().get(self._owner, thread_id)
        if found is not None:
            of_agent = _OF_AGENT.fullmatch(found.title)
            self._began_at, self._has_subject = found.created_at, of_agent is None
            self._agent = NAME if of_agent is None else of_agent[1]

    async def named(self, agent: str) -> tuple[str, str] | None:
        """An agent answers: the new title and the thread, unless the title stays. The greeter renames nothing."""
        if self._has_subject or agent in (self._agent, NAME):
            return None
        self._agent = agent
        return await self._entitled(conversation_title(agent, self._began_at))

    async def looked_up(self, subject: str) -> tuple[str, str] | None:
        """A turn has looked something up: the first to do so names the conversation. Returns what `named` does."""
        return None if self._has_subject else await self.card_opened(subject)

    async def card_opened(self, subject: str) -> tuple[str, str] | None:
        """A card was opened: money says more of a conversation than a question. Returns what `named` does."""
        self._has_subject = True
        return await self._entitled(subject)

    async def _entitled(self, title: str) -> tuple[str, str] | None:
        if self._thread_id is None:
            return None
        try:
            done = await self._threads().entitle(self._owner, self._thread_id, title, by_person=False)
        except UltracoreError as error:
            logger.warning("a conversation keeps its earlier title: %s", error.code)
            return None
        return (title, self._thread_id) if done else None

    def active(self) -> None:
        """Somebody has written something: the line moves up, a moment later."""
        if self._thread_id is not None:
            self._tasks.start(self._touch(self._thread_id))

    async def _touch(self, thread_id: str) -> None:
        try:
            await self._threads().touch(self._owner, thread_id)
        except UltracoreError as error:
            logger.warning("a conversation keeps its place in its person's list: %s", error.code)
