"""One admitted message: record it, route it, let the agent answer, and leave a record whichever way it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ultracore.ai.agents import RoutedMessage, TurnProgress
from ultracore.ai.conversation.agent_choice import AgentChoice
from ultracore.ai.conversation.care import CareFirst
from ultracore.ai.conversation.desks import Desks
from ultracore.ai.conversation.dialogue import Dialogue
from ultracore.ai.conversation.endings import TurnEndings
from ultracore.ai.faults import faults_told
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.persons import Persons
from ultracore.ai.programs import ProgramsRequests
from ultracore.audit.vocabulary import UserMessage
from ultracore.errors import UltracoreError


class Turns:
    """Runs turns. One at a time in a conversation is the caller's business."""

    def __init__(
        self,
        care: CareFirst,
        desks: Desks,
        choice: AgentChoice,
        dialogue: Dialogue,
        endings: TurnEndings,
        persons: Persons,
        requests: ProgramsRequests,
    ) -> None:
        self._care = care
        self._desks = desks
        self._choice = choice
        self._dialogue = dialogue
        self._endings = endings
        self._persons = persons
        self._requests = requests

    async def ended_early(self, turn: OpenTurn, text: str, *, by_person: bool) -> None:
        """The turn of a message that was taken up ended before it began: it is recorded and told all the same."""
        await turn.log.best_effort(UserMessage(text))
        await (self._endings.stopped if by_person else self._endings.interrupted)(turn, TurnProgress())

    async def run(
        self, turn: OpenTurn, text: str, *, stopped: Callable[[], bool], routing: RoutedMessage | None = None
    ) -> None:
        """Answer the message. Raises only `CancelledError`; `stopped` says whether it is the person's own Stop.

        `routing` is the person's own choice, if the message waited for one and is on the record already; then
        the choice is what the record gets.
        """
        progress = TurnProgress()
        turn.begun = True
        outcome = "answered"
        try:
            with faults_told():
                said = text if routing is None else routing.profile.domain
                # The message before anything that follows from it; staff get no answer that has no beginning on
                # the record.
                await turn.log.required_for_staff(UserMessage(said))
                taken = await self._cared_for(turn) or await self._is_for_a_person(turn, text)
                taken = taken or await self._requests.take(turn, text, progress)
                taken = taken or (routing is None and await self._desks.take(turn, text))
                asked = turn.resumed or text
                profile = None if taken else await self._choice.route(turn, asked, routing)
                if profile is not None:
                    await self._dialogue.answer(turn, asked, profile, progress)
        except asyncio.CancelledError:
            by_person = stopped()
            ending = self._endings.stopped if by_person else self._endings.interrupted
            # In a task of its own: an await in the handler of a cancelled task is lost if a second cancellation
            # comes.
            await self._endings.run(ending(turn, progress))
            self._endings.count(turn, "stopped" if by_person else "interrupted")
            raise
        except UltracoreError as error:
            outcome = "failed"
            await self._endings.failed(turn, progress, error)
        await self._endings.run(self._endings.finish(turn, progress))
        self._endings.count(turn, "waiting" if progress.waiting else outcome)

    async def _is_for_a_person(self, turn: OpenTurn, text: str) -> bool:
        """True while a person of the bank talks here: Anya says nothing to what was written to them."""
        if turn.principal.is_staff or not await self._persons.is_silent(turn.conversation_id):
            return False
        await self._persons.heard(turn.conversation_id, text)
        return True

    async def _cared_for(self, turn: OpenTurn) -> bool:
        """Record what somebody in need was told. True if nothing else is to be said.

        A card that a turn before this one has opened meanwhile is withdrawn as well.
        """
        await self._care.record(turn)
        await self._care.stop_payment(turn)
        return turn.care is not None and turn.care.ends_turn
