"""How a turn ends: answered, waiting for a button, stopped, interrupted, failed. Each leaves a record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from ultracore.ai import sentences as wording
from ultracore.ai.agents import TurnProgress, close_segment
from ultracore.ai.answers import BANK
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.presses import VOIDED, Presses
from ultracore.ai.tools import ToolOutcome
from ultracore.audit.vocabulary import GuardrailTriggered, TurnFailed, TurnStopped
from ultracore.cache.stores import Conversations
from ultracore.errors import ModelAnswerInvalid, ModelUnavailable, UltracoreError, Unavailable
from ultracore.languages import told
from ultracore.observability import Metrics
from ultracore.tasks import OwnedTasks
from ultracore.wording import apology, call_link, dead_end

logger = logging.getLogger(__name__)

CARD_SHOWN = "I have shown a card; only its button decides."


class TurnEndings:
    """Ends turns. `run` carries an ending to its end, also if the turn is cancelled meanwhile."""

    def __init__(
        self, presses: Presses, conversations: Conversations, metrics: Metrics, tasks: OwnedTasks, phone: str
    ) -> None:
        self._presses = presses
        self._conversations = conversations
        self._metrics = metrics
        self._tasks = tasks
        self._phone = phone

    async def run(self, ending: Coroutine[Any, Any, None]) -> None:
        """Carry out an ending."""
        await self._tasks.run(ending)

    def count(self, turn: OpenTurn, outcome: str) -> None:
        """Count the turn, and how long it waited for the record."""
        logger.info("turn ended: %s", outcome, extra={"outcome": outcome, "agent": turn.agent or "none"})
        self._metrics.turns.labels(outcome).inc()
        self._metrics.append_seconds.observe(turn.log.seconds)

    async def stopped(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """The person pressed Stop: what was seen stays seen, and the record says so."""
        # First, because closing the segment writes the answer down, and the record must say that it was cut.
        turn.view.interrupted()
        await close_segment(turn.view, progress)
        withdrawn = await self._withdraw(turn, progress)
        await turn.log.best_effort(TurnStopped())
        sentence = wording.STOPPED if withdrawn else wording.STOPPED_UNSURE
        await turn.view.message(told(sentence, turn.language), kind="notice")
        await self._keep_history(turn, progress)

    async def _withdraw(self, turn: OpenTurn, progress: TurnProgress) -> bool:
        """A call that was running at the Stop goes on to its end, which is shown; a card that it opens is void.

        False if the ledger could not be asked: then a card may be open still, and nothing says that it is not.
        """
        if turn.calling is not None:
            # `wait` neither cancels the call nor raises its error: a Stop never cuts an effect that has begun.
            await asyncio.wait([turn.calling])
        withdrawn = True
        try:
            await self._presses.void(turn.principal, turn.conversation_id, reason="turn.stopped")
        except UltracoreError as error:
            logger.warning("a proposal is left to expire after a stop: %s", error.code)
            withdrawn = False
        # What went wrong in the call is on the record by the registry; a stopped turn has nothing to add to it.
        if turn.calling is None or turn.calling.cancelled() or turn.calling.exception() is not None:
            return withdrawn
        outcome = turn.calling.result()
        # A card may have been drawn or not when the Stop came: drawn again, it takes the place of the first.
        if outcome.card is not None or all(shown is not outcome for _, shown in progress.outcomes):
            await self._show_end(turn, outcome, withdrawn=withdrawn)
        return withdrawn

    async def _show_end(self, turn: OpenTurn, outcome: ToolOutcome, *, withdrawn: bool) -> None:
        await turn.view.step(outcome.step)
        if outcome.card is None:
            return
        await turn.view.card(outcome.card)
        if withdrawn:
            await turn.view.card_closed("void", told(VOIDED, turn.language), proposal=outcome.card.proposal_id)
        else:
            # Its buttons work, and its end will be told where it stands.
            self._presses.watch(turn.conversation_id, turn.raw_view)

    async def interrupted(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """The turn was ended by us: the app stops, or the conversation's turn was lost."""
        error = Unavailable("the turn was interrupted", code="turn.interrupted", sentence=wording.INTERRUPTED)
        await self.failed(turn, progress, error)
        await self._keep_history(turn, progress)

    async def failed(self, turn: OpenTurn, progress: TurnProgress, error: UltracoreError) -> None:
        """Something did not work: the person is told with a reference, and the record has the code."""
        logger.warning("turn %s failed: %s", turn.reference, error.code)
        turn.view.interrupted()
        await close_segment(turn.view, progress)
        reason = error.code
        await turn.log.best_effort(TurnFailed(reason=reason))
        sentence = _sentence(error)
        told = apology(turn.reference, call_link(self._phone), sentence=sentence, language=turn.language)
        await turn.view.message(told, kind="error")
        if _may_be_asked_again(turn, progress, error):
            await turn.view.offer_again()

    async def finish(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """What a turn leaves that was not cut: withheld figures on the record, its card watched, its history."""
        if progress.withheld:
            detail = ", ".join(progress.withheld)
            await turn.log.best_effort(GuardrailTriggered(reason="figure.not_from_tool", detail=detail))
        if progress.unproved:
            claimed = " ".join(progress.unproved)
            await turn.log.best_effort(GuardrailTriggered(reason="claim.not_done", detail=claimed))
        if progress.waiting is not None:
            self._presses.watch(turn.conversation_id, turn.raw_view)
        # After the answer: what a customer asked of their own accounts is shown, and then why no money can move.
        if turn.log.degraded:
            sentence = dead_end(wording.RECORD_DOWN, call_link(self._phone), turn.language)
            await turn.view.message(sentence, kind="notice")
        await self._keep_history(turn, progress)

    async def _keep_history(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """Keep what the next turn's model should know; without Redis the next turn just knows less."""
        messages = history_of(progress)
        try:
            await self._conversations.append(turn.conversation_id, *messages)
        except UltracoreError as error:
            logger.warning("history of turn %s was not kept: %s", turn.reference, error.code)


# A refusal is not an outage: waiting does not end it, so the person is not told to wait.
_MODEL_SENTENCES = {
    "model.unauthorised": wording.MODEL_REFUSES,
    "model.request_refused": wording.MODEL_REFUSES,
    "model.too_large": wording.MODEL_TOO_MUCH,
}


def _sentence(error: UltracoreError) -> str:
    if isinstance(error, ModelAnswerInvalid):
        return wording.MODEL_WRONG
    if isinstance(error, ModelUnavailable):
        return _MODEL_SENTENCES.get(error.code, wording.MODEL_DOWN)
    return error.sentence


def _may_be_asked_again(turn: OpenTurn, progress: TurnProgress, error: UltracoreError) -> bool:
    """True if only the model failed, and nothing that the turn did could be done a second time."""
    if not isinstance(error, ModelUnavailable | ModelAnswerInvalid) or error.code in _MODEL_SENTENCES:
        return False
    # A failed call may have begun what it was asked for; a card is a request that exists already.
    repeatable = all(
        outcome.status in ("done", "refused") and not outcome.changes and outcome.card is None
        for _, outcome in progress.outcomes
    )
    # What is answered in the place of another message, or was written in need, is not to be had by a button.
    return repeatable and turn.resumed is None and turn.care is None


def history_of(progress: TurnProgress) -> list[dict[str, Any]]:
    """The turn's messages as a model may see them again: every tool call has its result.

    Our own sentences, as an apology, are not among them: a model would take them for its own words.
    """
    answered = {message.get("tool_call_id") for message in progress.messages}
    messages: list[dict[str, Any]] = []
    for message in progress.messages:
        # An endpoint refuses a history in which a tool call has no result, and with it every later turn.
        if any(call["id"] not in answered for call in message.get("tool_calls", ())):
            break
        messages.append(message)
    # The next turn's model must know what the person has seen: a card, or the part of an answer before its cut.
    if messages and messages[-1]["role"] != "assistant":
        if progress.waiting is not None:
            messages.append({"role": "assistant", "name": BANK, "content": CARD_SHOWN})
        elif progress.answers:
            messages.append({"role": "assistant", "content": progress.answers[-1]})
    return messages
