"""One turn at a time in a conversation, in order of arrival, and the Stop that ends the one that is running."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ultracore.ai.agents import RoutedMessage
from ultracore.ai.conversation.cut_answers import CutAnswers
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.conversation.turns import Turns
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.recording import PieceKeeper, TurnLog
from ultracore.ai.screen import TurnView
from ultracore.cache.stores import ConversationState, TurnLock
from ultracore.errors import RateLimited
from ultracore.principal import Principal
from ultracore.tasks import OwnedTasks


class TurnQueue:
    """Runs admitted messages as turns, each in a task of its own."""

    def __init__(
        self, locks: TurnLock, owners: Owners, cut_answers: CutAnswers, turns: Turns, tasks: OwnedTasks
    ) -> None:
        self._locks = locks
        self._owners = owners
        self._cut_answers = cut_answers
        self._turns = turns
        self._tasks = tasks
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopped: set[asyncio.Task[None]] = set()

    def stop(self, conversation_id: str) -> None:
        """End the talking of the running turn, if there is one."""
        task = self._running.get(conversation_id)
        if task is not None:
            # Noted before the cancel, so that the turn can tell a Stop from the end of the app.
            self._stopped.add(task)
            task.cancel()

    async def in_a_task(self, turn: Coroutine[Any, Any, None]) -> None:
        """Run a turn in a task of its own, which `stop` can cancel without cancelling the caller."""
        task = asyncio.get_running_loop().create_task(turn)
        try:
            await task
        except asyncio.CancelledError:
            # Cancelled by the person's Stop, the turn is over and its caller goes on; cancelled from above, both
            # end.
            if task not in self._stopped:
                task.cancel()
                raise
        finally:
            self._stopped.discard(task)

    async def run(self, turn: OpenTurn, text: str, routing: RoutedMessage | None) -> None:
        """Answer as the conversation's only turn."""
        inbound = turn.inbound
        async with self._locks.hold(inbound.conversation_id):
            task = asyncio.current_task()
            if task is not None:
                self._running[inbound.conversation_id] = task
            try:
                # Read again: the turn before this one may have routed the conversation, the login have changed.
                turn.principal, state = await self._owners.owned(inbound.login_id, inbound.conversation_id)
                if state.writing or state.cut:
                    await self._after_cut(turn)
                turn.agent = state.agent
                turn.work_for(state.working_for)
                await self._turns.run(turn, text, routing=routing, stopped=lambda: task in self._stopped)
            except asyncio.CancelledError:
                # A Stop may come while the turn still waits: the message was taken up, so it is on the record
                # with an ending.
                if not turn.begun:
                    ending = self._turns.ended_early(turn, text, by_person=task in self._stopped)
                    await self._tasks.run(ending)
                raise
            finally:
                self._running.pop(inbound.conversation_id, None)

    async def _after_cut(self, turn: OpenTurn) -> None:
        """Write down, before anything of this turn, what an earlier one has shown and could not record."""
        await self._cut_answers.recover(turn.conversation_id)
        await self._cut_answers.show_again(turn.conversation_id, turn.raw_view, turn.log)

    def keeping(self, principal: Principal) -> PieceKeeper:
        """The place for the pieces of this person's answers."""
        return self._cut_answers.keeping(principal)

    async def show_cut(self, conversation_id: str, state: ConversationState, view: TurnView, log: TurnLog) -> int:
        """Show what was cut, once its turn is free, to a person who comes back; how many answers that were."""
        if (state.writing and await self._cut_answers.recover_if_free(conversation_id)) or state.cut:
            return await self._cut_answers.show_again(conversation_id, view, log)
        return 0

    async def is_free(self, conversation_id: str) -> bool:
        """Whether no turn runs, and what one that died has left is put right. Raises `CacheUnavailable`."""
        try:
            async with self._locks.hold(conversation_id, wait=0.0) as lease:
                return lease.settled
        except RateLimited:
            return False
