"""Somebody in need is told at once, also while the record or Redis is down; the record gets it afterwards."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ultracore.ai.care import Care, CareDesk
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.presses import Presses
from ultracore.ai.recording import TurnLog
from ultracore.ai.screen import Inbound, TurnView
from ultracore.audit.replay import ASSISTANT
from ultracore.audit.vocabulary import AssistantMessage, GuardrailTriggered
from ultracore.errors import UltracoreError

logger = logging.getLogger(__name__)

PRESSURE = "care.pressure"


@dataclass(slots=True)
class Attention:
    """One message is looked at once, by its first caller. `due` until then."""

    _desk: CareDesk
    _inbound: Inbound
    _view: TurnView
    due: bool
    care: Care | None = None

    async def give(self) -> None:
        """Show what the writer of the message needs. Calls no other part, and waits for nothing."""
        if not self.due:
            return
        # Set before the look, so that an error in it leads to no second try on the way out of that error.
        self.due = False
        self.care = await self._desk.look(self._inbound.conversation_id, self._inbound.text)
        if self.care is not None and self.care.text is not None:
            await self._view.message(self.care.text, kind="care")


class CareFirst:
    """What of care happens around a turn. Here alone something is shown before it is on the record."""

    def __init__(self, desk: CareDesk, presses: Presses) -> None:
        self._desk = desk
        self._presses = presses

    @property
    def hours(self) -> str | None:
        """When the bank's own people answer."""
        return self._desk.book.hours

    def attention(self, inbound: Inbound, view: TurnView, *, due: bool) -> Attention:
        """For one message; without effect unless it is `due`."""
        return Attention(self._desk, inbound, view, due)

    def words_for(self, text: str) -> str | None:
        """What somebody in need is told whose message has no conversation to be in."""
        return self._desk.words_for(text)

    async def look(self, conversation_id: str, text: str) -> Care | None:
        """What the writer of these words needs, which are no message."""
        return await self._desk.look(conversation_id, text)

    async def record(self, turn: OpenTurn) -> None:
        """Write down what was told. Once for a message; what the store does not take is counted as a gap."""
        care = turn.care
        if care is None or turn.care_recorded:
            return
        # Set before the writes, which may fail: what they leave out is counted as a gap and not tried twice.
        turn.care_recorded = True
        await self.written(care, turn.log)

    async def written(self, care: Care, log: TurnLog) -> None:
        """Write down what somebody is told; what the store does not take is counted as a gap."""
        first, *others = care.need.kinds
        besides = ", ".join(others) or None
        await log.best_effort(GuardrailTriggered(reason="care", care=first, detail=besides))
        if care.text is not None:
            await log.best_effort(AssistantMessage(care.text, agent=ASSISTANT, kind="care"))

    async def stop_payment(self, turn: OpenTurn) -> None:
        """Withdraw the open card of somebody who may be pressed to approve it. It runs out anyway."""
        if turn.care is None or not turn.care.stops_payment:
            return
        try:
            # A ledger that is away must not keep somebody from being answered; the card runs out in two minutes.
            await self._presses.void(turn.principal, turn.conversation_id, reason=PRESSURE)
        except UltracoreError as error:
            logger.warning("a card is left to expire in spite of pressure: %s", error.code)
