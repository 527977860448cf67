"""The approval card of a conversation: drawn once, with buttons of its own for each login that looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ultracore.ai.screen import ApprovalCard, CardShown, CardState
from ultracore.chat.page import wire
from ultracore.chat.page.markdown import table
from ultracore.chat.page.stage import Stage
from ultracore.chat.page.wire import Wire
from ultracore.markdown import BANK_MARK, inert

CARD = "card"
"""The kind of a step that shows an open card."""
CLOSED_TITLES: dict[CardState, str] = {
    "declined": "Declined",
    "expired": "Expired",
    "void": "Withdrawn",
    "not_done": "Not done",
    "unknown": "Being checked",
    "waiting": "Waits for a second person",
}
"""What stands above a card that has ended. One that was carried out says so in its own words."""
# It may have been carried out in another process, so the sentence claims neither.
UNSEEN = "This request is closed. Ask again if you still want it; your accounts show what was done."


class CardOnStage:
    """The open card of a conversation: at most one. Lives as long as the conversation, longer than a turn."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._step: Wire | None = None
        self._card: ApprovalCard | None = None
        self._buttons: dict[str, list[Wire]] = {}
        self._stale: list[Wire] = []

    def adopt(self, steps: Sequence[Wire]) -> None:
        """The cards that were open when the conversation was left: `open` or `retire` takes them away."""
        self._stale = [step for step in steps if (step.get("metadata") or {}).get("kind") == CARD]

    async def retire(self) -> None:
        """None of the adopted cards is open any more: each keeps its details, and says so."""
        stale, self._stale = self._stale, []
        for step in stale:
            step["output"] = unseen_card_text(step["output"])
            step["metadata"] = {**step["metadata"], "kind": "notice"}
            await self._stage.put(step)

    def shown_to(self, login_id: str) -> CardShown | None:
        """The open card, and whether this login has buttons for it; None if no card is open."""
        return None if self._card is None else CardShown(self._card.proposal_id, login_id in self._buttons)

    async def refresh(self) -> None:
        """Bring the time that the open card tells up to date, for a page that is about to draw it."""
        if self._card is not None and self._step is not None:
            self._step["output"] = card_text(self._card)
            await self._stage.put(self._step)

    async def open(self, card: ApprovalCard, login_id: str, author: str, parent: str | None) -> None:
        """Show `card` with buttons for this login. Another card that is still there is taken off: it is void."""
        if self._card is None or not card.proposal_id or card.proposal_id != self._card.proposal_id:
            await self._replace(card, author, parent)
        await self._offer(card, login_id)

    async def close(self, state: CardState, sentence: str, proposal: str = "") -> bool:
        """Take all buttons away and say how it ended. False if no card of this proposal is open."""
        if self._card is not None and proposal and proposal != self._card.proposal_id:
            return False
        await self._withdraw(*self._buttons)
        step, card = self._step, self._card
        self._step = self._card = None
        if step is None or card is None:
            return False
        step["output"] = closed_card_text(card, state, sentence)
        step["metadata"]["kind"] = "receipt" if state == "done" else "notice"
        await self._stage.put(step)
        return True

    async def _replace(self, card: ApprovalCard, author: str, parent: str | None) -> None:
        await self._withdraw(*self._buttons)
        stale, self._stale = self._stale, []
        for step in [*stale, *([self._step] if self._step is not None else [])]:
            await self._stage.remove(step)
        self._card = card
        self._step = wire.message(card_text(card), author=author, parent=parent)
        self._step["metadata"]["kind"] = CARD
        await self._stage.put(self._step)

    async def _offer(self, card: ApprovalCard, login_id: str) -> None:
        """Buttons for one login, in place of those that it had: their id works no more."""
        await self._withdraw(login_id)
        if self._step is None:
            return
        # The one-time id alone: everything else is looked up, so a forged press can change nothing of the terms.
        payload = {"approval_id": card.approval_id}
        self._buttons[login_id] = [
            wire.action("approve", card.button, payload, on=self._step, icon="check"),
            wire.action("decline", "Decline", payload, on=self._step, icon="x"),
        ]
        for button in self._buttons[login_id]:
            await self._stage.offer(button, login_id=login_id)

    async def _withdraw(self, *logins: str) -> None:
        for login_id in logins:
            for button in self._buttons.pop(login_id, ()):
                await self._stage.withdraw(button)


def card_text(card: ApprovalCard) -> str:
    """An open card. Our script counts its last line down, and finds the card by its buttons."""
    remaining = round((card.expires_at - datetime.now(UTC)).total_seconds())
    left = max(0, min(card.seconds, remaining))
    return f"{BANK_MARK} **{inert(card.title)}**\n\n{_details(card)}\n\nTime left to decide: {clock_text(left)}"


def clock_text(seconds: int) -> str:
    """`1:59`, or `3:59:51` from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def closed_card_text(card: ApprovalCard, state: CardState, sentence: str) -> str:
    """The same card when nothing can be pressed any more."""
    title = CLOSED_TITLES.get(state, card.result)
    return f"{BANK_MARK} **{inert(title)}**\n\n{_details(card)}\n\n{inert(sentence)}"


def unseen_card_text(open_text: str) -> str:
    """A card whose end no page was there to see, made from what it showed."""
    _, *details = open_text.split("\n\n")[:-1]
    return "\n\n".join([f"{BANK_MARK} **Closed**", *details, UNSEEN])


def _details(card: ApprovalCard) -> str:
    return table([("", ""), *card.lines])
